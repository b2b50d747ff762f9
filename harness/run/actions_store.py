"""What the steps on a device's certificate store do."""

from __future__ import annotations

from harness.device.results import Answer
from harness.run.answers import Performed, of_store, refused, told
from harness.run.devices import Devices
from harness.scenario import steps_store as steps


def install(world: Devices, action: steps.Install, name: str, by: str) -> Performed:
    """Install a certificate of the scenario."""
    certificates, book = world.application(name, by).certificates, world.book
    credential = book.credential(action.certificate)
    chains = world.devices[name].profile.install_chains
    pem = credential.chain_pem() if chains else credential.certificate_pem()
    if action.type == "rootca":
        return of_store(certificates.install_root_ca_certificate(action.id, credential.certificate_pem()))
    holder = action.key_from or action.certificate
    password = book.password(holder) if action.password is None else action.password
    key = book.key_pem(holder)
    return of_store(certificates.install_client_certificate(action.id, pem, key, password or None))


def delete(world: Devices, action: steps.Delete, name: str, by: str) -> Performed:
    """Delete a certificate."""
    return of_store(world.application(name, by).certificates.delete_certificate(action.id))


def move(world: Devices, action: steps.Move, name: str, by: str) -> Performed:
    """Give a certificate another ID."""
    return of_store(world.application(name, by).certificates.move_certificate(action.from_, action.to))


def damage(world: Devices, action: steps.Damage, name: str, _by: str) -> Performed:
    """Make an entry unreadable."""
    return of_store(world.devices[name].store.damage(action.id))


def store(world: Devices, _action: steps.Store, name: str, by: str) -> Performed:
    """Ask what the store holds, as a program does: the count, then one ID after the other."""
    certificates = world.application(name, by).certificates
    count, space = certificates.get_certificate_count(), certificates.get_available_space()
    if count.value is None or space.value is None:
        return refused(Answer(None, count.errno, count.text, count.number))
    found = [certificates.get_certificate_identifier_at(index).value for index in range(count.value)]
    facts = {"count": count.value, "space": space.value, "identifiers": tuple(found)}
    return told(facts, f"{count.value} certificates, {space.value} bytes free")


def show(world: Devices, action: steps.Show, name: str, by: str) -> Performed:
    """Ask about one certificate."""
    certificates = world.application(name, by).certificates
    identifier = action.id
    if action.index is not None:
        found = certificates.get_certificate_identifier_at(action.index)
        if found.value is None:
            return refused(Answer(None, found.errno, found.text, found.number))
        identifier = found.value
    subject = certificates.get_certificate_subject_name(identifier)
    issuer = certificates.get_certificate_issuer_name(identifier)
    begin = certificates.get_certificate_not_before(identifier)
    end = certificates.get_certificate_not_after(identifier)
    if begin.value is None or end.value is None:
        return refused(Answer(None, subject.errno, subject.text, subject.number))
    now = world.devices[name].clock.now()
    validity = "not-yet" if now < begin.value else "over" if now > end.value else "now"
    facts = {"id": identifier, "subject": subject.value, "issuer": issuer.value, "validity": validity}
    return told(facts, f"{identifier}: {subject.value}")
