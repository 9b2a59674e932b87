"""The reactor: reads the facts and takes care of what follows from them, each effect exactly once (R-ORD-9)."""

from api.reactor.process import main

__all__ = ["main"]
