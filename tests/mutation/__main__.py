"""``python -m tests.mutation``: is anything in the built-in suite asserted in vain?

Every case runs once. Then each single assertion is turned into ones that contradict it, and the checks of the
runner have to complain of that very key, given what the step had come to. A sample of these mutants really
runs, from the first step to the one that has to fail, to show that this shortcut is honest.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.errors import EnvironmentUnavailable, ScenarioErrors, UsageError
from harness.resources import resource_path
from harness.run.events import Result
from harness.scenario.plan import Case, load, plan
from tests.bench import Bench
from tests.mutation.recording import expecting, record
from tests.mutation.survivors import SHOWN_ELSEWHERE, Mutant, mutants, never_contradicted, silent


def sample(found: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return some mutants at random, one of every key first."""
    choice = random.Random(seed)
    shuffled = choice.sample(found, len(found))
    kinds: defaultdict[tuple[str, str], list[Mutant]] = defaultdict(list)
    for mutant in shuffled:
        kinds[mutant.kind].append(mutant)
    first = [those[0] for those in kinds.values()]
    rest = [mutant for mutant in shuffled if mutant not in first]
    return [*first, *rest][: max(count, len(first))] if count else []


def played(bench: Bench, cases: dict[str, Case], mutant: Mutant) -> str:
    """Run a mutant end to end; return what went otherwise than the shortcut says, or nothing."""
    index = mutant.judged.step.index
    ended = bench.run(expecting(cases[mutant.judged.case], index, mutant.contradiction.expect))
    last = ended.steps[-1] if ended.steps else None
    fields = {mismatch.field for mismatch in last.mismatches} if last else set()
    if (
        ended.result is Result.FAILED
        and last
        and last.index == index
        and fields & mutant.contradiction.fields
    ):
        return ""
    return (
        f"{mutant}: really run it is {ended.result} at step {last.index if last else 0} for {sorted(fields)}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check; 0 when nothing survives, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "paths", nargs="*", type=Path, help="scenario files or folders; the built-in suite unless named"
    )
    parser.add_argument("-k", dest="keyword", default="", help="only cases that match, as in eaptls run")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 2, help="cases at a time")
    parser.add_argument("--sample", type=int, default=100, help="mutants that really run (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="for random octets and the sample (default: 1)")
    options = parser.parse_args(arguments)
    whole = not options.paths and not options.keyword
    try:
        selected = plan(load(options.paths or [resource_path("scenarios")]), keyword=options.keyword)
        with Bench(options.seed, options.jobs) as bench:
            chosen = bench.able(selected)
            return report(bench, chosen, sampled=options.sample, seed=options.seed, whole=whole)
    except (UsageError, ScenarioErrors) as error:
        print(error, file=sys.stderr)
        return 2
    except EnvironmentUnavailable as error:
        print(error, file=sys.stderr)
        return 3


def report(bench: Bench, cases: Sequence[Case], *, sampled: int, seed: int, whole: bool) -> int:
    """Do it all for these cases and print what was found; only the whole suite shows what nothing contradicts."""
    steps, failed = record(bench, cases)
    found = [mutant for one in steps for mutant in mutants(one)]
    assertions = len(
        {(mutant.judged.case, mutant.judged.step.index, mutant.said and mutant.said.path) for mutant in found}
    )
    survivors = [str(mutant) for mutant in found if mutant.survives()]
    survivors += [line for one in steps for line in silent(one)]
    print(f"{len(cases)} cases, {len(steps)} steps, {assertions} assertions, {len(found)} mutants")
    print(f"cases that do not pass, and so show nothing: {len(failed)}", *failed, sep="\n  ")
    print(f"survivors: {len(survivors)}", *survivors, sep="\n  ")
    uncontradicted = list(never_contradicted(steps)) if whole else []
    vain = [one for one in uncontradicted if not one.elsewhere]
    print(f"contradicted by nothing in the suite: {len(vain)}", *vain, sep="\n  ")
    elsewhere = Counter(one.assertion for one in uncontradicted if one.elsewhere)
    print(f"shown elsewhere that it can be otherwise: {elsewhere.total()}")
    print(*(f"  {number} x {said}: {SHOWN_ELSEWHERE[said]}" for said, number in elsewhere.items()), sep="\n")
    unused = SHOWN_ELSEWHERE.keys() - elsewhere.keys() if whole else ()
    print(f"entries of SHOWN_ELSEWHERE that it does not need: {', '.join(sorted(unused)) or 'none'}")
    chosen = sample(found, sampled, seed)
    by_id = {case.info.id: case for case in cases}
    odd = [line for line in bench.map(lambda mutant: played(bench, by_id, mutant), chosen) if line]
    tried = Counter(mutant.kind[0] for mutant in chosen)
    print(
        f"really run: {len(chosen)} ({', '.join(f'{kind} {n}' for kind, n in tried.items())}), otherwise than said: {len(odd)}"
    )
    print(*odd, sep="\n  ")
    return 1 if failed or survivors or vain or odd else 0


if __name__ == "__main__":
    sys.exit(main())
