"""The transactional core: sells things, and writes every fact it records to the outbox in the same transaction."""
