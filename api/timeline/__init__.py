"""What happened to an order, fact by fact, in causal order."""
