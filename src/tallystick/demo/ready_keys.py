"""The ready-made API keys: one for each platform, stored beside the database and reused."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from ..core.api_keys import platform_of
from ..core.errors import AccessDenied, StoreError
from ..engine import Engine, keys
from .people import PLATFORMS

SCOPES = ("quote", "spend", "read", "grant")
NAME = "demo"
_HEAD = "# Demo keys, with quote, spend, read and grant for the database beside this file.\n"


def ready_keys(engine: Engine, path: Path) -> dict[str, str]:
    """Return an API key for each platform of the demo at `path`: the stored one where it still
    works, a new one otherwise. Raises `StoreError` if the keys cannot be stored."""
    place = path.with_name(f"{path.name}.keys")
    try:
        kept = _read(place)
        found = {each: _working(engine, each, kept.get(each)) for each in PLATFORMS}
        if found != kept or place.stat().st_mode & 0o077:
            _write(place, found)
    except OSError as error:
        raise StoreError(
            f"the demo's keys cannot be stored in {place}: {error.strerror or error}"
        ) from None
    return found


def _working(engine: Engine, platform: str, key: str | None) -> str:
    if key is not None and platform_of(key) == platform:
        try:
            keys.find(engine, key)
        except AccessDenied:  # of another database, or revoked
            pass
        else:
            return key
    return keys.create(engine, platform, NAME, SCOPES).api_key


def _read(place: Path) -> dict[str, str]:
    """Platforms with their keys. Any other line is passed over."""
    if not place.exists():
        return {}
    lines = [line.split() for line in place.read_text("utf-8", "replace").splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2 and line[0] in PLATFORMS}


def _write(place: Path, found: Mapping[str, str]) -> None:
    """All of it or nothing, and never readable by others: a temporary file is its owner's."""
    lines = [f"{platform} {key}\n" for platform, key in found.items()]
    with NamedTemporaryFile("w", dir=place.parent, prefix=".demo-keys-", delete=False) as made:
        made.write("".join([_HEAD, *lines]))
    os.replace(made.name, place)  # noqa: PTH105 - there is no Path yet
