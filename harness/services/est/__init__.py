"""Enrollment over Secure Transport (RFC 7030): a CA that certifies keys which never leave their device.

:class:`harness.services.est.service.EstService` is the whole of it, a handler without socket or clock.
"""
