"""The certificate issuing service: devices get root CA, client certificate and key over mutual TLS."""
