"""What a certificate was installed as; apart, so that results can be imported without any certificate."""

from __future__ import annotations

from enum import StrEnum


class EntryType(StrEnum):
    """What an entry was installed as; nothing checks that it is one."""

    CLIENT = "client"
    ROOT_CA = "rootca"
