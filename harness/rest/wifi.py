"""``/wifi``: the networks of the device, their diagnostics, the Wi-Fi interface, a scan.

What is changed here is persisted at once, as the command line of the device does it.
"""

from __future__ import annotations

from harness.device.device import Device
from harness.device.error_numbers import RestError, WifiError
from harness.device.links import ConfigState, ConnectionState
from harness.device.network import Network, Security, settings_refusal
from harness.rest import documents
from harness.rest.calls import Call, Reply, Surroundings, done, flag, text
from harness.rest.documents import SECURITY_WORDS, value_of
from harness.rest.numbers import HttpError, Refused, RequestError

_SECURITY = {word: security for security, word in SECURITY_WORDS.items() if security}
_LARGEST_ID = 2**31 - 1


def networks(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """List the networks, the lowest ID first."""
    numbers = value_of(device.application(None).wifi.get_network_ids())
    return Reply({"values": [documents.network(device, number) for number in sorted(numbers)]})


def show(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Show one network."""
    wifi, number = device.application(None).wifi, _number(call.part)
    value_of(wifi.get_network(number))
    return Reply(documents.network(device, number))


def add(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Add a network; whether its certificates exist is not asked."""
    result = device.application(None).wifi.configure(_requested(call))
    done(result)
    assert result.network is not None
    document = documents.network(device, result.network)
    return Reply(document | {"connectionState": ConnectionState.UNKNOWN.value}, status=201)


def change(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Enable or disable a network, for a while too, or give it another pre-shared key."""
    wifi, number = device.application(None).wifi, _number(call.part)
    psk = text(call.body, "psk", WifiError.INVALID_REQUEST_FORMAT)
    hold = call.body.get("configState") == ConfigState.TEMP_DISABLED
    enabled = True if hold else _enabled(call)
    # The length is judged before the network is looked for: so it was recorded.
    refusal = settings_refusal(Network("", psk=psk))
    if refusal:
        raise Refused(refusal.error, refusal.text)
    settings = value_of(wifi.get_network(number))
    if psk is not None:
        if settings.security is not Security.PSK:
            raise Refused(WifiError.INVALID_NETWORK_PROPERTIES, f"network {number} is not set to WPA2-PSK")
        done(wifi.set_psk(number, psk))
    if enabled is not None:
        done(wifi.set_network_enabled(number, enabled))
    done(wifi.persist_config())
    if hold:
        device.wifi.links.hold(number)
    return Reply(documents.network(device, number))


def delete(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Forget a network, for good."""
    wifi = device.application(None).wifi
    done(wifi.forget_network_by_id(_number(call.part)))
    return done(wifi.persist_config())


def all_diagnostics(device: Device, _call: Call, _around: Surroundings) -> Reply:
    """Show the last failure of every network that ever failed."""
    value_of(device.application(None).wifi.get_network_ids())
    return Reply({"values": documents.all_diagnostics(device)})


def diagnostics(device: Device, call: Call, _around: Surroundings) -> Reply:
    """Show the last failure of one network; one that never failed is not found."""
    found = value_of(device.application(None).wifi.get_network_diagnostics(_number(call.part)))
    return Reply(documents.diagnostics(device, found))


def interface(device: Device, _call: Call, around: Surroundings) -> Reply:
    """Show the Wi-Fi interface, whether it is up or down."""
    return Reply(documents.wifi_interface(device, trying=around.trying, power_savings=around.power_savings))


def change_interface(device: Device, call: Call, around: Surroundings) -> Reply:
    """Reload settings and certificates, dropping the connection; or switch power savings."""
    reload = flag(call.body, "reloadConfig", RestError.RELOAD_NOT_BOOLEAN)
    savings = flag(call.body, "enablePowerSavings", RequestError.POWER_SAVINGS_NOT_BOOLEAN)
    if reload is None and savings is None:
        raise Refused(RequestError.INVALID_DATA, "the body has neither reloadConfig nor enablePowerSavings")
    wifi = device.application(None).wifi
    if reload:
        done(wifi.reload_config())
    else:
        value_of(wifi.get_network_ids())
    if savings is not None:
        around.power_savings = savings
    return Reply()


def scan(device: Device, _call: Call, around: Surroundings) -> Reply:
    """Show the access points that the harness was told of."""
    value_of(device.application(None).wifi.get_network_ids())
    return Reply({"values": documents.scan(documents.seen(device, around.offers(device)))})


def _number(part: str) -> int:
    """Return the network ID of a path; what is no number is no path of this interface."""
    if not (part.isascii() and part.isdigit() and int(part[:12]) <= _LARGEST_ID and len(part) <= 10):
        raise Refused(HttpError.INVALID_URI, f"{part!r} is no network ID")
    return int(part)


def _requested(call: Call) -> Network:
    """Return the network that a body describes; raises :class:`Refused`."""
    body, wrong = call.body, WifiError.INVALID_REQUEST_FORMAT
    security = _SECURITY.get(text(body, "securityState", wrong) or "")
    if security is None:
        raise Refused(wrong, f"securityState is none of {', '.join(sorted(_SECURITY))}")
    eap_tls = security is Security.EAP_TLS
    return Network(
        name=text(body, "configName", wrong) or "",
        ssid=text(body, "ssid", wrong) or "",
        client_cert_id=text(body, "clientCertStoreIdentifier", wrong) if eap_tls else None,
        root_ca_cert_id=(text(body, "rootCaCertStoreIdentifier", wrong) or None) if eap_tls else None,
        client_id=text(body, "clientIdentity", wrong) if eap_tls else None,
        enabled=_enabled(call) is not False,
        security=security,
        psk=text(body, "psk", wrong) if security is Security.PSK else None,
        targeted_scan=flag(body, "targetedScan", RequestError.TARGETED_SCAN_NOT_BOOLEAN) or False,
    )


def _enabled(call: Call) -> bool | None:
    """Return whether the network is to be used; ``None``: nothing is said about it."""
    word = text(call.body, "configState", WifiError.INVALID_REQUEST_FORMAT)
    if word in {None, "unknown"}:
        return None
    if word in {ConfigState.ENABLED, ConfigState.DISABLED}:
        return word == ConfigState.ENABLED
    fix = f"configState {word!r} cannot be asked for; use enabled or disabled"
    raise Refused(WifiError.INVALID_REQUEST_FORMAT, fix)
