"""The demo shop: its sellers and accounts, and real orders and clicks moved to these days."""
