"""Tests of orders' timelines."""
