"""The device's own REST interface: what its command line and other clients talk to, over HTTPS."""
