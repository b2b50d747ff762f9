"""HTTP over TLS on the loopback: real sockets, real certificates, and a clock that can be moved."""
