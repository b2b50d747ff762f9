"""HTTP requests and replies as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import parse_qsl

from cryptography import x509

from harness.services.web.trust import ChainFailure


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a service sees it.

    ``query`` is raw, what follows the first question mark; header names are in lower case. ``peer_chain`` is
    what the client presented in TLS, its own certificate first; empty where it presented none.
    ``peer_failure`` says why that chain does not verify at the service's time, ``None`` when it does, when
    there is none, and where the service verifies nobody.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=_none)
    body: bytes = field(default=b"", repr=False)
    peer_chain: tuple[x509.Certificate, ...] = ()
    peer_failure: ChainFailure | None = None

    def parameters(self) -> dict[str, str]:
        """Return the query's parameters, decoded; the last of several of one name counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as the service gives it and as the client gets it.

    ``reason`` is the reason phrase; header names are in lower case where a client reads them. The body may
    hold a private key and is in no ``repr``.
    """

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=_none)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def text(cls, status: int, text: str) -> Reply:
        """Return a reply that says one sentence, as a line of plain text."""
        return cls(
            status, phrase(status), {"content-type": "text/plain; charset=utf-8"}, f"{text}\n".encode()
        )

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty where none is given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


Handler = Callable[[Request], Reply]
"""What a service does with a request. It is called from several threads at once."""


def phrase(status: int) -> str:
    """Return the usual reason phrase of a status; empty for one that nobody defined."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
