"""Named SQL in plain sight: every statement stands, named, in a ``.sql`` file; this reads them."""

from functools import cache
from importlib.resources import files


@cache
def queries(backend: str, file: str = "queries.sql") -> dict[str, str]:
    """The statements of a backend's file by name."""
    found: dict[str, str] = {}
    for block in _read(backend, file).split("-- name: ")[1:]:
        name, _, text = block.partition("\n")
        lines = [line for line in text.splitlines() if not line.startswith("--")]
        found[name.strip()] = "\n".join(lines).strip()
    return found


@cache
def migrations(backend: str) -> tuple[tuple[int, str, str], ...]:
    """The numbered migrations of a backend, in order: (number, file name, script)."""
    folder = files("tallystick.store") / "sql" / backend
    names = sorted(entry.name for entry in folder.iterdir() if entry.name[:4].isdecimal())
    return tuple((int(name[:4]), name, _read(backend, name)) for name in names)


def _read(backend: str, name: str) -> str:
    return (files("tallystick.store") / "sql" / backend / name).read_text("utf-8")
