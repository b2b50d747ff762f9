"""The scenario that ``eaptls new`` writes: one that passes, with the next things to try beside it."""

from __future__ import annotations

TEMPLATE = """\
# yaml-language-server: $schema={schema}
scenario: {title}
why: One sentence on what would go wrong if this were not so.
tags: [example]

# Whatever is not written here is right: a root CA `corp-root`, a server certificate `corp-radius`, a client
# certificate `thermostat`, a server that trusts the root, an access point `corp`, and a device that holds the
# client certificate as `corp-client` and the root CA as `corp-root-ca` for its network `corp`.
# Write only what is different, for example:
#
# certificates:
#   thermostat: {{defect: expired}}          # also: not-yet-valid, revoked, unknown-ca, wrong-purpose, ...
# server: {{tls: "1.3", crl: [corp-root]}}   # TLS 1.3 alone, and the server looks for revoked certificates
# access-point: {{secret: wrong}}            # the shared secret is not the server's
# device: empty                            # start with an empty device and install everything in the steps
# matrix:                                  # run it for every combination; ${{tls}} stands for the value
#   tls: ["1.2", "1.3"]

steps:
  - associate: corp
    expect: {{verdict: connected, mutual-authentication: true}}

  - install: {{id: corp-client, type: rootca, certificate: corp-root}}   # the same ID: replaced without a word
    expect: {{replaced: client}}

  - associate: corp                        # Wi-Fi still uses what it loaded
    expect: connected

  - reload
  - associate: corp
    expect: {{verdict: not-attempted, cause: client-certificate-wrong-type}}
"""
"""``schema`` is the address of the JSON Schema, ``title`` the scenario's title."""

SCHEMA_FILE = "scenario.schema.json"


def template(title: str = "A root CA under the client certificate's ID keeps the device out") -> str:
    """Return a commented scenario of that title."""
    return TEMPLATE.format(schema=SCHEMA_FILE, title=_quoted(title))


def _quoted(title: str) -> str:
    """Return a title as YAML, in quotes unless it is clearly a sentence."""
    letters = title.replace(" ", "").replace("'", "").replace("-", "")
    if title == title.strip() and " " in title and letters.isalnum() and title[0].isalpha():
        return title
    return '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
