"""Measures in rounds: in each, one sample of everything, so that drift cancels in the ratios."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import eapol_test
from benchmarks.bare import BareTls
from benchmarks.bed import IDENTITY, Certificates
from benchmarks.client import Client
from benchmarks.eapol_test import EapolTest, Target
from harness.server.backend import Server

Samples = Mapping[str, float]
Samplers = Sequence[Callable[[], Samples]]
"""What takes samples, by name: CPU seconds of a client per authentication."""

BATCH = 64
_TIMEOUT = 10


@contextmanager
def samplers(
    certificates: Certificates, server: Server, version: str, batch: int = BATCH
) -> Iterator[Samplers]:
    """Prepare all clients for one TLS version; ``batch`` authentications make a sample.

    eapol_test takes longer and gets fewer of them.
    """
    lean = Client(certificates, server, version, evidence=False)
    full = Client(certificates, server, version, evidence=True)
    bare = BareTls(certificates, version)
    plain = BareTls(certificates, version, auto_chain=False)
    judge = EapolTest(IDENTITY, certificates.client, certificates.root, (version, version))
    target = Target(server.endpoint, server.secret)
    processes = repeat = max(1, batch // 8)
    with tempfile.TemporaryDirectory(prefix="eaptls-bench-") as directory:
        configuration = judge.write(Path(directory))
        once = eapol_test.command(configuration, target, timeout=_TIMEOUT)
        again = eapol_test.command(configuration, target, timeout=_TIMEOUT, repeat=repeat)
        yield (
            lambda: dict(zip(("lean", "bare"), lean.cpu(batch, bare), strict=True)),
            lambda: dict(zip(("lean_again", "bare_no_auto_chain"), lean.cpu(batch, plain), strict=True)),
            lambda: dict(zip(("evidence", "bare_beside_evidence"), full.cpu(batch, bare), strict=True)),
            lambda: {"eapol_test": sum(eapol_test.cpu(once, 1) for _ in range(processes)) / processes},
            lambda: {"eapol_test_r": eapol_test.cpu(again, repeat + 1)},
        )


def measure(samplers: Samplers, rounds: int) -> list[dict[str, float]]:
    """Take ``rounds`` rounds of samples, after one sample of each that does not count."""
    for sample in samplers:
        sample()
    return [
        {name: seconds for sample in samplers for name, seconds in _clean(sample).items()}
        for _ in range(rounds)
    ]


def ratio(measured: list[dict[str, float]], above: str, below: str) -> float:
    """Return the median of the rounds' ratios."""
    return median(samples[above] / samples[below] for samples in measured)


def milliseconds(measured: list[dict[str, float]], name: str) -> float:
    """Return the median of one kind of sample."""
    return 1000 * median(samples[name] for samples in measured)


def _clean(sample: Callable[[], Samples]) -> Samples:
    # What the sample before left behind is not this one's to collect.
    gc.collect()
    return sample()
