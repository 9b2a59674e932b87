"""Sales and earnings out of the books, live."""
