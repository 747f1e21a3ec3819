"""The command line: ``tallystick``. Nothing heavy is imported before a command needs it."""

from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `args` are those of the process if left out."""
    from .app import run

    return run(args)
