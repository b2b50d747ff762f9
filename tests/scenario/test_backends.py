"""Back ends as files write them: mistakes are answered with place and fix, and words are those of the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from harness.scenario.expect_backend import HoleWord, TrustReason
from harness.scenario.vocabulary import DeviceReason
from harness.services.backend.answers import Hole, Reason

HEAD = "tenants: {contoso: {}}\nback-ends: {hub: iot-hub, own: own}\nsteps:\n"
TWO = "tenants: {contoso: {}, fabrikam: {}}\n"


def test_the_reasons_are_those_of_the_service() -> None:
    told = [*get_args(TrustReason), *get_args(DeviceReason)]

    assert len(told) == len(set(told))
    assert set(told) == set(Reason)
    assert set(get_args(HoleWord)) == set(Hole)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "steps: [{contact: hub, expect: connected}]\n",
            "there is no back end in this scenario; add one, as in `back-ends: {hub: {kind: iot-hub}}`",
        ),
        (
            "back-ends: {hub: iot-hub}\nsteps: [persist]\n",
            "back ends trust CAs of tenants, and there is no tenant; give it a tenant, as in `tenants: {contoso: {}}`",
        ),
        (
            f"{HEAD}  - {{contact: hup, expect: connected}}\n",
            "there is no back end 'hup'; did you mean 'hub'?",
        ),
        (
            f"{HEAD}  - {{contact: , expect: connected}}\n",
            "it does not say at which back end; add back-end: hub or own",
        ),
        (
            f"{HEAD}  - register: {{certificate: b.cer, back-end: hub}}\n",
            "there is no CA or file 'b.cer' by now; write a letter such as A, or download the file first",
        ),
        (
            f"{HEAD}  - register: {{certificate: A, back-end: own}}\n",
            "'own' is a service of one's own, where nothing is registered; use trust",
        ),
        (
            f"{HEAD}  - trust: {{certificates: [A], back-end: hub}}\n",
            "'hub' is of kind iot-hub and has no trust file; use register",
        ),
        (
            f"{HEAD}  - trust: {{certificates: [rot], back-end: own}}\n",
            "there is no CA or file 'rot' by now; write root, policy, a letter such as A, or download the file first",
        ),
        (
            f"{HEAD}  - verify: {{registration: A, back-end: hub}}\n",
            "there is no registration 'A'; there is none to choose from",
        ),
        (
            (
                f"{HEAD}  - register: {{certificate: A, back-end: hub}}\n"
                "  - prove: {registration: A, proof: proof.cer, back-end: hub}\n"
            ),
            "there is no downloaded file 'proof.cer'; there is none to choose from",
        ),
        (
            f"{HEAD}  - watch: {{back-end: hub, tenant: contos}}\n",
            "there is no tenant 'contos'; did you mean 'contoso'?",
        ),
        (
            "tenants: {contoso: {}}\nback-ends: {hub: {kind: iot-hub, trusts: [B]}}\nsteps: [persist]\n",
            (
                "CA B is not there yet when the scenario begins; register it in a step, or let the tenant begin "
                "earlier, as in `issued: -670d`"
            ),
        ),
        (
            "tenants: {contoso: {issued: -731d}}\nback-ends: {hub: {kind: iot-hub, trusts: [A]}}\nsteps: [persist]\n",
            (
                "CA A has ended when the scenario begins, and nobody can register it; leave it out, or let the "
                "tenant begin later"
            ),
        ),
        (
            f"{TWO}back-ends: {{hub: {{kind: iot-hub, trusts: [A]}}}}\nsteps: [persist]\n",
            "it does not say whose CAs it trusts; add tenant: contoso or fabrikam",
        ),
        (
            "tenants: {contoso: {}}\nback-ends: {own: {kind: own, places: 2}}\nsteps: [persist]\n",
            "a service of one's own registers no CA, so places says nothing; leave places out",
        ),
    ],
)
def test_a_mistake_is_answered(problems: Callable[[str], list[str]], text: str, sentence: str) -> None:
    told = problems(f"scenario: A title\n{text}")
    assert [one.partition(": ")[2] for one in told] == [sentence]
