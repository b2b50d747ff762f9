"""The Security Service: tenants, their CAs with the documented life, and what those sign.

:class:`harness.services.security.service.SecurityService` is the whole of it; the time is always an argument.
"""
