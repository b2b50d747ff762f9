"""Random networks with no, one or two faults, as scenario files."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.scenario.case import CaseInfo
from harness.scenario.document import parse_document
from harness.scenario.plan import Case
from harness.scenario.reader import from_document

_IDENTITY = "thermostat-7"
_SERVER_NAME = "radius.corp.example"
_KEYS = ("ec-p256", "ec-p384", "rsa-2048", "rsa-3072")
_SIGNERS = (*_KEYS, "ed25519")
_LINK = ("secret wrong", "NAS unknown", "port closed", "unsigned requests", "requests lost", "replies lost")
"""Faults behind which nothing else is seen: chosen less often."""


@dataclass(slots=True)
class Draft:
    """A scenario in the making; ``client`` and ``server_side`` are the names of each chain, leaf first, root last."""

    choose: random.Random
    client: list[str]
    served: list[str]
    certificates: dict[str, dict[str, Any]]
    server: dict[str, Any] = field(default_factory=dict)
    access_point: dict[str, Any] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=lambda: {"starts": "empty"})
    network: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    answered: bool = True

    def chain(self, side: str) -> list[str]:
        """Return the names of a chain."""
        return self.client if side == "client" else self.served

    def spoil(self, name: str, defect: str) -> bool:
        """Give a certificate a defect, if it has none."""
        if "defect" in self.certificates[name]:
            return False
        self.certificates[name]["defect"] = defect
        return True

    def check_crls(self) -> dict[str, Any]:
        """Let the server look for CRLs, of every CA in the client's chain, unless it does already."""
        held = [name for name in self.client[1:] if "unknown" not in name]
        written: dict[str, Any] = self.server.setdefault("crl", {"publish": held, "check": "all"})
        return written

    def scenario(self, title: str) -> dict[str, Any]:
        """Return the scenario as its file has it."""
        steps: list[dict[str, Any]] = [
            {"install": {"id": "own", "type": "client", "certificate": self.client[0]}}
        ]
        root = self.network.pop("root", None)
        if root is not None:
            steps.append({"install": {"id": "root", "type": "rootca", "certificate": root}})
            self.network["root-ca-cert-id"] = "root"
        steps.append({"network": {"name": "corp", "client-cert-id": "own", **self.network}})
        steps.append({"associate": "corp", "expect": {"verdict": "connected"}})
        return {
            "scenario": title,
            "certificates": self.certificates,
            "server": self.server,
            "access-point": self.access_point,
            "device": self.device,
            "steps": steps,
        }


def draft(choose: random.Random) -> Draft:
    """Return a network in which everything is right, of random shape."""
    certificates: dict[str, dict[str, Any]] = {
        "corp-root": {"profile": "root-ca"},
        "other-root": {"profile": "root-ca"},
        "new-root": {"profile": "root-ca", "cn": "corp-root"},
    }
    chains = {}
    shared = choose.random() < 0.6
    for side, leaf in (("client", "thermostat"), ("server", "corp-radius")):
        root = "corp-root" if shared or side == "client" else "radius-root"
        certificates.setdefault(root, {"profile": "root-ca", "key": choose.choice(_KEYS)})
        names = [root]
        for number in range(choose.choice((0, 0, 1, 1, 2))):
            name = f"{side}-ca-{number + 1}"
            certificates[name] = {
                "profile": "intermediate-ca",
                "issuer": names[0],
                "key": choose.choice(_KEYS),
            }
            names.insert(0, name)
        certificates[leaf] = {"profile": side, "issuer": names[0], "key": choose.choice(_KEYS)}
        chains[side] = [leaf, *names]
    certificates["thermostat"] |= {"cn": _IDENTITY, "key": choose.choice(_SIGNERS)}
    certificates["corp-radius"] |= {"dns": [_SERVER_NAME], "cn": _SERVER_NAME}
    made = Draft(choose, chains["client"], chains["server"], certificates)
    made.server = {"certificate": "corp-radius", "trusts": _held(choose, made.client)}
    made.network = {"client-id": _IDENTITY}
    if choose.random() < 0.9:
        made.network["root"] = made.served[-1]
    _vary(made)
    return made


def _held(choose: random.Random, chain: list[str]) -> list[str]:
    """Return what the server trusts: the root, with or without CAs below, or the issuing CA alone."""
    below = chain[1:-1]
    kinds = [[chain[-1]], [chain[-1]], [*below, chain[-1]], below[:1] or [chain[-1]]]
    return choose.choice(kinds)


def _vary(made: Draft) -> None:
    for chance, vary in _VARIATIONS:
        if made.choose.random() < chance:
            vary(made)


def _lifetimes(made: Draft) -> bool:
    """Give the server's certificates lifetimes of their own, the root one that may be the shortest."""
    for name in made.served:
        made.certificates[name]["valid-for"] = made.choose.choice(("10d", "50d", "200d", "5000d"))
    return True


def _date(side: str, defect: str) -> Callable[[Draft], bool]:
    def spoil(made: Draft) -> bool:
        return made.spoil(made.choose.choice(made.chain(side)), defect)

    return spoil


def _leaf(side: str, defect: str) -> Callable[[Draft], bool]:
    def spoil(made: Draft) -> bool:
        if defect == "unknown-ca":
            made.certificates[made.chain(side)[0]].pop("send-chain", None)
        return made.spoil(made.chain(side)[0], defect)

    return spoil


def _not_sent(side: str) -> Callable[[Draft], bool]:
    def spoil(made: Draft) -> bool:
        chain = made.chain(side)
        if len(chain) < 3 or "defect" in made.certificates[chain[0]]:
            return False
        made.certificates[chain[0]]["send-chain"] = False
        return True

    return spoil


def _gap(side: str) -> Callable[[Draft], bool]:
    def spoil(made: Draft) -> bool:
        leaf, *above = made.chain(side)
        return len(above) > 1 and made.spoil(leaf, "missing-intermediate")

    return spoil


def _weak_server(made: Draft) -> bool:
    if (
        "ciphers" in made.server
        or "defect" in made.certificates["thermostat"]
        or not made.spoil(made.served[0], "weak-key")
    ):
        return False
    made.server["ciphers"] = "DEFAULT@SECLEVEL=0"
    return True


def _weak_client(made: Draft) -> bool:
    return made.certificates["corp-radius"].get("defect") != "weak-key" and made.spoil(
        "thermostat", "weak-key"
    )


def _revoked(made: Draft) -> bool:
    name = made.choose.choice(made.client[:-1])
    if not made.spoil(name, "revoked"):
        return False
    crl = made.check_crls()
    crl["publish"] = list(dict.fromkeys([*crl["publish"], *made.client[1:]]))
    return True


def _crl_missing(made: Draft) -> bool:
    crl = made.check_crls()
    if not crl["publish"]:
        return False
    crl["publish"] = [name for name in crl["publish"] if name != made.choose.choice(crl["publish"])]
    return True


def _crl_expired(made: Draft) -> bool:
    made.check_crls()["expired"] = True
    return True


def _crl_accepted(made: Draft) -> bool:
    made.check_crls().update(expired=True, **{"accept-expired": True})
    return True


def _put(part: str, key: str, *values: Any, unanswered: bool = False) -> Callable[[Draft], bool]:
    def put(made: Draft) -> bool:
        written: dict[str, Any] = getattr(made, part)
        if key in written:
            return False
        written[key] = made.choose.choice(values)
        made.answered = made.answered and not unanswered
        return True

    return put


def _versions(made: Draft) -> bool:
    if "tls" in made.device or "tls" in made.server:
        return False
    low, high = made.choose.choice((("1.2", "1.3"), ("1.3", "1.2")))
    made.device["tls"], made.server["tls"] = low, high
    return True


def _cipher(made: Draft) -> bool:
    if "ciphers" in made.server or made.device.get("tls", "1.2") != "1.2":
        return False
    made.device["tls"] = "1.2"
    elliptic = made.certificates["corp-radius"]["key"].startswith("ec")
    made.server["ciphers"] = f"ECDHE-{'RSA' if elliptic else 'ECDSA'}-AES128-GCM-SHA256"
    return made.certificates["corp-radius"].get("defect") != "weak-key"


def _lost(direction: str) -> Callable[[Draft], bool]:
    return _put("access_point", "impair", {"lose": {direction: "all"}}, unanswered=True)


_VARIATIONS: tuple[tuple[float, Callable[[Draft], bool]], ...] = (
    (0.9, _put("device", "install-chains", True)),
    (0.5, _put("device", "tls", "1.2", "1.3")),
    (0.2, lambda made: _put("server", "tls", made.device.get("tls", "1.2"))(made)),
    (0.15, lambda made: _put("server", "crl", {"publish": made.client[1:], "check": "all"})(made)),
    (0.15, lambda made: _put("server", "crl", {"publish": made.client[1:], "check": "leaf"})(made)),
    (0.4, _put("network", "server-name", _SERVER_NAME)),
    (0.1, _put("device", "tls", {"min": "1.2", "max": "1.3"})),
    (
        0.25,
        _put(
            "server",
            "policy",
            "check-cert-cn",
            "certificate-cn-is-identity",
            {"rule": "check-cert-cn", "cn": _IDENTITY},
        ),
    ),
    (0.1, _put("network", "anonymous-identity", "anonymous@corp.example")),
    (0.1, lambda made: made.network.pop("client-id") is None),
    (0.1, lambda made: made.server["trusts"].insert(0, "new-root") is None),
    (0.3, _lifetimes),
    (0.2, _put("server", "fragment-size", 256, 512, 1300)),
    (0.1, _put("server", "eap-methods", ["md5", "tls"])),
    (0.1, _put("server", "vlan", 30)),
    (0.1, lambda made: made.spoil(made.choose.choice(("thermostat", "corp-radius")), "no-purpose")),
    (0.1, _put("device", "check-server-purpose", False)),
    (0.15, _put("device", "clock", "+1h", "-10m", "+20d")),
    (
        0.1,
        _put(
            "access_point",
            "impair",
            {"lose": {"to-server": [2]}},
            {"lose": {"from-server": [3]}},
            {"duplicate": {"to-server": "all"}},
        ),
    ),
)
"""What does no harm, and how often it is there."""
FAULTS: Mapping[str, Callable[[Draft], bool]] = {
    **{f"{side} expired": _date(side, "expired") for side in ("client", "server")},
    **{f"{side} not yet valid": _date(side, "not-yet-valid") for side in ("client", "server")},
    **{f"{side} wrong purpose": _leaf(side, "wrong-purpose") for side in ("client", "server")},
    **{f"{side} unknown CA": _leaf(side, "unknown-ca") for side in ("client", "server")},
    **{f"{side} self-signed": _leaf(side, "self-signed") for side in ("client", "server")},
    **{f"{side} wrong name": _leaf(side, "wrong-name") for side in ("client", "server")},
    **{f"{side} chain with a gap": _gap(side) for side in ("client", "server")},
    **{f"{side} chain not sent": _not_sent(side) for side in ("client", "server")},
    "client weak key": _weak_client,
    "server weak key": _weak_server,
    "client revoked": _revoked,
    "CRL missing": _crl_missing,
    "CRL expired": _crl_expired,
    "CRL expired, and accepted": _crl_accepted,
    "server trusts a namesake": lambda made: made.server.update(trusts=["new-root"]) is None,
    "device trusts a namesake": lambda made: (
        "root" in made.network and made.network.update(root="new-root") is None
    ),
    "server trusts another": lambda made: made.server.update(trusts=["other-root"]) is None,
    "device trusts another": lambda made: (
        "root" in made.network and made.network.update(root="other-root") is None
    ),
    "another server name": lambda made: made.network.update({"server-name": "other.corp.example"}) is None,
    "device clock": _put("device", "clock", "+400d", "-1d", "+3d", "+30d", "+100d", "+4000d"),
    "policy": _put("server", "policy", "reject", {"allow": ["somebody"]}, {"known": ["somebody"]}),
    "fixed name": _put("server", "policy", {"rule": "check-cert-cn", "cn": "gateway-1"}),
    "another identity": lambda made: made.network.update({"client-id": "somebody"}) is None,
    "no version": _versions,
    "no cipher": _cipher,
    "no method": _put("server", "eap-methods", ["md5"]),
    "no certificate sent": _put("device", "send-client-certificate", False),
    "no keys": _put("server", "send-keys", False),
    "secret wrong": _put("access_point", "secret", "wrong", unanswered=True),
    "NAS unknown": _put("server", "known-nas", False, unanswered=True),
    "port closed": _put("access_point", "port", "closed", unanswered=True),
    "unsigned requests": _put("access_point", "message-authenticator", False, unanswered=True),
    "requests lost": _lost("to-server"),
    "replies lost": _lost("from-server"),
}
"""Each gives a draft one fault, or returns ``False`` where it does not fit what is there."""


def _wide_wildcard(made: Draft) -> bool:
    if "defect" in made.certificates["corp-radius"]:
        return False
    made.certificates["corp-radius"]["dns"] = ["*.example"]
    made.network["server-name"] = "corp.example"
    return True


def _wildcard(made: Draft) -> bool:
    if "defect" in made.certificates["corp-radius"]:
        return False
    made.certificates["corp-radius"]["dns"] = ["*.corp.example"]
    return True


def _ca_as_root(made: Draft) -> bool:
    below = made.served[1:-1]
    if not below or "root" not in made.network:
        return False
    made.network["root"] = made.choose.choice(below)
    return True


def _weak_issuing_ca(made: Draft) -> bool:
    below = made.client[1:-1]
    return bool(below) and made.spoil(made.choose.choice(below), "weak-key")


MORE_FAULTS: Mapping[str, Callable[[Draft], bool]] = {
    "wildcard": _wildcard,
    "wide wildcard": _wide_wildcard,
    "CA as root": _ca_as_root,
    "weak issuing CA": _weak_issuing_ca,
}
"""What the device's own library decides; chosen only when asked for."""


def generate(number: int, seed: int, *, more: bool = False) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return one scenario as its file has it, and the names of its faults; ``more``: those of MORE_FAULTS, too."""
    known = {**FAULTS, **MORE_FAULTS} if more else FAULTS
    choose = random.Random(f"{seed}/{number}")
    made = draft(choose)
    wanted = choose.choice((0, 1, 1, 1, 2, 2, 2, 2))
    while len(made.faults) < wanted:
        name = choose.choices(list(known), [1 if name in _LINK else 3 for name in known])[0]
        if name not in made.faults and known[name](made):
            made.faults.append(name)
    retry = {"first": "2s", "times": 5} if made.answered else {"first": "50ms", "times": 2}
    made.access_point["retry"] = retry
    faults = tuple(made.faults)
    return made.scenario(f"Case {number} of seed {seed}: {', '.join(faults) or 'no fault'}"), faults


def as_case(number: int, text: str) -> Case:
    """Return the case that a scenario file holds."""
    file = from_document(parse_document(text, Path(f"case-{number}.yaml")), f"case-{number}")
    info = CaseInfo(id=f"case-{number}", title=file.title, why="", file=file.file, line=1)
    return Case(info, file.variants[0].scenario)
