"""Search and suggestions, by Meilisearch and by PostgreSQL in its place."""
