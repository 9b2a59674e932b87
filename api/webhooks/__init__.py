"""What sellers' own systems are told: signed calls to addresses of theirs, repeated until they are taken."""
