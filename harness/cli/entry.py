"""The console script ``eaptls``: answers signals before the rest, which takes a second, is imported."""

from __future__ import annotations


def main() -> None:
    """Run the command line; never returns."""
    from harness.cli.interrupt import leave_on_signals

    leave_on_signals()
    from harness.cli.main import main as command_line

    command_line()
