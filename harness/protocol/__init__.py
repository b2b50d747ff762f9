"""The protocols, sans-IO: bytes and the time in, bytes out."""
