"""What else a device talks to: security service, certificate issuing service, back end."""
