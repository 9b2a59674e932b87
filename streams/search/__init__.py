"""The search index: one document a product, kept by the log."""
