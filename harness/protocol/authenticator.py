"""The virtual access point: EAPOL on one side, a RADIUS client on the other (RFC 3579, RFC 3580).

It passes EAP through without understanding it, as a real one does; asks for the identity itself;
decides on the RADIUS code alone (RFC 3579 2.6.3); takes the PMK out of the MS-MPPE keys; and runs
its side of the 4-way handshake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.observation import EapResult, RadiusResult, Violation
from harness.protocol import attributes as named
from harness.protocol import eap, eapol, radius
from harness.protocol.dot11 import rsn_element
from harness.protocol.fourway import AccessPointSide
from harness.protocol.radius_client import DEFAULT_RETRY, RadiusClient, Reply, RetryPolicy
from harness.protocol.wpa_keys import AKMS, pmk_from_msk
from harness.trace import Recorder

_EAP_RESULTS: Mapping[int, EapResult] = {
    eap.Code.SUCCESS: EapResult.SUCCESS,
    eap.Code.FAILURE: EapResult.FAILURE,
}


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """Configuration of a virtual access point.

    ``akm`` is the 802.11 AKM suite type it offers: 1, 5 or 12 (enterprise), 2 (pre-shared key), or
    0 for an open network. ``attributes`` are added to every Access-Request, by dictionary name.
    """

    ssid: str
    bssid: bytes
    secret: bytes = field(repr=False)
    akm: int = 1
    nas_identifier: str = "eaptls-harness"
    framed_mtu: int = 1400
    retry: RetryPolicy = DEFAULT_RETRY
    attributes: tuple[tuple[str, str | int], ...] = ()
    message_authenticator: bool = True
    """Sign requests, as RFC 3579 3.2 demands; ``False`` to see that the server insists."""
    require_message_authenticator: bool = True
    """Discard answers without it; ``False``: take them, as was done before CVE-2024-3596."""
    ask_key_name: bool = True
    """Ask for the EAP Session-Id with an empty EAP-Key-Name (RFC 7268 2.2)."""

    @property
    def enterprise(self) -> bool:
        """Whether it does 802.1X at all."""
        return self.akm in AKMS


def station_id(address: bytes) -> str:
    """Return a MAC address as RFC 3580 3.20 and 3.21 want it: upper case, hyphens."""
    return address.hex("-").upper()


def request_attributes(point: AccessPoint, station: bytes) -> bytes:
    """Return the attributes that do not change during a conversation, encoded (RFC 3580 3)."""
    akm = AKMS[point.akm]
    suite = 0x000FAC00
    fixed: list[tuple[str, str | int]] = [
        ("NAS-Identifier", point.nas_identifier),
        ("Called-Station-Id", f"{station_id(point.bssid)}:{point.ssid}"),
        ("Calling-Station-Id", station_id(station)),
        ("NAS-Port-Type", "Wireless-802.11"),
        ("NAS-Port", 1),
        ("Service-Type", "Framed-User"),
        ("Framed-MTU", point.framed_mtu),
        ("Connect-Info", "CONNECT 54Mbps 802.11g"),
        ("WLAN-Pairwise-Cipher", suite + akm.cipher),
        ("WLAN-Group-Cipher", suite + akm.cipher),
        ("WLAN-AKM-Suite", suite + akm.number),
        *point.attributes,
    ]
    encoded = named.encode(fixed)
    if point.ask_key_name:
        encoded += radius.attribute(radius.Type.EAP_KEY_NAME, b"\x00")
    return encoded


class Authenticator:
    """One station's port on the access point."""

    def __init__(
        self,
        point: AccessPoint,
        station: bytes,
        random: Callable[[int], bytes],
        *,
        fixed_attributes: bytes | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._point = point
        self._station = station
        self._random = random
        self._fixed = fixed_attributes if fixed_attributes is not None else request_attributes(point, station)
        self.client = RadiusClient(
            point.secret,
            random,
            retry=point.retry,
            sign=point.message_authenticator,
            demand=point.require_message_authenticator,
            recorder=recorder,
        )
        self.radius_result: RadiusResult | None = None
        self.eap_result: EapResult | None = None
        self.accepted = radius.RadiusPacket(0, 0, b"", [])
        """The final answer; code 0 while there is none."""
        self.msk: bytes | None = None
        """MS-MPPE-Recv-Key and -Send-Key of the Access-Accept; None: missing."""
        self.keys_unreadable = ""
        self.four_way: AccessPointSide | None = None
        self.violations: list[Violation] = []
        self.largest_to_server = self.largest_from_server = 0
        """Octets of the largest EAP packet each way."""
        self._user_name = b""
        self._state = b""
        self._answered = 0
        """Identifier of the last EAP Response that was relayed."""
        self._packets: list[bytes] = []
        self._key_frames: list[bytes] = []
        self._order_noted = False

    def eapol_to_send(self) -> list[bytes]:
        """Return EAPOL frames for the station, and forget them."""
        frames = [eapol.encode(eapol.Type.EAP, packet) for packet in self.eap_to_send()]
        frames += self._key_frames
        self._key_frames = []
        return frames

    def eap_to_send(self) -> list[bytes]:
        """Return EAP packets for the station without their frames, and forget them."""
        packets = self._packets
        self._packets = []
        return packets

    def ask_identity(self) -> None:
        """Begin: a station is there (802.1X-2020 8.4)."""
        self._packets.append(eap.encode(eap.Code.REQUEST, self._random(1)[0], eap.Method.IDENTITY))

    def receive_eapol(self, frame: bytes, now: float) -> None:
        """Take an EAPOL frame from the station; malformed ones are ignored (802.1X-2020 11.4)."""
        try:
            kind, body = eapol.parse(frame)
        except eapol.MalformedEapol:
            return
        if kind == eapol.Type.START:
            self.ask_identity()
        elif kind == eapol.Type.EAP:
            self.relay(body, now)
        elif kind == eapol.Type.KEY and self.four_way is not None:
            answer = self.four_way.receive(frame)
            if answer is not None:
                self._key_frames.append(answer)

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Take a RADIUS datagram from the server."""
        reply = self.client.receive_datagram(data, now)
        if reply is None:
            return
        self._check_order(reply.packet)
        code = reply.packet.code
        if code == radius.Code.ACCESS_CHALLENGE:
            self._challenge(reply)
        else:
            self._finish(reply)

    def start_four_way(self) -> None:
        """Send message 1 of the 4-way handshake, with the PMK from the server's keys."""
        assert self.msk is not None
        akm = AKMS[self._point.akm]
        pmk = pmk_from_msk(akm, self.msk)
        self.four_way = AccessPointSide(
            akm, pmk, self._point.bssid, self._station, rsn_element(akm), self._random
        )
        self._key_frames.append(self.four_way.start())

    def relay(self, packet: bytes, now: float) -> None:
        """Pass an EAP Response to the server; User-Name is the identity (RFC 3579 2.1)."""
        if self.radius_result is not None or len(packet) < 2:
            return
        self._answered = packet[1]
        self.largest_to_server = max(self.largest_to_server, len(packet))
        if not self._user_name and len(packet) > 5 and packet[4] == eap.Method.IDENTITY:
            self._user_name = radius.attribute(radius.Type.USER_NAME, packet[5:][:253])
        state = radius.attribute(radius.Type.STATE, self._state) if self._state else b""
        self.client.send(self._user_name + self._fixed + state + radius.eap_message(packet), now)

    def _challenge(self, reply: Reply) -> None:
        self._state = reply.packet.first(radius.Type.STATE) or b""
        body = reply.packet.joined(radius.Type.EAP_MESSAGE)
        self.largest_from_server = max(self.largest_from_server, len(body))
        self._check_challenge(body)
        if body:
            self._packets.append(body)

    def _finish(self, reply: Reply) -> None:
        packet = reply.packet
        accepted = packet.code == radius.Code.ACCESS_ACCEPT
        self.radius_result = RadiusResult.ACCEPT if accepted else RadiusResult.REJECT
        self.accepted = packet
        body = packet.joined(radius.Type.EAP_MESSAGE)
        self.largest_from_server = max(self.largest_from_server, len(body))
        self.eap_result = _EAP_RESULTS.get(body[0]) if body else None
        if body and packet.first(radius.Type.REPLY_MESSAGE) is not None:
            self._violate("Reply-Message beside EAP-Message", "RFC 3579 2.6.5")
        if accepted:
            self._take_keys(reply)
        else:
            self._check_reject()
            if self.eap_result is not EapResult.FAILURE:
                # RFC 3579 2.6.3: the code decides, and the port tells the station so itself.
                body = eap.encode(eap.Code.FAILURE, self._answered)
        if body:
            self._packets.append(body)

    def _check_order(self, packet: radius.RadiusPacket) -> None:
        """Note a Message-Authenticator that is there and not first: the mitigation of CVE-2024-3596."""
        kind = packet.attributes[0][0] if packet.attributes else 0
        if kind == radius.Type.MESSAGE_AUTHENTICATOR or self._order_noted:
            return
        if radius.is_signed(packet):
            self._order_noted = True
            self._violate("Message-Authenticator is not the first attribute of the answer", "CVE-2024-3596")

    def _check_challenge(self, packet: bytes) -> None:
        """RFC 3579 2.6.3: a challenge carries an EAP Request; without one nothing can follow."""
        if not packet:
            self._violate("Access-Challenge without EAP-Message", "RFC 3579 2.6.3", fatal=True)
        elif packet[0] in (eap.Code.SUCCESS, eap.Code.FAILURE):
            name = eap.Code(packet[0]).name.capitalize()
            self._violate(f"Access-Challenge carries EAP-{name}", "RFC 3579 2.6.3", fatal=True)

    def _check_reject(self) -> None:
        """RFC 3579 2.6.3: a reject should carry EAP-Failure, and the RADIUS code decides."""
        if self.eap_result is EapResult.SUCCESS:
            self._violate("Access-Reject carries EAP-Success", "RFC 3579 2.6.3")
        elif self.eap_result is None:
            self._violate("Access-Reject without EAP-Failure", "RFC 3579 2.6.3")

    def _take_keys(self, reply: Reply) -> None:
        received = radius.vendor_values(reply.packet, radius.MICROSOFT, radius.MS_MPPE_RECV_KEY)
        sent = radius.vendor_values(reply.packet, radius.MICROSOFT, radius.MS_MPPE_SEND_KEY)
        if not received or not sent:
            return
        try:
            halves = [
                radius.decrypt_mppe_key(value[0], self._point.secret, reply.request_authenticator)
                for value in (received, sent)
            ]
        except radius.MalformedPacket as error:
            self.keys_unreadable = str(error)
            return
        self.msk = b"".join(halves)

    def _violate(self, text: str, clause: str, *, fatal: bool = False) -> None:
        self.violations.append(Violation(clause, text, fatal))
