"""The certificates of the bootstrap application: what is there, and how new ones come in, all or none."""

from __future__ import annotations

from dataclasses import dataclass

from harness.device.application import Application
from harness.device.bootstrap.answer import Provision
from harness.device.bootstrap.plan import Defect, Ended, Ending, Plan, Progress
from harness.device.results import StoreResult

ROOT_CA, CLIENT = "root-ca", "client"


@dataclass(frozen=True, slots=True)
class Parts:
    """Which certificates are meant."""

    root: bool
    client: bool

    @property
    def words(self) -> list[str]:
        """The parts by name."""
        return [ROOT_CA] * self.root + [CLIENT] * self.client


def missing(application: Application, plan: Plan) -> Parts:
    """Return which certificates are not installed."""
    return Parts(
        plan.mutual and not _is_installed(application, plan.root_id, plan),
        not _is_installed(application, plan.client_id, plan),
    )


def _is_installed(application: Application, wanted: str, plan: Plan) -> bool:
    certificates = application.certificates
    for index in range(certificates.get_certificate_count().value or 0):
        there = certificates.get_certificate_identifier_at(index).value
        if there == wanted:
            return True
        if there and Defect.PREFIX_MATCH in plan.defects and wanted.startswith(there):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Piece:
    """A certificate that is to be installed: under which ID in the end, and under which meanwhile."""

    identifier: str
    trial: str
    is_root: bool


def pieces(parts: Parts, plan: Plan) -> list[Piece]:
    """Return what is to be installed, the root CA first."""
    root = [Piece(plan.root_id, plan.trial_root_id, True)] if parts.root else []
    client = [Piece(plan.client_id, plan.trial_client_id, False)] if parts.client else []
    return root + client


def put(application: Application, piece: Piece, under: str, given: Provision) -> StoreResult:
    """Install one certificate under an ID."""
    certificates = application.certificates
    if piece.is_root:
        return certificates.install_root_ca_certificate(under, given.root_ca)
    password = given.password or None
    return certificates.install_client_certificate(under, given.certificate, given.key, password)


def room(application: Application, parts: Parts, given: Provision) -> Ending | None:
    """Insist on room for what came beside what is there, before anything is changed."""
    size = len(given.root_ca) * parts.root
    size += (len(given.certificate) + len(given.key) + len(given.password)) * parts.client
    space = application.certificates.get_available_space().value
    if space is None or space >= size:
        return None
    text = f"the new certificates need {size} octets beside the old ones, and {space} are free"
    return Ending(Ended.NO_ROOM, "store", "out-of-space", text)


def install_all(
    application: Application, parts: Parts, given: Provision, plan: Plan, progress: Progress
) -> Ending | None:
    """Install all that came, or nothing: what was there before stays until everything new is in.

    Where an ID is taken, the new certificate waits under another one and takes its place in the end.
    """
    if Defect.INSTALLS_HALF in plan.defects:
        return _install_in_order(application, parts, given, plan, progress)
    done: list[tuple[Piece, str]] = []
    for piece in pieces(parts, plan):
        under = piece.trial if _is_there(application, piece.identifier) else piece.identifier
        result = put(application, piece, under, given)
        if not result.ok:
            _remove(application, [where for _, where in done])
            return refused(under, result)
        done.append((piece, under))
    for piece, under in done:
        if under != piece.identifier:
            moved = application.certificates.move_certificate(under, piece.identifier)
            if not moved.ok:
                return refused(piece.identifier, moved)
        progress.installed.append(piece.identifier)
    return None


def install_trial(
    application: Application, parts: Parts, given: Provision, plan: Plan, progress: Progress
) -> Ending | None:
    """Install what came beside what is in use, under IDs of its own; all or nothing."""
    done: list[str] = []
    for piece in pieces(parts, plan):
        under = piece.identifier if Defect.SAME_IDS in plan.defects else piece.trial
        result = put(application, piece, under, given)
        if not result.ok:
            if Defect.SAME_IDS not in plan.defects:
                _remove(application, done)
            return refused(under, result)
        done.append(under)
    progress.installed += done
    return None


def remove_trial(application: Application, parts: Parts, plan: Plan, progress: Progress) -> None:
    """Remove what a trial has installed."""
    trials = [piece.trial for piece in pieces(parts, plan)]
    _remove(application, trials)
    progress.installed[:] = [one for one in progress.installed if one not in trials]


def adopt(application: Application, parts: Parts, plan: Plan, progress: Progress) -> Ending | None:
    """Give the certificates of a trial the IDs of those in use, whose place they take."""
    for piece in pieces(parts, plan):
        source = piece.identifier if Defect.SAME_IDS in plan.defects else piece.trial
        result = application.certificates.move_certificate(source, piece.identifier)
        if not result.ok:
            return refused(piece.identifier, result)
    progress.installed[:] = [piece.identifier for piece in pieces(parts, plan)]
    return None


def _install_in_order(
    application: Application, parts: Parts, given: Provision, plan: Plan, progress: Progress
) -> Ending | None:
    for piece in pieces(parts, plan):
        result = put(application, piece, piece.identifier, given)
        if not result.ok:
            return refused(piece.identifier, result)
        progress.installed.append(piece.identifier)
    return None


def refused(identifier: str, result: StoreResult) -> Ending:
    """Return the ending of a certificate that the store refuses."""
    return Ending(Ended.INSTALL_REFUSED, identifier, result.errno, result.text)


def _is_there(application: Application, identifier: str) -> bool:
    return application.certificates.get_certificate_subject_name(identifier).value is not None


def _remove(application: Application, identifiers: list[str]) -> None:
    for identifier in identifiers:
        application.certificates.delete_certificate(identifier)
