"""What else a device talks to: the security service, the certificate issuing service, back ends."""
