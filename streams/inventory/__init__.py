"""Stock levels, live, and the signals when they cross a line."""
