"""Stock, holds and movements."""
