"""The books: double entry."""
