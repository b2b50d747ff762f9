from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography import x509
from OpenSSL import SSL, crypto

from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.mint import Mint
from harness.pki.spec import CertificateSpec, Profile

VerifyErrors = list[tuple[int, int]]
Judge = Callable[..., VerifyErrors]


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def pool() -> KeyPool:
    return KeyPool()


@pytest.fixture
def mint(pool: KeyPool, now: datetime) -> Mint:
    return Mint(pool, now)


@pytest.fixture(scope="session")
def judges_own() -> Credential:
    """What the judge shows when it is a server; the side that it judges does not look at it."""
    spec = CertificateSpec("judge", Profile.ROOT_CA)
    return Mint(KeyPool(), datetime.now(UTC)).issue("judge", {"judge": spec})


def _context(shown: Credential | None, ciphers: bytes) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(ciphers)
    if shown is not None:
        context.use_certificate(shown.certificate)
        for part in shown.chain:
            context.add_extra_chain_cert(part)
        context.use_privatekey(shown.key)
    return context


def _connect(client: SSL.Connection, server: SSL.Connection) -> None:
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(6):
        for source, sink in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                source.do_handshake()
            with suppress(SSL.WantReadError):
                sink.bio_write(source.bio_read(1 << 16))


@pytest.fixture
def judge(judges_own: Credential, now: datetime) -> Judge:
    """Let OpenSSL judge a credential in a real handshake; give back every (error number, depth)."""

    def run(
        credential: Credential,
        root: x509.Certificate,
        *,
        as_server: bool,
        at: datetime = now,
        crls: Iterable[x509.CertificateRevocationList] = (),
        check_crl: bool = False,
    ) -> VerifyErrors:
        errors: VerifyErrors = []
        looked_at: set[int] = set()

        def note(_: SSL.Connection, __: crypto.X509, number: int, depth: int, ok: int) -> bool:
            looked_at.add(depth)
            if not ok:
                errors.append((number, depth))
            return True

        judging = _context(None if as_server else judges_own, b"DEFAULT@SECLEVEL=2")
        store = judging.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(root))
        store.set_time(at)
        for crl in crls:
            store.add_crl(crl)
        crl_flag = crypto.X509StoreFlags.CRL_CHECK if check_crl else 0
        store.set_flags(crypto.X509StoreFlags.X509_STRICT | crl_flag)
        judging.set_verify(SSL.VERIFY_PEER, note)

        shown = SSL.Connection(_context(credential, b"DEFAULT@SECLEVEL=0"))
        judged_by = SSL.Connection(judging)
        _connect(*((judged_by, shown) if as_server else (shown, judged_by)))
        assert 0 in looked_at, "the judge never saw the certificate"
        return errors

    return run
