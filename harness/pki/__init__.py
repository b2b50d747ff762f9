"""Certificates, right and wrong."""
