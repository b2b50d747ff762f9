"""Listeners on a run, one per format."""
