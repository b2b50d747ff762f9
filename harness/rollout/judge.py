"""What a rehearsal means: accidents apart from what is meant, and what each costs.

A replacement is meant when it is said to be (``intended``), when a renewal does it, when the same certificate is
renewed, or when one party replaces its own certificate by another of the same type, reloads, and gives the ID to no
other network. Everything else is an accident until somebody says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.device.entries import Entry
from harness.device.entry_type import EntryType
from harness.outcome import Cause
from harness.rollout.events import Gone, Overwrite, Turn, gone, overwrites, serial, turns
from harness.rollout.findings import Finding, Kind, Loss
from harness.rollout.plan import START, PlanStep
from harness.rollout.rehearsal import Networks, NetworkView, Rehearsal, same_network
from harness.rollout.sentences import did, held, loading, where
from harness.scenario.steps_wifi import Change

_ROOT_CAUSES = frozenset({Cause.ROOT_CA_MISSING, Cause.ROOT_CA_WRONG_TYPE})
_CLIENT_CAUSES = frozenset(
    {Cause.CLIENT_CERTIFICATE_MISSING, Cause.CLIENT_CERTIFICATE_WRONG_TYPE, Cause.CLIENT_KEY_MISMATCH}
)
_TRIALS = ("gallery-renewal", "root-renewal R1.", "client-renewal B1.")
"""Calls that install beside what is in use; where they replace it, the trial protects nothing."""


def judge(rehearsal: Rehearsal, allowed: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what is to be said of a rehearsal, in the order of its steps; ``allowed`` are IDs that may be replaced."""
    judge = _Judge(rehearsal, allowed)
    return tuple(judge.findings())


_Brought = tuple[int, str]
"""What an overwriting brought: which certificate, and under which ID; a move may carry it further."""


def _brought(entry: Entry) -> _Brought:
    return serial(entry), entry.id


class _Judge:
    def __init__(self, rehearsal: Rehearsal, allowed: Collection[str]) -> None:
        self._rehearsal = rehearsal
        self._allowed = allowed
        self._overwrites = overwrites(rehearsal)
        self._gone = tuple(gone(rehearsal))
        self._turns = tuple(turns(rehearsal))
        self._lost: set[tuple[str, str]] = set()
        """Networks that were said to be lost, by device and name."""
        self._losses: dict[_Brought, list[Loss]] = {}
        """What overwritings lead to, by what they brought."""
        self._meant = {_brought(one.new): self._reason(one) for one in self._overwrites}

    def findings(self) -> Iterator[Finding]:
        """Yield what is to be said, losses before what they are the consequence of is closed."""
        rest = [*self._refused(), *self._turned(), *self._at_the_end()]
        yield from (self._overwrite(one) for one in self._overwrites)
        yield from rest

    # Replacements

    def _reason(self, one: Overwrite) -> str:
        """Return why a replacement is meant, in words; empty: nothing says so."""
        step, old, new = one.moment.step, self._rehearsal.origin(one.old), self._rehearsal.origin(one.new)
        if step.intended:
            return "it is marked as intended"
        if one.old.type is not one.new.type or step.procedure.startswith(_TRIALS):
            return ""
        if old.identity == new.identity:
            return (
                "the certificate is renewed"
                if old.generation != new.generation
                else "it is the same certificate"
            )
        if not self._own(step, old.step) or not self._loaded_later(one):
            return ""
        if step.procedure:
            return f"{step.procedure} does so"
        return "" if self._given_away(one) else "whoever installed it replaces it, and reloads"

    def _own(self, step: PlanStep, old: PlanStep) -> bool:
        """Whether a step replaces what its own party installed, or a renewal what the device held before."""
        alone = len({moment.step.actor for moment in self._rehearsal.moments} - {START}) == 1
        return step.actor == old.actor or (old.actor == START and (alone or bool(step.procedure)))

    def _loaded_later(self, one: Overwrite) -> bool:
        later = self._rehearsal.moments[one.index :]
        return any(m.ok and m.step.loads and m.plan is one.moment.plan for m in later)

    def _given_away(self, one: Overwrite) -> bool:
        """Whether a network gets the ID later that did not have it before."""
        before = _named_by(one.moment.before.now, one.id)
        return any(
            _named_by(moment.after.now, one.id) - _named_by(moment.before.now, one.id) - before
            for moment in self._rehearsal.moments[one.index :]
            if not moment.step.procedure
        )

    def _overwrite(self, one: Overwrite) -> Finding:
        old, new = self._rehearsal.origin(one.old), self._rehearsal.origin(one.new)
        step, reason = one.moment.step, self._meant[_brought(one.new)]
        crossed = one.old.type is not one.new.type
        text = (
            f"{did(step)} {'puts' if step.procedure else 'installs'} {held(one.new, new)} under {one.id!r} "
            f"and replaces {held(one.old, old)} of {where(old.step)}"
        )
        losses = tuple(self._losses.get(_brought(one.new), ()))
        if reason:
            return Finding(Kind.REPLACEMENT, step.place, f"{text}: {reason}", one.id, losses=losses)
        if crossed:
            text += f"; the ID changes from {_TYPES[one.old.type]} to {_TYPES[one.new.type]}"
        elif step.procedure.startswith(_TRIALS):
            text += (
                "; the trial uses an ID that is in use, so there is no way back when the server refuses it"
            )
        fix = (
            "give the trial an ID of its own"
            if step.procedure.startswith(_TRIALS)
            else "choose another ID; if it is meant, mark the step as intended"
            + ("" if crossed or self._loaded_later(one) else ", and reload")
        )
        accepted = f"{one.id!r} is allowed" if one.id in self._allowed else ""
        return Finding(Kind.OVERWRITE, step.place, text, one.id, fix=fix, accepted=accepted, losses=losses)

    # Refusals

    def _refused(self) -> Iterator[Finding]:
        for moment in self._rehearsal.moments:
            if moment.ok or moment.step.refused:
                continue
            text = f"{did(moment.step)} is refused by the device: {moment.text}"
            fix = "correct the step; what comes after it is judged as if it went on"
            identifier = str(getattr(moment.step.does, "id", "") or getattr(moment.step.does, "from_", ""))
            yield Finding(Kind.REFUSED, moment.step.place, text, identifier, fix=fix)

    # Networks

    def _turned(self) -> Iterator[Finding]:
        for turn in self._turns:
            if turn.lost:
                yield from self._loss(turn)
            elif turn.moment.step.loads and turn.after is not None:
                self._other_certificate(turn, turn.after)

    def _other_certificate(self, turn: Turn, after: NetworkView) -> None:
        """Note at what brought it that a network finds another certificate under its ID."""
        for old, new in ((turn.before.client, after.client), (turn.before.root, after.root)):
            if new is not None and serial(old) != serial(new):
                text = (
                    f"network {turn.network!r} uses {held(new, self._rehearsal.origin(new))} "
                    f"from {loading(turn.moment.step)} on"
                )
                self._note(new, Loss(turn.network, turn.moment.step.place, text, lost=False))

    def _loss(self, turn: Turn) -> Iterator[Finding]:
        step = turn.moment.step
        if isinstance(step.does, Change):
            found = self._until_the_reload(turn)
            if found is not None:
                yield found
                return
        self._lost.add((step.device, turn.network))
        when = loading(step) if step.loads else f"the next reconnect after {where(step)}"
        yield from self._loss_finding(turn.network, turn.after, step, when)

    def _until_the_reload(self, turn: Turn) -> Finding | None:
        """Return the note that a network cannot be joined anew until a later step loads what it names."""
        for moment in self._rehearsal.moments[turn.index + 1 :]:
            if moment.step.device == turn.moment.step.device and moment.step.loads:
                view = same_network(turn.before, moment.after.now)
                if view is None or not view.ready:
                    return None
                text = (
                    f"network {turn.network!r} cannot be joined anew between {where(turn.moment.step)} and "
                    f"{where(moment.step)}: it names what Wi-Fi has not loaded yet"
                )
                return Finding(Kind.RECONNECT, turn.moment.step.place, text, network=turn.network)
        return None

    def _loss_finding(
        self, network: str, after: NetworkView | None, step: PlanStep | None, when: str
    ) -> Iterator[Finding]:
        """Say it at the overwriting that it comes from, if that is an accident; else as a finding of its own."""
        place = step.place if step else None
        if after is None:
            text = f"network {network!r} is lost at {when}: its settings were never saved"
            yield Finding(
                Kind.NETWORK_LOST, place, text, network=network, fix="persist the settings before the reload"
            )
            return
        text = f"network {network!r} is lost at {when}: {_short(after.text)}"
        identifier, entry = _at_fault(after)
        if entry is not None and self._meant.get(_brought(entry)) == "":
            self._note(entry, Loss(network, place, text))
            return
        culprit = self._who_took(identifier, entry)
        fix = (
            "install what it names before that, or let it name what is there"
            if identifier
            else "enable it again, and save that"
        )
        accepted = f"{identifier!r} is allowed" if identifier in self._allowed else ""
        yield Finding(Kind.NETWORK_LOST, place, text + culprit, identifier, network, fix, accepted)

    def _who_took(self, identifier: str, entry: Entry | None) -> str:
        """Return in words who left an ID like that."""
        if entry is not None:
            origin = self._rehearsal.origin(entry)
            return f"; {held(entry, origin)} stands there since {where(origin.step)}"
        taken: Gone | None = next((one for one in reversed(self._gone) if one.id == identifier), None)
        return f"; {did(taken.moment.step)} took it away" if taken else ""

    def _note(self, brought: Entry, loss: Loss) -> None:
        noted = self._losses.setdefault(_brought(brought), [])
        if loss not in noted:
            noted.append(loss)

    # The end

    def _at_the_end(self) -> Iterator[Finding]:
        for device, view in self._rehearsal.ends.items():
            for name, now in view.now.items():
                if (device, name) not in self._lost and now.network.enabled:
                    yield from self._end_of(name, now, same_network(now, view.after_reload))

    def _end_of(self, name: str, now: NetworkView, after: NetworkView | None) -> Iterator[Finding]:
        step = self._configured(name)
        when = "the next reload or reboot, which no step does"
        if now.ready and (after is None or not after.ready):
            if after is not None and not after.network.enabled:
                return  # enabled for now and not for good, as for a bootstrap network
            yield from self._loss_finding(name, after, None, when)
        elif now.ready and after is not None:
            self._other_at_the_end(name, now, after)
        elif after is not None and after.ready:
            text = (
                f"network {name!r} cannot be used at the end: {_short(now.text)}; no step reloads after that"
            )
            fix = "end with a reload: azsphere device wifi reload-config"
            yield Finding(Kind.NOT_LOADED, step.place if step else None, text, _at_fault(now)[0], name, fix)
        elif not now.plain:
            seen = after or now
            identifier, entry = _at_fault(seen)
            text = f"network {name!r} can never be used: {_short(seen.text)}"
            text += self._who_took(identifier, entry)
            fix = "install a certificate of the right type under that ID, or let the network name another"
            yield Finding(Kind.DANGLING, step.place if step else None, text, identifier, name, fix)

    def _other_at_the_end(self, name: str, now: NetworkView, after: NetworkView) -> None:
        for old, new in ((now.client, after.client), (now.root, after.root)):
            if new is not None and serial(old) != serial(new):
                text = (
                    f"network {name!r} uses {held(new, self._rehearsal.origin(new))} from the next reload or "
                    f"reboot on, which no step does"
                )
                self._note(new, Loss(name, None, text, lost=False))

    def _configured(self, network: str) -> PlanStep | None:
        """Return the step that gave a network its settings last."""
        found = None
        for moment in self._rehearsal.moments:
            before, after = moment.before.now.get(network), moment.after.now.get(network)
            if after is not None and (before is None or before.network != after.network):
                found = moment.step
        return found


def _short(text: str) -> str:
    """Return what a device says of a network, without the list of all that it holds: the report has a table."""
    return text.partition(": the store holds ")[0]


_TYPES = {EntryType.CLIENT: "a client certificate", EntryType.ROOT_CA: "a root CA"}


def _named_by(networks: Networks, identifier: str) -> frozenset[str]:
    return frozenset(
        name
        for name, view in networks.items()
        if identifier in (view.network.client_cert_id, view.network.root_ca_cert_id)
    )


def _at_fault(view: NetworkView) -> tuple[str, Entry | None]:
    """Return the certificate ID that keeps a network from being used, and what Wi-Fi finds there."""
    if view.cause in _ROOT_CAUSES:
        return view.network.root_ca_cert_id or "", view.root
    if view.cause in _CLIENT_CAUSES:
        return view.network.client_cert_id or "", view.client
    return "", None
