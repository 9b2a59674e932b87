"""What the core answers about the numbers: read models and its own side of the books."""
