from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from harness.drivers import aio
from harness.observation import Stage

if TYPE_CHECKING:
    from tests.drivers.conftest import Serve
    from tests.protocol.conftest import Bench


def test_many_at_once_in_one_loop(bench: Bench, serve: Serve) -> None:
    server = serve(bench.server(tls="1.3"))

    async def crowd() -> list[Stage | None]:
        seen = await asyncio.gather(*(aio.run(bench.association(server=server, seed=n)) for n in range(12)))
        return [one.stage if one else None for one in seen]

    assert asyncio.run(crowd()) == [Stage.COMPLETE] * 12


@pytest.mark.parametrize("pause", [0.0, 0.03])
def test_cancelling_closes_everything(bench: Bench, serve: Serve, pause: float) -> None:
    silent = serve(bench.server(secret=b"another"))

    async def cancel() -> list[str]:
        task = asyncio.create_task(aio.run(bench.association(server=silent)))
        await asyncio.sleep(pause)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [repr(left) for left in asyncio.all_tasks() if left is not asyncio.current_task()]

    # A transport left open is a ResourceWarning when the loop closes, and warnings are errors here.
    assert asyncio.run(cancel()) == []


def test_a_time_limit_around_it_works(bench: Bench, serve: Serve) -> None:
    silent = serve(bench.server(secret=b"another"))

    async def limited() -> None:
        async with asyncio.timeout(0.05):
            await aio.run(bench.association(server=silent))

    with pytest.raises(TimeoutError):
        asyncio.run(limited())
