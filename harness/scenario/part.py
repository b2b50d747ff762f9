"""What every part of a scenario has in common: kebab-case keys, nothing unknown, a short form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


def key_of(field: str) -> str:
    """Return the key that stands in a file for a model's field: ``client_id`` is ``client-id``."""
    return field.rstrip("_").replace("_", "-")


class Part(BaseModel):
    """A mapping of the language. A field's docstring is its entry in the reference.

    ``shorthand`` names the field that a bare value sets: where it is ``verdict``,
    ``expect: rejected`` means ``expect: {verdict: rejected}``.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=key_of,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    shorthand: ClassVar[str] = ""
    alone: ClassVar[bool] = False
    """Whether nothing need be written though there are keys."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:
        if data is None and cls.stands_alone():
            return {}
        if cls.shorthand and data is not None and not isinstance(data, Mapping | BaseModel):
            return {key_of(cls.shorthand): data}
        return data

    @classmethod
    def stands_alone(cls) -> bool:
        """Whether nothing need be written."""
        return cls.alone or not cls.model_fields

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys this mapping knows, in the order of the reference: what must be written first."""
        ordered = sorted(cls.model_fields.items(), key=lambda item: not item[1].is_required())
        return tuple(key_of(name) for name, _ in ordered)

    def written(self) -> tuple[str, ...]:
        """Return the names of the fields that the file sets, defaults left out, in model order."""
        return tuple(name for name in type(self).model_fields if name in self.model_fields_set)
