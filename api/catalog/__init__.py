"""Products, specifications and categories."""
