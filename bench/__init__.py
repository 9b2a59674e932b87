"""Benchmarks: each measures Atlantic beside a limit or a plain version of the same work, in one run, as a ratio."""
