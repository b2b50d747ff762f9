"""What TLS alone costs a client: pyOpenSSL over memory BIOs, and nothing around it.

The client verifies the server, shows its certificate, and calls the exporter once. Its peer runs in
the same process on the library of Python's ``ssl`` module, which chooses the key exchange that
FreeRADIUS on the same system chooses; the CPU time of the peer is not counted.

As OpenSSL comes, a client completes the chain that it sends from its trust store, and checks it. The
harness's client does not, as a device sends what was installed. That is one signature check less for
P-256, so there are two bare clients: one as OpenSSL comes, and one that does just what ours does.
"""

from __future__ import annotations

import ssl
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL, crypto

from benchmarks.bed import Certificates
from harness.protocol.tls import MODE_NO_AUTO_CHAIN

_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_CHUNK = 65536


class BareTls:
    """Handshakes of one client context; ``version`` is the only one it offers.

    ``auto_chain=False`` has it send its certificate as it is, as the harness does.
    """

    def __init__(self, certificates: Certificates, version: str, *, auto_chain: bool = True) -> None:
        self._client = _client_context(certificates, version)
        if not auto_chain:
            self._client.set_mode(MODE_NO_AUTO_CHAIN)
        self._server = _server_context(certificates)

    def handshake(self) -> float:
        """Run one handshake and return the CPU seconds of its client."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        peer = self._server.wrap_bio(incoming, outgoing, server_side=True)
        begun = time.thread_time()
        connection = SSL.Connection(self._client)
        connection.set_connect_state()
        done, flight = _advance(connection, b"")
        spent = time.thread_time() - begun
        while not done:
            incoming.write(flight)
            with suppress(ssl.SSLWantReadError):
                peer.do_handshake()
            answer = outgoing.read()
            begun = time.thread_time()
            done, flight = _advance(connection, answer)
            spent += time.thread_time() - begun
        return spent


def _advance(connection: SSL.Connection, data: bytes) -> tuple[bool, bytes]:
    """Take a flight and return whether the client is done, and the flight it answers."""
    if data:
        connection.bio_write(data)
    done = True
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        done = False
    else:
        connection.export_keying_material(b"client EAP encryption", 128)
    try:
        return done, connection.bio_read(_CHUNK)
    except SSL.WantReadError:
        return done, b""


def _client_context(certificates: Certificates, version: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(_VERSIONS[version])
    context.set_max_proto_version(_VERSIONS[version])
    context.use_certificate(certificates.client.certificate)
    context.use_privatekey(certificates.client.key)
    store = context.get_cert_store()
    assert store is not None
    store.add_cert(crypto.X509.from_cryptography(certificates.root))
    context.set_verify(SSL.VERIFY_PEER, None)
    return context


def _server_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    # As FreeRADIUS without resumption.
    context.num_tickets = 0
    context.load_verify_locations(cadata=certificates.root.public_bytes(Encoding.PEM).decode())
    with tempfile.TemporaryDirectory(prefix="eaptls-bench-") as directory:
        path = Path(directory) / "server.pem"
        path.touch(mode=0o600)
        path.write_bytes(certificates.server.chain_pem() + certificates.server.key_pem())
        context.load_cert_chain(path)
    return context
