"""Search: products by words and filters, suggestions while typing; PostgreSQL stands in for Meilisearch."""
