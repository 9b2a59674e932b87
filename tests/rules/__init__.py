"""Which test holds which rule of the product: `make rules` prints it."""
