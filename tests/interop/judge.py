"""Runs eapol_test and reads from its debug output what it made of the network."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.eapol_test import EapolTest, Target, command

_TIMEOUT = 2
"""Seconds until eapol_test gives up; it retransmits after three, so it never does here."""


class Ending(StrEnum):
    """How it ended, as far as eapol_test can tell; all but the first have exit code 252."""

    ACCEPTED = "accepted"
    NO_KEYS = "accepted, keys missing or different"
    REJECTED = "rejected"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What eapol_test did, saw and derived; numbers are OpenSSL's X509_V_ERR and chain depth."""

    ending: Ending
    output: str
    verify_error: tuple[int, int] | None
    alerts_sent: tuple[str, ...]
    alerts_received: tuple[str, ...]
    msk: bytes
    session_id: bytes
    session_id_confirmed: bool
    """It found its Session-Id equal to the server's EAP-Key-Name (``-e``)."""
    mppe_recv: bytes
    mppe_send: bytes

    def in_words(self) -> str:
        """Return one short line for the table."""
        if self.ending is Ending.REFUSED:
            detail = f"error {self.verify_error[0]}" if self.verify_error else "name"
            return f"refused, {detail}, alert {', '.join(self.alerts_sent)}"
        return self.ending.value


def judge(client: EapolTest, target: Target) -> Judgement:
    """Run eapol_test once; keys and configuration are in a private directory while it runs."""
    with tempfile.TemporaryDirectory(prefix="eaptls-interop-") as directory:
        ran = subprocess.run(
            command(client.write(Path(directory)), target, timeout=_TIMEOUT),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT + 10,
            check=False,
        )
    if ran.returncode not in {0, 252}:
        raise RuntimeError(f"eapol_test ended with {ran.returncode}: {ran.stdout[-500:]}{ran.stderr[-500:]}")
    return read(ran.stdout, succeeded=ran.returncode == 0)


def read(output: str, *, succeeded: bool) -> Judgement:
    """Read the debug output of one authentication."""
    verify = re.search(r"TLS: Certificate verification failed, error (\d+) \(.*\) depth (\d+)", output)
    sent = _notes("local TLS alert", output)
    return Judgement(
        ending=_ending(output, succeeded=succeeded, refused=bool(verify or sent)),
        output=output,
        verify_error=(int(verify[1]), int(verify[2])) if verify else None,
        alerts_sent=sent,
        alerts_received=_notes("remote TLS alert", output),
        msk=_dump("EAP-TLS: Derived key", output),
        session_id=_dump("EAP-TLS: Derived Session-Id", output),
        session_id_confirmed="Locally derived EAP Session-Id matches EAP-Key-Name from server" in output,
        mppe_recv=_dump(r"MS-MPPE-Recv-Key \(crypt\)", output),
        mppe_send=_dump(r"MS-MPPE-Send-Key \(sign\)", output),
    )


def _ending(output: str, *, succeeded: bool, refused: bool) -> Ending:
    if succeeded:
        return Ending.ACCEPTED
    if "code=2 (Access-Accept)" in output and "CTRL-EVENT-EAP-SUCCESS" in output:
        return Ending.NO_KEYS
    if refused:
        return Ending.REFUSED
    if "Failed to initialize EAP method" in output:
        return Ending.NOT_STARTED
    if "code=3 (Access-Reject)" in output:
        return Ending.REJECTED
    if "EAPOL test timed out" in output:
        return Ending.TIMEOUT
    raise ValueError(f"eapol_test ended in a way that no rule knows:\n{output[-2000:]}")


def _notes(what: str, output: str) -> tuple[str, ...]:
    """Return the parameters of status notifications; alerts are named as the harness names them."""
    found: list[str] = re.findall(rf"EAP: Status notification: {what} \(param=(.*)\)", output)
    return tuple(note.lower().replace(" ", "-") for note in found)


def _dump(title: str, output: str) -> bytes:
    """Return the octets of the last hex dump with that title, empty when there is none."""
    found: list[str] = re.findall(rf"^{title} - hexdump\(len=\d+\): ([0-9a-f ]+)$", output, re.MULTILINE)
    return bytes.fromhex(found[-1]) if found else b""
