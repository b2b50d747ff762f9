from __future__ import annotations

import re

import pytest

from harness.diagnosis import causes
from harness.diagnosis.catalogue_client import CLIENT
from harness.diagnosis.catalogue_link import BREACH, CONNECTION, CONVERSATION
from harness.diagnosis.catalogue_server import SERVER
from harness.diagnosis.catalogue_start import START
from harness.diagnosis.causes import CATALOGUE
from harness.outcome import Cause, Verdict

PARTS = (CONNECTION, CLIENT, CONVERSATION, SERVER, BREACH, START)


def test_every_cause_has_an_entry_and_there_is_no_other() -> None:
    assert set(CATALOGUE) == set(Cause)


def test_no_cause_has_two_entries() -> None:
    assert sum(len(part) for part in PARTS) == len(CATALOGUE)


@pytest.mark.parametrize("cause", Cause, ids=str)
def test_entries_are_sentences(cause: Cause) -> None:
    entry = CATALOGUE[cause]

    assert entry.verdicts
    assert entry.proven_by.endswith(".")
    assert entry.remedy.endswith(".") or cause is Cause.MUTUAL_AUTHENTICATION
    assert entry.explanation.endswith((".", "{seen}"))
    assert entry.reference or cause is Cause.UNDETERMINED


def test_every_verdict_has_a_cause_of_its_own() -> None:
    named = [entry.verdicts for cause, entry in CATALOGUE.items() if cause is not Cause.UNDETERMINED]

    assert set().union(*named) == set(Verdict)


def test_only_the_rejected_can_have_a_fault_in_their_own_certificate() -> None:
    client = re.compile(r"client-(certificate|issuer|chain|key)")
    start = {Verdict.NOT_ATTEMPTED}
    allowed = {cause: CATALOGUE[cause].verdicts for cause in Cause if client.match(cause)}

    assert {
        cause for cause, verdicts in allowed.items() if verdicts not in ({Verdict.REJECTED}, start)
    } == set()


def test_undetermined_goes_with_every_verdict() -> None:
    assert all(causes.allows(Cause.UNDETERMINED, verdict) for verdict in Verdict)


def test_fields_are_filled_in_and_sentences_begin_with_a_capital() -> None:
    facts = {"subject": "the server", "clause": "RFC 5216 3.1", "words": "no flags octet"}

    assert causes.explain(Cause.EAP_FRAMING, facts) == (
        "The server broke the rules for the form or order of EAP or RADIUS packets (RFC 5216 3.1): no flags octet."
    )


def test_braces_of_a_peer_are_no_fields() -> None:
    facts = {"subject": "CN={server}", "words": "{0}"}

    assert causes.explain(Cause.SERVER_CERTIFICATE_UNACCEPTABLE, facts) == (
        "The device refused CN={server} in the server's chain: {0}."
    )


def test_a_field_without_a_fact_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="words"):
        causes.explain(Cause.NETWORK_UNKNOWN, {})
