"""``python -m tests.oracle N --seed S``: N random networks against an independent judge.

Every case has no, one or two faults. What it must come to is predicted from ``openssl verify`` and the order of the
protocols; then it runs against a real FreeRADIUS, and verdict, cause and the blamed certificate are compared.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from harness.errors import EnvironmentUnavailable
from tests.bench import Bench
from tests.oracle.compare import Compared, compare, confusion


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; 0 when no cause and no certificate is wrong and few are undetermined, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__.partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=300, help="number of cases (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the generator (default: 1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first case, to run one again")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 2, help="cases at a time")
    parser.add_argument(
        "--more", action="store_true", help="also faults that the device's own library decides"
    )
    parser.add_argument(
        "--server", choices=("process", "container"), default="process", help="(default: process)"
    )
    parser.add_argument("--freeradius-version", help="of the container, as in eaptls run")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    numbers = range(options.first, options.first + options.count)
    try:
        bench = Bench(options.seed, options.jobs, options.server, options.freeradius_version)
    except EnvironmentUnavailable as error:
        print(error, file=sys.stderr)
        return 3
    with bench:
        cases = bench.map(lambda number: compare(bench, number, options.seed, more=options.more), numbers)
    return report(cases, time.monotonic() - began)


def report(cases: Sequence[Compared], seconds: float) -> int:
    """Print the table and everything that came out otherwise than predicted."""
    lists = {
        "not run": [one for one in cases if one.error],
        "wrong causes": [one for one in cases if one.wrong_cause and not one.error],
        "wrong certificates": [one for one in cases if one.wrong_certificate],
        "undetermined": [one for one in cases if one.undetermined],
    }
    for what, those in lists.items():
        for one in those:
            print(f"\n{what}: {one}{one.error}")
    print("\ncases  predicted                                      said", *confusion(cases), sep="\n")
    print(
        f"\n{len(cases)} cases in {seconds:.0f} s:",
        ", ".join(f"{len(those)} {what}" for what, those in lists.items()),
    )
    few = len(lists["undetermined"]) * 100 <= len(cases)
    return 0 if few and not any(lists[what] for what in lists if what != "undetermined") else 1


if __name__ == "__main__":
    sys.exit(main())
