"""Payment attempts, gateways and refunds."""
