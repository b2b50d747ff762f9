"""What a device keeps in memory alone, as JSON: it is put aside between two commands, and gone after a reboot."""

from __future__ import annotations

from datetime import datetime, timedelta

from harness.device.clock import TimeSync
from harness.device.device import Device
from harness.device.failure_codes import CertError, NetworkError
from harness.device.links import Failure, Link
from harness.device.network_codec import decode_networks, encode_networks
from harness.device.sealed import Json
from harness.device.selection import History
from harness.device.store_codec import decode_store, encode_store
from harness.device.trouble import DeviceDamaged

_FIX = "delete the file: the device then starts as after a loss of power"


def encode_memory(device: Device) -> Json:
    """Return what the device would lose without power."""
    wifi, links = device.wifi, device.wifi.links
    return {
        "ready": device.ready,
        "clock": {"offset": device.clock.offset.total_seconds(), "sync": device.clock.sync.value},
        "live": encode_networks(wifi.by_id()),
        "loaded": encode_store(wifi.loaded),
        "lost": sorted(wifi.lost),
        "interface-up": wifi.interface_up,
        "connected": links.connected,
        "history": [links.history.last_connected, links.history.last_tried],
        "links": [{"network": number, **_encode_link(link)} for number, link in links.all().items()],
    }


def restore_memory(device: Device, content: Json, file: str) -> None:
    """Give the device back what it had in memory; raises :class:`DeviceDamaged` that names the file."""
    try:
        live = decode_networks(content["live"], file)
        loaded = decode_store(content["loaded"], device.profile, file)
        links = {written["network"]: _decode_link(written) for written in content["links"]}
        device.wifi.restore(live, loaded, frozenset(content["lost"]))
        device.wifi.interface_up = content["interface-up"]
        device.wifi.links.restore(links, content["connected"], History(*content["history"]))
        clock = content["clock"]
        device.clock.restore(timedelta(seconds=clock["offset"]), TimeSync(clock["sync"]))
        device.ready = content["ready"]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DeviceDamaged(file, "the memory is not what the harness writes", _FIX) from None


def damaged_memory(error: DeviceDamaged) -> DeviceDamaged:
    """Return the same damage with the remedy for a memory."""
    return DeviceDamaged(error.file, error.what, _FIX)


def _encode_link(link: Link) -> Json:
    return {
        "failures": link.failures,
        "retry-at": link.retry_at.isoformat() if link.retry_at else None,
        "tried": link.tried,
        "failure": _encode_failure(link.failure) if link.failure else None,
    }


def _encode_failure(failure: Failure) -> Json:
    return {
        "error": int(failure.error),
        "timestamp": failure.timestamp.isoformat(),
        "cert-error": None if failure.cert_error is None else int(failure.cert_error),
        "cert-depth": failure.cert_depth,
        "cert-subject": failure.cert_subject,
    }


def _decode_link(written: Json) -> Link:
    retry_at, failure = written["retry-at"], written["failure"]
    return Link(
        written["failures"],
        datetime.fromisoformat(retry_at) if retry_at else None,
        written["tried"],
        _decode_failure(failure) if failure else None,
    )


def _decode_failure(written: Json) -> Failure:
    cert_error = written["cert-error"]
    return Failure(
        NetworkError(written["error"]),
        datetime.fromisoformat(written["timestamp"]),
        None if cert_error is None else CertError(cert_error),
        written["cert-depth"],
        written["cert-subject"],
    )
