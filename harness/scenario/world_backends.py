"""Back ends that devices report to, as a file writes them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from harness.scenario.part import Part
from harness.scenario.values import Flag, Text, Whole, mistake


class BackEnd(Part):
    """A service that devices report to with their device certificate. A bare word is its kind."""

    shorthand: ClassVar[str] = "kind"

    kind: Literal["iot-hub", "iot-central", "own"]
    """``iot-hub``: any number of CAs is registered, each proven with a verification code; ``iot-central``: two places,
    a primary and a secondary one; ``own``: a file of CAs, which OpenSSL reads."""
    trusts: tuple[Text, ...] = ()
    """What it trusts at the start: CAs of the selected tenant by letter, ``root``, ``policy``. Registered CAs are proven already."""
    tenant: Text | None = None
    """The tenant whose letters these are; the selected one unless written."""
    verified_on_upload: Flag = False
    """Whether a registered CA is Verified without a proof."""
    places: Whole | None = Field(default=None, ge=0)
    """How many CAs can be registered, 0: any number; two for ``iot-central``, else any, unless written."""
    partial_chain: Flag | None = None
    """Whether a trusted CA that is no root ends a chain; a registered one does, in OpenSSL one in a file does not, unless written."""
    issuer_choice: Literal["by-name", "by-signature"] | None = None
    """How it finds who issued a certificate: ``by-name`` as OpenSSL does with one store, ``by-signature`` with a store for
    each CA; a file's are chosen by name, registered ones by signature, unless written."""
    device_ids_only: Flag = True
    """Whether it lets in those alone whose common name is a device ID."""
    revocation: Flag = False
    """Whether it asks the Security Service which CAs are revoked."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> BackEnd:
        if self.kind == "own":
            for name, written in (("verified-on-upload", self.verified_on_upload), ("places", self.places)):
                if written:
                    raise mistake(
                        f"a service of one's own registers no CA, so {name} says nothing", f"leave {name} out"
                    )
        return self
