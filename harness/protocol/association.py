"""One attempt to join a network, as the one machine that a driver sees.

Inside, the device's supplicant and the virtual access point exchange EAPOL frames directly;
outside, only RADIUS datagrams remain. A driver does this and nothing else::

    association.start(now)
    while not association.finished:
        for datagram in association.datagrams_to_send(now): ...send it...
        ...wait for a datagram, or until association.get_timer()...
        association.receive_datagram(data, now)  or  association.handle_timer(now)
    association.observe()

Time is any monotonic clock in seconds; randomness is a function of a number of octets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.observation import FourWay, Keys, Observation, RadiusResult, ReplyAttribute, Stage
from harness.protocol import attributes, dot11, eapol, radius
from harness.protocol.authenticator import AccessPoint, Authenticator
from harness.protocol.dot11 import ManagementFrame, rsn_element
from harness.protocol.fourway import DeviceSide
from harness.protocol.impairment import Direction, Path
from harness.protocol.join import JoinFailure, join
from harness.protocol.silence import SilenceAccount
from harness.protocol.station import Station
from harness.protocol.supplicant import State, Supplicant
from harness.protocol.tls import TlsClient, TlsContext
from harness.protocol.tls_session import TlsSession
from harness.protocol.wpa_keys import AKMS, pmk_from_msk
from harness.trace import Actor, Endpoint, Link, Packet, Recorder


class Association:
    """See the module's text; :meth:`observe` returns the value that everything leads to.

    ``link=False`` is for load on a server: EAP and RADIUS alone, as an authentication proper. The air
    is left out, so there is neither joining nor a 4-way handshake; a good one ends at
    :attr:`Stage.RESULT` with keys that agree.
    """

    def __init__(
        self,
        station: Station,
        point: AccessPoint,
        server: Endpoint,
        random: Callable[[int], bytes],
        *,
        path: Path | None = None,
        recorder: Recorder | None = None,
        fixed_attributes: bytes | None = None,
        link: bool = True,
    ) -> None:
        self.station = station
        self.server = server
        self.join_failure: JoinFailure | None = None
        self.finished = False
        self._point = point
        self._random = random
        self._path = path
        self._account: SilenceAccount | None = None
        self._recorder = recorder
        self._fixed = fixed_attributes
        self._link = link
        self._source: Endpoint | None = None
        # Not a method of self: without a cycle, everything is freed as soon as it is let go.
        connect = partial(_connect, station.tls, station.session, recorder)
        self._supplicant = Supplicant(
            station.identity.encode(),
            connect,
            fragment_size=station.fragment_size,
            patience=station.patience,
            recorder=recorder,
        )
        self._port: Authenticator | None = None
        self._four_way: DeviceSide | None = None
        self._keys = Keys.NOT_COMPARED
        self._to_access_point: list[bytes] = []
        self._started = self._ended = 0.0

    def bind(self, source: Endpoint) -> None:
        """Tell which address and port the datagrams are sent from."""
        self._source = source

    def start(self, now: float) -> None:
        """Join the network and send EAPOL-Start; may finish at once with ``join_failure``."""
        self._started = self._ended = now
        station, point = self.station, self._point
        if self._link:
            emit = self._frame_recorder(now)
            self.join_failure = join(point, station.mac, station.ssid, station.akms, emit)
            if self.join_failure is not None:
                self.finished = True
                return
        self._port = Authenticator(
            point, station.mac, self._random, fixed_attributes=self._fixed, recorder=self._recorder
        )
        if self._path is not None:
            self._account = SilenceAccount(self._port.client, self._path)
        if self._link:
            self._send_to_access_point(eapol.encode(eapol.Type.START), now)
        else:
            self._port.ask_identity()
        self._exchange(now)

    def datagrams_to_send(self, now: float) -> list[bytes]:
        """Return the datagrams that leave the path towards the server now, and forget them."""
        if self._port is None:
            return []
        datagrams = self._from_access_point(self._port, now)
        if self._path is None or self._account is None:
            return datagrams
        leaving: list[bytes] = []
        while True:
            for datagram in datagrams:
                self._account.push(Direction.TO_SERVER, datagram, now)
            arrived = self._path.pop(now)
            if not arrived:
                return leaving
            for direction, datagram in arrived:
                if direction is Direction.TO_SERVER:
                    self._account.arrived(datagram)
                    leaving.append(datagram)
                else:
                    self._deliver(datagram, now)
            datagrams = self._from_access_point(self._port, now)

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Take a datagram from the server."""
        if self._account is None:
            self._deliver(data, now)
        else:
            self._account.push(Direction.FROM_SERVER, data, now)

    def receive_stray(self, data: bytes, sender: Endpoint, now: float) -> None:
        """Take a datagram from another address or port than the server's: told, and no answer.

        Whatever the path does to the server's datagrams, it is no part of that.
        """
        if self._port is None or self.finished:
            return
        client = self._port.client
        before = client.discards.count
        client.receive_stray(data, sender, now)
        if self._recorder is not None and client.discards.count != before:
            self._record_wire(data, now, sender, self._source)

    def receive_unreachable(self, now: float) -> None:
        """Take an ICMP "port unreachable" for one of our datagrams."""
        if self._port is not None:
            self._port.client.receive_unreachable(now)

    def get_timer(self) -> float | None:
        """Return when :meth:`handle_timer` is due, or None."""
        if self.finished or self._port is None:
            return None
        due = self._port.client.get_timer()
        arrival = self._path.get_timer() if self._path is not None else None
        return arrival if due is None or (arrival is not None and arrival < due) else due

    def handle_timer(self, now: float) -> None:
        """Do what is due: deliver delayed datagrams, retransmit, or give up."""
        if self._port is None or self.finished:
            return
        if self._path is not None and self._path.has_arrived(now):
            return  # That is delivered first, as where no path lies between.
        self._port.client.handle_timer(now)
        if self._port.client.gave_up:
            self._finish(now)

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return Stage.STARTED if self._port is None else self._stage(self._port)

    @property
    def keys(self) -> Keys:
        """The device's MSK against the server's keys."""
        return self._keys

    @property
    def settled(self) -> bool:
        """Whether nothing of it can still be on its way: each request was answered, at the first try."""
        if self._port is None or self._path is not None:
            return False
        client = self._port.client
        return 0 < client.requests == client.replies and not client.retransmissions

    def session(self, granted: tuple[ReplyAttribute, ...] = ()) -> TlsSession | None:
        """Return the TLS session that a good conversation leaves behind, with what it was granted by the final answer.

        Nothing may be done with the association afterwards.
        """
        tls = self._supplicant.tls if self._keys is not Keys.NOT_COMPARED else None
        return tls.session(granted) if tls is not None else None

    def observe(self) -> Observation:
        """Return what was seen. Raises ValueError when EAP never started (see ``join_failure``)."""
        supplicant, port = self._supplicant, self._port
        if port is None:
            raise ValueError("the device did not join the network, so there is nothing to observe")
        client, path, tls = port.client, self._path, supplicant.tls
        return Observation(
            stage=self._stage(port),
            ssid=self.station.ssid,
            identity=self.station.identity,
            source=self._source,
            server=self.server,
            started=self._started,
            ended=self._ended,
            radius_result=port.radius_result,
            eap_result=port.eap_result,
            requests=client.requests,
            replies=client.replies,
            unsigned_replies=client.unsigned_replies,
            retransmissions=client.retransmissions,
            unreachable=client.unreachable,
            lost_on_purpose=path.losses if path else (0, 0),
            silence=self._account.observe() if self._account else None,
            waited=client.waited,
            framed_mtu=self._point.framed_mtu,
            largest_eap=(port.largest_to_server, port.largest_from_server),
            proposed_methods=tuple(supplicant.proposed),
            tls=tls.observe() if tls is not None else None,
            keys=self._keys,
            session_id=supplicant.keys.session_id if supplicant.keys is not None else b"",
            server_session_id=port.accepted.first(radius.Type.EAP_KEY_NAME) or b"",
            four_way=self._four_way_result(port),
            akm=self._point.akm,
            reply_attributes=attributes.decode(port.accepted.attributes),
            session_reply=tls.session_reply if tls is not None else (),
            discards=(*client.discards.kept(), *supplicant.discards),
            discards_left_out=client.discards.left_out,
            standstill=supplicant.standstill,
            overtime=supplicant.overtime,
            held_on_purpose=path.held_for if path else 0.0,
            violations=(*supplicant.violations, *port.violations),
        )

    def _from_access_point(self, port: Authenticator, now: float) -> list[bytes]:
        datagrams = port.client.datagrams_to_send()
        if self._recorder is not None:
            for datagram in datagrams:
                self._record_wire(datagram, now, self._source, self.server)
        return datagrams

    def _deliver(self, data: bytes, now: float) -> None:
        assert self._port is not None
        client = self._port.client
        if self.finished:
            if self._recorder is not None:
                self._record_wire(data, now, self.server, self._source)
            return
        replies, discards = client.replies, client.discards.count
        self._port.receive_datagram(data, now)
        answered = client.replies != replies
        # Of a flood, packets are kept as discards are: as many as tell something.
        if self._recorder is not None and (answered or client.discards.count != discards):
            self._record_wire(data, now, self.server, self._source)
        if answered:
            self._exchange(now)

    def _exchange(self, now: float) -> None:
        """Let device and access point talk until the server is needed, or all is said."""
        port = self._port
        assert port is not None
        requests = port.client.requests
        if self._link:
            self._exchange_frames(port, now)
        else:
            self._exchange_packets(port, now)
        if port.radius_result is RadiusResult.ACCEPT and self._keys is Keys.NOT_COMPARED:
            self._compare_keys(port, now)
        elif port.client.requests == requests:
            # A final answer; or a Request that the peer discards, which time would not mend.
            self._finish(now)

    def _exchange_frames(self, port: Authenticator, now: float) -> None:
        while True:
            while self._to_access_point:
                port.receive_eapol(self._to_access_point.pop(0), now)
            frames = port.eapol_to_send()
            if not frames:
                return
            for frame in frames:
                self._to_device(frame, now)

    def _exchange_packets(self, port: Authenticator, now: float) -> None:
        while packets := port.eap_to_send():
            for packet in packets:
                response = self._supplicant.receive(packet, now)
                if response is not None:
                    port.relay(response, now)

    def _to_device(self, frame: bytes, now: float) -> None:
        self._record_air(dot11.eapol_to_station, frame, now)
        kind, body = eapol.parse(frame)
        if kind == eapol.Type.EAP:
            response = self._supplicant.receive(body, now)
            answer = eapol.encode(eapol.Type.EAP, response) if response is not None else None
        else:
            answer = self._four_way.receive(frame) if self._four_way is not None else None
        if answer is not None:
            self._send_to_access_point(answer, now)

    def _compare_keys(self, port: Authenticator, now: float) -> None:
        """Compare MSKs as an all-knowing observer, then let the 4-way handshake find out honestly."""
        keys = self._supplicant.keys
        if keys is None or self._supplicant.state is not State.SUCCEEDED:
            self._finish(now)
            return
        if port.msk is None:
            self._keys = Keys.DIFFER if port.keys_unreadable else Keys.MISSING
            self._finish(now)
            return
        self._keys = Keys.AGREE if port.msk == keys.msk else Keys.DIFFER
        if self._link:
            self._shake_hands(port, keys.msk, now)
        else:
            self._finish(now)

    def _shake_hands(self, port: Authenticator, msk: bytes, now: float) -> None:
        akm = AKMS[self._point.akm]
        self._four_way = DeviceSide(
            akm,
            pmk_from_msk(akm, msk),
            self.station.mac,
            self._point.bssid,
            rsn_element(akm),
            self._random,
        )
        port.start_four_way()
        self._exchange(now)

    def _finish(self, now: float) -> None:
        if self.finished:
            return
        self.finished = True
        self._ended = now
        if self._recorder is not None and self._port is not None:
            stage = self._stage(self._port)
            self._recorder.event(now, Actor.HARNESS, "finished", stage=stage.value)
            if self._link and stage is not Stage.COMPLETE:
                reason = dot11.REASON_4WAY_TIMEOUT if stage is Stage.FOUR_WAY else dot11.REASON_8021X_FAILED
                self._frame_recorder(now)(dot11.deauthentication(self._point.bssid, self.station.mac, reason))

    def _stage(self, port: Authenticator) -> Stage:
        if port.four_way is not None:
            return Stage.COMPLETE if self._four_way_result(port) is FourWay.COMPLETE else Stage.FOUR_WAY
        if port.radius_result is not None:
            return Stage.RESULT
        tls = self._supplicant.tls
        if tls is not None:
            return Stage.JUDGEMENT if tls.handshake_complete else Stage.HANDSHAKE
        if self._supplicant.proposed:
            return Stage.METHOD
        return Stage.IDENTITY if port.client.requests else Stage.STARTED

    def _four_way_result(self, port: Authenticator) -> FourWay:
        side = port.four_way
        if side is None or self._four_way is None:
            return FourWay.NOT_RUN
        if side.complete and self._four_way.complete:
            return FourWay.COMPLETE
        return FourWay.MIC_FAILURE

    def _send_to_access_point(self, frame: bytes, now: float) -> None:
        self._record_air(dot11.eapol_from_station, frame, now)
        self._to_access_point.append(frame)

    def _frame_recorder(self, now: float) -> Callable[[ManagementFrame], None]:
        recorder = self._recorder
        if recorder is None:
            return lambda _frame: None

        def record(frame: ManagementFrame) -> None:
            recorder.packet(Packet(now, Link.AIR, frame.encode()))

        return record

    def _record_air(self, wrap: Callable[[bytes, bytes, bytes], bytes], frame: bytes, now: float) -> None:
        if self._recorder is not None:
            data = wrap(self.station.mac, self._point.bssid, frame)
            self._recorder.packet(Packet(now, Link.AIR, data))

    def _record_wire(
        self, data: bytes, now: float, source: Endpoint | None, destination: Endpoint | None
    ) -> None:
        assert self._recorder is not None
        self._recorder.packet(Packet(now, Link.WIRE, data, source, destination))


def _connect(context: TlsContext, session: TlsSession | None, recorder: Recorder | None) -> TlsClient:
    return TlsClient(context, recorder.key_log.append if recorder else None, session)
