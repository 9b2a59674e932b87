"""Whatever is sent to any operation: `make fuzz CASES=10000 SEED=1` for long, a few cases each with the other tests."""
