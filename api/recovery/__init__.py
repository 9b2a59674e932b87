"""Takes orders that are stuck to where they should be."""
