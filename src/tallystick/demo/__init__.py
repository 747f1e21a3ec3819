"""The demo: a database to try, built by running the engine, and a tour of it in the terminal."""

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Build the demo database, if it is not there, and walk through it.

    `argv` are the options (none when left out). Returns the exit code: 0, or 1 when something
    in the database is wrong, 3 when the file cannot be used.
    """
    from .walk import run

    return run(argv or ())
