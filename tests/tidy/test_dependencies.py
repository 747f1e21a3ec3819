"""What we build on is named, pinned by hash, and explained."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements/dev.txt").read_text("utf-8")
PAGE = (ROOT / "docs/decisions/dependencies.md").read_text("utf-8")

EXTRAS = PROJECT["project"]["optional-dependencies"]
NAMED = [
    *PROJECT["project"]["dependencies"],
    *(each for extra in EXTRAS.values() for each in extra),
    *PROJECT["dependency-groups"]["dev"],
]
NAMES = sorted(re.split(r"[<>=~!\[ ;]", each)[0].lower() for each in NAMED)
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


def explained() -> dict[str, str]:
    """Name and version of every package of the page, one row for one or more of them."""
    found: dict[str, str] = {}
    for names, versions in re.findall(
        r"^\| ((?:`[\w-]+`(?:, )?)+) \| ([^|]+) \|", PAGE, re.MULTILINE
    ):
        numbers = [each.split(",")[0].strip() for each in versions.split(";")]
        found |= dict(zip(re.findall(r"`([\w-]+)`", names.lower()), numbers, strict=True))
    return found


def test_every_dependency_is_explained():
    assert sorted(explained()) == NAMES


def test_the_versions_explained_are_the_versions_pinned():
    assert explained() == {name: PINNED[name] for name in NAMES}


def test_every_package_is_pinned_by_hash_and_by_nothing_else():
    pins = re.split(r"\n(?=[a-z])", LOCK)
    assert len(pins) == len(PINNED)
    assert all("--hash=sha256:" in each for each in pins)
    assert not re.search(r"://|^-|^/|@", LOCK, re.MULTILINE)
