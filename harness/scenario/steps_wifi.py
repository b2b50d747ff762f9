"""Steps on the Wi-Fi settings of a device."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict, model_validator

from harness.device.network import Security
from harness.scenario.action import Action, DeviceAction
from harness.scenario.expect_device import ExpectStatus
from harness.scenario.values import Flag, Text, mistake

Clearable = Literal["root-ca-cert-id", "client-id", "anonymous-identity", "server-name", "psk"]


class NetworkSettings(DeviceAction):
    """The settings of a network on the device that can be changed later."""

    ssid: Text | None = None
    """Name of the network on the air."""
    client_cert_id: Text | None = None
    """Certificate ID of the client certificate."""
    root_ca_cert_id: Text | None = None
    """Certificate ID of the root CA; without it the device does not authenticate the server."""
    client_id: Text | None = None
    """Identity the device gives."""
    anonymous_identity: Text | None = None
    """Identity sent in clear in its stead (RFC 9190 2.1.8)."""
    server_name: Text | None = None
    """DNS name the server's certificate must have; any unless written."""
    security: Security | None = None
    """How the device expects the network to be secured."""
    psk: Text | None = Field(default=None, repr=False)
    """Pre-shared key, for ``security: psk``."""
    targeted_scan: Flag | None = None
    """Whether the device asks for the SSID by name, as a hidden one needs."""


class Network(NetworkSettings):
    """Add a network to the device; the settings are saved and reloaded unless written otherwise."""

    writes = True

    name: Text
    """Configuration name of the network; what other steps call it."""
    ssid: Text = "CORP"
    """Name of the network on the air; ``""``: none yet."""
    security: Security = Security.EAP_TLS
    """How the device expects the network to be secured."""
    enabled: Flag = True
    """Whether it is enabled."""
    persist: Flag = True
    """Whether the settings of all networks are saved at once, as the command line does."""
    reload: Flag = True
    """Whether Wi-Fi then reloads, so that certificates installed before are in use."""

    @model_validator(mode="after")
    def _survives(self) -> Network:
        if self.reload and not self.persist:
            raise mistake("a reload loses a network that is not saved", "write reload: false as well")
        return self

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.name


class WifiAdd(Network):
    """Add a network as the command line does, which refuses settings that do not go together.

    A name is optional there, and an SSID may be on the device already.
    """


class Change(NetworkSettings):
    """Change settings of a network on the device; lost at the next reload unless persisted."""

    network: Text
    """Configuration name of the network."""
    name: Text | None = None
    """Configuration name it gets."""
    clear: tuple[Clearable, ...] = ()
    """Settings to take away."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return self.network


class Duplicate(DeviceAction):
    """Copy a network under a new configuration name; the copy is disabled."""

    network: Text
    """Configuration name of the network."""
    as_: Text
    """Configuration name of the copy."""

    @property
    def words(self) -> str:
        """What is done, in words."""
        return f"{self.network} as {self.as_}"


class Enable(DeviceAction):
    """Enable a network on the device."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class Disable(DeviceAction):
    """Disable a network on the device."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class Forget(DeviceAction):
    """Remove a network from the device; it comes back at the next reload unless persisted."""

    shorthand: ClassVar[str] = "network"

    network: Text
    """Configuration name of the network."""


class OnNetwork(DeviceAction):
    """What the command line does to a network, and saves at once."""

    writes = True

    network: Annotated[int, Strict()] | Text
    """Number of the network, or its configuration name."""


class WifiEnable(OnNetwork):
    """Enable a network as the command line does, which saves at once."""


class WifiDisable(OnNetwork):
    """Disable a network as the command line does, which saves at once."""


class WifiForget(OnNetwork):
    """Remove a network as the command line does, which saves at once."""


class ForgetAll(DeviceAction):
    """Remove all networks from the device, for good."""

    writes = True


class Persist(DeviceAction):
    """Save the settings of all networks on the device."""

    writes = True


class Reload(DeviceAction):
    """Reload saved settings and certificates; what was not saved is lost."""


class Reboot(DeviceAction):
    """Start the device anew; what was not saved is lost."""

    by_application = False
    alone = True

    ready: Flag = True
    """Whether its services answer at once; ``false``: they say EAGAIN until the step ``ready``."""

    @property
    def words(self) -> str:
        """What is done beyond a plain reboot, in words."""
        return "" if self.ready else "with its services not up yet"


class Restart(DeviceAction):
    """Start the device anew as the command line does, which a locked device refuses."""

    by_application = False


class Ready(DeviceAction):
    """Let the services of a device answer that was rebooted with ``ready: false``."""

    by_application = False


class PowerCut(DeviceAction):
    """Cut the device's power between two steps, and start it again."""

    by_application = False


class Disconnect(DeviceAction):
    """End the device's connection; its settings stay."""

    by_application = False


class Status(DeviceAction):
    """Ask a device how it is, and about a network. A bare word is the network's configuration name."""

    shorthand: ClassVar[str] = "network"
    expectation = ExpectStatus
    alone = True

    network: Text | None = None
    """Configuration name of the network; the device alone unless written."""


WIFI_VERBS: dict[str, type[Action]] = {
    "network": Network,
    "change": Change,
    "enable": Enable,
    "disable": Disable,
    "forget": Forget,
    "forget-all": ForgetAll,
    "duplicate": Duplicate,
    "persist": Persist,
    "reload": Reload,
    "reboot": Reboot,
    "ready": Ready,
    "power-cut": PowerCut,
    "disconnect": Disconnect,
    "status": Status,
}
"""The verbs of this module, in the order of the reference."""
