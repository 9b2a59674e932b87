"""Lists of products for shoppers: popular, similar to one, for one shopper."""
