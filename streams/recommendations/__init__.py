"""What shoppers look at and buy: the popular and the trending products."""
