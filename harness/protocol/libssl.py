"""Three calls of the TLS library below pyOpenSSL, for what that has no public way to.

* :func:`offer`. ``Connection.set_session`` takes a session only on a connection of the very context that it was made
  with, and a context here holds the time of one association. OpenSSL wants contexts of the same settings, no
  more; whoever calls this sees to that.
* :func:`was_resumed`. pyOpenSSL does not tell.
* :func:`encoded`. It does not tell either what a session ticket says of itself.

All three are attributes of pyOpenSSL that carry an underscore. A test looks for them, so that a version that
has them no more is noticed when the lock file is changed, and not in a run.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

_library: Any = SSL._lib  # type: ignore[attr-defined]
_foreign: Any = SSL._ffi  # type: ignore[attr-defined]


def offer(connection: SSL.Connection, session: SSL.Session) -> None:
    """Let a connection, whose handshake has not begun, offer a session."""
    _library.SSL_set_session(connection._ssl, session._session)


def was_resumed(connection: SSL.Connection) -> bool:
    """Whether the handshake, which is complete, resumed the session that was offered."""
    return bool(_library.SSL_session_reused(connection._ssl))


def encoded(session: SSL.Session) -> bytes:
    """Return a session in OpenSSL's own DER; it holds the master secret and must go nowhere."""
    size = _library.i2d_SSL_SESSION(session._session, _foreign.NULL)
    buffer = _foreign.new("unsigned char[]", size)
    _library.i2d_SSL_SESSION(session._session, _foreign.new("unsigned char **", buffer))
    return bytes(_foreign.buffer(buffer, size))
