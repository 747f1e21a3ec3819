"""Forty subscribers who each spent and hold something: what a sweep finds."""

from typing import Any

from tallystick import Tallystick
from tests.scenarios.small import small

START = "2026-01-31T10:00:00Z"
CATALOG = small("free_credits: [{credits: 10, every: day}]\n")
PEOPLE = [f"person-{number}" for number in range(40)]


def live(credits: Tallystick, person: str) -> None:
    credits.open_account(person)
    credits.subscribe(person, "Basic")
    credits.grant(person, 20, expires_at="2026-02-10T00:00:00Z")
    credits.charge(person, "Dot")
    credits.hold(person, "Clip", seconds=2)


def engine_of(credits: Tallystick) -> Any:
    return credits._transport.engine  # type: ignore[attr-defined]


def journals(credits: Tallystick) -> dict[str, list[tuple[Any, ...]]]:
    """The written entries, without what a read would add of what is due."""
    store = engine_of(credits).store
    with store.reading():
        return {
            person: [(each.seq, each.at, each.event) for each in store.entries(f"small/{person}")]
            for person in PEOPLE
        }
