"""The networks of the bootstrap application: the open one, the EAP-TLS one, and its copy on trial."""

from __future__ import annotations

from collections.abc import Callable

from harness.device.application import Application
from harness.device.bootstrap.answer import Provision
from harness.device.bootstrap.certificates import Parts
from harness.device.bootstrap.plan import Defect, Ended, Ending, Plan
from harness.device.network import Security
from harness.device.results import WifiResult

_Step = Callable[[], WifiResult]


def is_configured(application: Application, plan: Plan) -> bool:
    """Whether the EAP-TLS network exists."""
    return application.wifi.get_network(plan.network).value is not None


def configure(application: Application, given: Provision | None, plan: Plan) -> Ending | None:
    """Make the EAP-TLS network anew, or point the one that is there to what came; save, and load the certificates.

    ``given`` is ``None`` where nothing was asked for: the certificates were there, and the settings are as they were.
    """
    wifi = application.wifi
    name = plan.network
    steps: list[_Step] = []
    if not is_configured(application, plan):
        made = wifi.add_network()
        if not made.ok or made.network is None:
            return _refused(made, plan)
        number = made.network
        done = _in_order(
            [
                lambda: wifi.set_config_name(number, name),
                lambda: wifi.set_security_type(number, Security.EAP_TLS),
            ],
            plan,
        )
        if done is not None:
            wifi.forget_network_by_id(number)
            return done
    steps += _settings(application, name, given)
    steps.append(lambda: wifi.set_client_cert_store_identifier(name, plan.client_id))
    if plan.mutual:
        steps.append(lambda: wifi.set_root_ca_cert_store_identifier(name, plan.root_id))
    steps += [lambda: wifi.set_network_enabled(name, True), wifi.persist_config, wifi.reload_config]
    return _in_order(steps, plan)


def duplicate(application: Application, given: Provision, parts: Parts, plan: Plan) -> Ending | None:
    """Copy the network and let the copy use what came; the original stays as it is."""
    wifi, copy = application.wifi, plan.copy
    same = Defect.SAME_IDS in plan.defects
    steps: list[_Step] = [lambda: wifi.add_duplicate_network(plan.network, copy)]
    steps += _settings(application, copy, given)
    if parts.root and plan.mutual:
        root = plan.root_id if same else plan.trial_root_id
        steps.append(lambda: wifi.set_root_ca_cert_store_identifier(copy, root))
    if parts.client:
        client = plan.client_id if same else plan.trial_client_id
        steps.append(lambda: wifi.set_client_cert_store_identifier(copy, client))
    steps += [lambda: wifi.set_network_enabled(copy, True), wifi.persist_config, wifi.reload_config]
    return _in_order(steps, plan)


def drop_copy(application: Application, plan: Plan) -> None:
    """Remove the copy again, and load what is left."""
    wifi = application.wifi
    _in_order([lambda: wifi.forget_network_by_id(plan.copy), wifi.persist_config, wifi.reload_config], plan)


def take_over(application: Application, given: Provision, plan: Plan) -> Ending | None:
    """Give the original the copy's settings and remove the copy; certificates have the original's IDs by now."""
    wifi = application.wifi
    steps = _settings(application, plan.network, given)
    steps += [lambda: wifi.forget_network_by_id(plan.copy), wifi.persist_config, wifi.reload_config]
    return _in_order(steps, plan)


def enable_only(application: Application, name: str) -> None:
    """Disable all networks but one, as the public sample does while it connects."""
    wifi = application.wifi
    for number in wifi.get_network_ids().value or ():
        network = wifi.get_network(number).value
        wifi.set_network_enabled(number, network is not None and network.name == name)
    wifi.persist_config()


def leave(application: Application, plan: Plan) -> None:
    """Disable the open network, for good."""
    if plan.bootstrap is not None and application.wifi.get_network(plan.bootstrap).value is not None:
        application.wifi.set_network_enabled(plan.bootstrap, False)
        application.wifi.persist_config()


def _settings(application: Application, name: str, given: Provision | None) -> list[_Step]:
    wifi = application.wifi
    if given is None:
        return []
    steps: list[_Step] = [lambda: wifi.set_ssid(name, given.ssid)]
    if given.identity:
        steps.append(lambda: wifi.set_client_identity(name, given.identity))
    return steps


def _in_order(steps: list[_Step], plan: Plan) -> Ending | None:
    for step in steps:
        result = step()
        if not result.ok:
            return _refused(result, plan)
    return None


def _refused(result: WifiResult, plan: Plan) -> Ending:
    return Ending(Ended.NETWORK_REFUSED, plan.network, result.errno, result.text)
