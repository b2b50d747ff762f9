"""Measures how fast the harness is, against the targets of its design: ``python -m benchmarks``."""
