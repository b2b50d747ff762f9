"""Sockets and time for the sans-IO core."""
