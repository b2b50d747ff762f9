"""``python -m benchmarks``: measure everything, print it, write ``results/bench.json``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import figures, program, rounds
from benchmarks.bed import KEYS, VERSIONS, available, make_certificates, running_server
from benchmarks.client import IN_FLIGHT
from benchmarks.scenario import InScenario
from harness.errors import EnvironmentUnavailable
from harness.server.choose import BackendKind

_HEAD = f"""\
CPU is user and system time of the client alone, the server's is not counted. Ours runs {IN_FLIGHT}
authentications in flight on one thread against a FreeRADIUS, a local process where there is one; a
bare TLS client, with its peer over memory BIOs, follows each of them in the same process, so both see
the same busy machine
(no_auto_chain: it does not complete and check the chain it sends, which OpenSSL does by default);
eapol_test is a process per authentication, or (_r) one process that authenticates again and again.
Lean is EAP and RADIUS alone, as eapol_test does it; evidence adds the 802.11 frames, the 4-way
handshake, trace, packets and key log. Each ratio is the median over rounds that sample all of them."""


def clients(kind: BackendKind, count: int, batch: int) -> dict[str, float]:
    """Measure the clients in ``count`` rounds; return ratios and ``association_overhead_ms``."""
    found: dict[str, float] = {}
    for key, key_type in KEYS.items():
        certificates = make_certificates(key_type)
        with running_server(certificates, kind) as server:
            for tls, version in VERSIONS.items():
                with rounds.samplers(certificates, server, version, batch) as samplers:
                    measured = rounds.measure(samplers, count)
                found |= {
                    f"{name}.{key}.{tls}": rounds.ratio(measured, above, below)
                    for name, (above, below) in figures.RATIOS.items()
                }
                spent = (f"{name} {rounds.milliseconds(measured, name):.2f}" for name in measured[0])
                print(f"{key} {tls}, ms of CPU: {', '.join(spent)}", flush=True)
            if key == "p256":
                seconds = InScenario(certificates, server).overhead(10 * count)
                found["association_overhead_ms"] = 1e3 * seconds
    return found


def programs(kind: BackendKind, count: int, suite: Sequence[Path]) -> dict[str, float]:
    """Measure the command line and the device."""
    seconds, cases, last_line = program.suite_seconds(kind, *suite)
    print(f"suite: {last_line}", flush=True)
    one, many = (program.bootstrap_seconds(kind, devices) for devices in (1, 200))
    return {
        "bootstrap_200_s": many,
        "bootstrap_ms": 1e3 * (many - one) / 199,
        "suite_wall_s": seconds,
        "suite_cases_per_s": cases / seconds,
        "help_ms": 1e3 * median(program.help_seconds() for _ in range(count)),
        "device_create_us": 1e6 * median(program.device_seconds(1000) for _ in range(count)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit code, 0 whether or not targets are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how many rounds (default 9)")
    parser.add_argument("--batch", type=int, default=rounds.BATCH, help="authentications in a sample")
    parser.add_argument("--output", type=Path, default=Path("results/bench.json"), help="where figures go")
    parser.add_argument("--suite", type=Path, nargs="*", default=[], help="scenarios instead of the built-in")
    chosen = parser.parse_args(arguments)
    if min(chosen.rounds, chosen.batch) < 1:
        parser.error("--rounds and --batch must be at least 1")
    print(_HEAD)
    print(
        f"Load average before: {os.getloadavg()[0]:.1f}; what else runs shows most on the clock.", flush=True
    )
    try:
        kind = available()
        print(f"Servers: {kind}.", flush=True)
        found = clients(kind, chosen.rounds, chosen.batch) | programs(kind, chosen.rounds, chosen.suite)
    except EnvironmentUnavailable as error:
        print(f"bench: {error}", file=sys.stderr)
        return 3
    figures.write(found, chosen.output)
    print("\n".join(figures.lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
