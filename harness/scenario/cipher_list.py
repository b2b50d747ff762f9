"""Whether a list of ciphers selects any, asked of the library that the device uses.

What a security level in the list leaves of them is another matter: a device can be shown that offers nothing.
"""

from __future__ import annotations

from functools import lru_cache

_NO_MATCH = "no cipher match"
_NAMES = "write names of TLS 1.2 ciphers, as `openssl ciphers` lists them"
_LATEST_PREFIX = "TLS_"
"""How the suites of TLS 1.3 begin (RFC 8446 B.4); OpenSSL's names of earlier ones never do."""


@lru_cache(maxsize=256)
def fault(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a list and how to mend it; ``None`` for one that selects a cipher."""
    from OpenSSL import SSL  # imported late: most files write no list

    try:
        SSL.Context(SSL.TLS_CLIENT_METHOD).set_cipher_list(text.encode())
    except SSL.Error as error:
        reasons = [str(entry[-1]) for entry in error.args[0]] if error.args else []
        if _NO_MATCH in reasons:
            return f"the cipher list {text!r} selects no cipher", _fix(text)
        return f"OpenSSL cannot read the cipher list {text!r}: {', '.join(reasons)}", _NAMES
    return None


def _fix(text: str) -> str:
    if text.startswith("@"):
        return f"write DEFAULT{text}"
    if text.startswith(_LATEST_PREFIX):
        return "leave it out: the suites of TLS 1.3 cannot be chosen"
    return _NAMES
