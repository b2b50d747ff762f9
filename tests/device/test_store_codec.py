from __future__ import annotations

import random

import pytest

from harness.device.certstore import CertStore
from harness.device.disk import remove_leftovers, replace_file
from harness.device.entries import StoreSnapshot
from harness.device.powercut import CuttingDisk, SimulatedDisk
from harness.device.profile import DEFAULT_PROFILE, DeviceProfile
from harness.device.sealed import seal, unseal
from harness.device.store_codec import decode_store, encode_store
from harness.device.trouble import DeviceDamaged, PowerCut
from harness.pki.credential import Credential

Made = dict[str, Credential]
OPERATIONS = 10_000


def decoded(data: bytes | None) -> StoreSnapshot:
    return decode_store(unseal("store", data, "store"), DEFAULT_PROFILE, "store")


def test_a_store_comes_back_whole(made: Made) -> None:
    store = CertStore()
    rsa = made["rsa"]
    assert store.install_client("c", rsa.certificate_pem(), rsa.key_pem("s3crät"), "s3crät").ok
    assert store.install_root_ca(".", made["root"].certificate_pem()).ok
    assert store.install_root_ca("..", made["other-root"].certificate_pem()).ok
    store.damage(".")
    snapshot = store.snapshot()
    assert decoded(seal("store", encode_store(snapshot))) == snapshot


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({}, "the list of certificates is not what the harness writes"),
        ({"entries": [1]}, "the list of certificates is not what the harness writes"),
        ({"entries": [{"id": "a"}]}, "the list of certificates is not what the harness writes"),
        (
            {"entries": [{"id": "a", "type": "rootca", "certificate": "x", "damaged": False}]},
            "certificate 'a': the certificate is not PEM",
        ),
        (
            {"entries": [{"id": "a", "type": "other", "certificate": "x", "damaged": False}]},
            "the list of certificates is not what the harness writes",
        ),
    ],
)
def test_what_nobody_wrote_is_reported(content: dict[str, object], text: str) -> None:
    with pytest.raises(DeviceDamaged, match=f"^dir/store: {text}; restore it from a copy"):
        decode_store(content, DEFAULT_PROFILE, "dir/store")


class Bench:
    """A store on a simulated disk, and operations on it chosen by chance."""

    def __init__(self, made: Made) -> None:
        self.random = random.Random(20)
        self.disk = SimulatedDisk({"store": seal("store", {"entries": []})})
        self.blobs = [
            (made[name].certificate_pem(), made[name].key_pem()) for name in ("pump", "thermostat", "below")
        ]
        self.roots = [made[name].certificate_pem() for name in ("root", "other-root")]

    def operation(self) -> tuple[str, str, str, int]:
        kinds = ("client", "root", "root", "delete", "move", "move")
        names = [self.random.choice("abcd") for _ in range(2)]
        return self.random.choice(kinds), names[0], names[1], self.random.randrange(6)

    def apply(self, store: CertStore, operation: tuple[str, str, str, int]) -> None:
        kind, first, second, which = operation
        if kind == "client":
            store.install_client(first, *self.blobs[which % 3])
        elif kind == "root":
            store.install_root_ca(first, self.roots[which % 2])
        elif kind == "delete":
            store.delete(first)
        else:
            store.move(first, second)


@pytest.mark.catalogue("B18")
def test_a_power_cut_at_any_write_point_leaves_old_or_new(made: Made) -> None:
    bench = Bench(made)
    old = CertStore().snapshot()
    old_bytes = seal("store", encode_store(old))
    changes = outcomes_old = outcomes_new = 0
    for _ in range(OPERATIONS):
        operation = bench.operation()
        written: list[bytes] = []
        store = CertStore(content=old, save=lambda new: written.append(seal("store", encode_store(new))))  # noqa: B023
        bench.apply(store, operation)
        new = store.snapshot()
        if not written:
            assert new is old
            continue
        new_bytes = written[0]
        for cut_at in range(1, 6):
            disk = bench.disk.copy()
            cutting = CuttingDisk(disk, cut_at, bench.random.randrange(len(new_bytes)))
            shaken = CertStore(
                content=old,
                save=lambda _, cutting=cutting, data=new_bytes: replace_file(cutting, "store", data),  # type: ignore[misc]
            )
            try:
                bench.apply(shaken, operation)
            except PowerCut:
                assert shaken.snapshot() is old
            disk.lose_power(bench.random.randrange)
            remove_leftovers(disk)
            assert disk.names() == ("store",)
            left = disk.read("store")
            if cut_at == 5:
                assert left == new_bytes
            outcomes_old += left == old_bytes
            outcomes_new += left == new_bytes
            assert left in {old_bytes, new_bytes}
        changes += 1
        replace_file(bench.disk, "store", new_bytes)
        assert decoded(bench.disk.read("store")) == new
        old, old_bytes = new, new_bytes
    assert changes > OPERATIONS / 2
    assert min(outcomes_old, outcomes_new) > OPERATIONS


def test_leftovers_cost_no_space(made: Made) -> None:
    disk = SimulatedDisk({"store": seal("store", {"entries": []})})
    cutting = CuttingDisk(disk, 3)
    store = CertStore(save=lambda new: replace_file(cutting, "store", seal("store", encode_store(new))))
    with pytest.raises(PowerCut):
        store.install_root_ca("a", made["root"].certificate_pem())
    assert store.available_space() == 24514
    assert decoded(disk.read("store")).used() == 0


def test_case_rules_are_those_of_the_profile(made: Made) -> None:
    profile = DeviceProfile(case_sensitive_ids=False)
    store = CertStore(profile)
    store.install_root_ca("Root", made["root"].certificate_pem())
    again = decode_store(encode_store(store.snapshot()), profile, "store")
    assert again == store.snapshot()
    assert again.get("rOOT") is not None
