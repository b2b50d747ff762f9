from __future__ import annotations

import ipaddress

from harness.outcome import Cause, Verdict
from harness.run.associate import SourceAddresses, refused_start
from harness.trace import Endpoint


def test_every_association_gets_a_loopback_address_of_its_own() -> None:
    sources = SourceAddresses()
    server = Endpoint("127.0.0.1", 1812)
    hosts = [sources.next(server) for _ in range(70000)]
    assert len(set(hosts)) == len(hosts)
    assert all(ipaddress.ip_address(host) in ipaddress.ip_network("127.64.0.0/10") for host in hosts[::997])


def test_ipv6_has_one_loopback_address() -> None:
    assert SourceAddresses().next(Endpoint("::1", 1812)) == ""


def test_a_device_that_cannot_start_has_an_outcome_and_no_evidence() -> None:
    attempt = refused_start(Cause.ACCESS_POINT_NOT_FOUND, "no access point offers the SSID 'X'")
    assert attempt.outcome.verdict is Verdict.NOT_ATTEMPTED
    assert attempt.evidence is None
