"""What must trust the right tenant CAs: a managed service with registrations, or a service of one's own.

:class:`harness.services.backend.backend.BackEnd` is the whole of it; the time is always an argument.
"""
