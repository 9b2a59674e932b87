"""Everything on one machine without containers: a module per server, the supervisor and the `atlantic` command."""
