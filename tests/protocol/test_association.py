from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.observation import EapResult, FourWay, Keys, RadiusResult, Stage

if TYPE_CHECKING:
    from tests.protocol.conftest import Bench


@pytest.mark.parametrize("akm", [1, 5, 12])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_connects(bench: Bench, tls: str, akm: int) -> None:
    server = bench.server(tls=tls)
    seen = bench.run(server, bench.association(akm=akm))
    assert server.complaints == []
    assert seen.stage is Stage.COMPLETE
    assert seen.radius_result is RadiusResult.ACCEPT
    assert seen.eap_result is EapResult.SUCCESS
    assert seen.keys is Keys.AGREE
    assert seen.four_way is FourWay.COMPLETE
    assert seen.akm == akm
    assert seen.session_id == server.session_id != b""
    assert seen.tls is not None
    assert seen.tls.version == tls
    assert seen.tls.protected_success is (tls == "1.3")
    assert seen.discards == seen.violations == ()
