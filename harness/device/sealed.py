"""The form of a device's files: one line that says what follows, then JSON.

The line is ``eaptls-device KIND VERSION LENGTH CRC32``. Whatever does not fit it is reported as damage:
a file is never repaired by guessing.
"""

from __future__ import annotations

import json
import re
from binascii import crc32
from typing import Any

from harness.device.trouble import DeviceDamaged

VERSION = 1
_HEAD = re.compile(rb"eaptls-device ([a-z]+) ([0-9]+) ([0-9]+) ([0-9a-f]{8})\n")

Json = dict[str, Any]
"""The content of a file; its shape is checked by whoever decodes it."""


def seal(kind: str, content: Json) -> bytes:
    """Return the octets of a file."""
    body = json.dumps(content, indent=1).encode()
    return b"eaptls-device %s %d %d %08x\n" % (kind.encode(), VERSION, len(body), crc32(body)) + body


def unseal(kind: str, data: bytes | None, file: str) -> Json:
    """Return what a file says; raises :class:`DeviceDamaged` that names the file."""
    if data is None:
        raise DeviceDamaged(file, "the file is missing")
    head = _HEAD.match(data)
    if not head:
        raise DeviceDamaged(file, "the first line is not that of a device's file")
    if int(head[2]) != VERSION:
        fix = f"use the harness's version that wrote it; this one knows format {VERSION}"
        raise DeviceDamaged(file, f"the file has format {int(head[2])}", fix)
    if head[1] != kind.encode():
        raise DeviceDamaged(file, f"the file holds {head[1].decode()}, not {kind}")
    body = data[head.end() :]
    if len(body) != int(head[3]):
        raise DeviceDamaged(file, f"the file has {len(body)} bytes of content; {int(head[3])} were written")
    if crc32(body) != int(head[4], 16):
        raise DeviceDamaged(file, "the checksum does not fit the content")
    try:
        content: object = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise DeviceDamaged(file, "the content is no JSON object")
    return content
