"""Measurements beside their peers; `make bench` runs them all, and none asserts anything about time."""
