"""Time runs back at a repair: what is looked up by an instant is found on both sides of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.audit.archive import archive
from tallystick.audit.copy import copy
from tallystick.core import snapshots
from tallystick.core.instants import to_datetime
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.scheduler.people import CATALOG, engine_of
from tests.scheduler.test_clock_repair import at_a_wrong_clock, lived, repaired, swept

ROUNDS = ("2026-02-11T00:00:00Z", "2026-04-12T00:00:00Z", "2026-07-13T00:00:00Z")


@contextmanager
def repaired_twice(url: str, most: int = 4) -> Iterator[tuple[Tallystick, Tallystick, TestClock]]:
    """A platform that was taken along twice and repaired, with charges before, between and
    after; and one on which the clock was never wrong, with the clock of the first."""
    with lived(url) as (credits, clock), lived(":memory:") as (sound, other):
        for to in ROUNDS:
            if to != ROUNDS[0]:
                at_a_wrong_clock(url, swept)
                assert repaired(credits).repaired[0].account == "ada"
            for mine, each in ((credits, clock), (sound, other)):
                each.advance_to(to)
                for _ in range(most):
                    mine.charge("ada", "Dot")
                    each.advance("1h")
        yield credits, sound, clock


def instants(credits: Tallystick, clock: TestClock) -> list[datetime]:
    """Each instant at which something happened, and those just before and after."""
    store = engine_of(credits).store
    with store.reading():
        at = {entry.at for entry in store.entries("small/ada")}
    found = [to_datetime(each + by) for each in sorted(at) for by in (-1, 0, 1)]
    return [each for each in found[1:] if each < clock.at]


@pytest.mark.parametrize("every", [3, 500])
def test_a_balance_at_any_instant_is_that_of_a_sound_clock(url, monkeypatch, every):
    monkeypatch.setattr(snapshots, "EVERY_ENTRIES", every)
    with repaired_twice(url) as (credits, sound, clock):
        asked = instants(credits, clock)
        assert len(asked) > 50
        for at in asked:
            mine, theirs = (each.balance("ada", as_of=at) for each in (credits, sound))
            assert (mine.available, mine.held) == (theirs.available, theirs.held), at
        assert credits.verify()


def charged(credits: Tallystick, **between: Any) -> list[Any]:
    return [(entry.at, entry.credits) for entry in credits.usage("ada", **between)]


def test_usage_between_any_instants_is_that_of_a_sound_clock(url):
    with repaired_twice(url) as (credits, sound, clock):
        for at in instants(credits, clock):
            assert charged(credits, since=at) == charged(sound, since=at), at
            assert charged(credits, until=at) == charged(sound, until=at), at


@pytest.mark.parametrize("entries", [1, 2, 5, 50_000])
def test_no_file_of_an_archive_ends_among_lines_that_are_set_aside(
    url, tmp_path, monkeypatch, entries
):
    monkeypatch.setattr("tallystick.audit.archive.FILE_ENTRIES", entries)
    monkeypatch.setattr("tallystick.audit.archive.PAGE_ROWS", 1)
    with repaired_twice(url) as (credits, sound, clock):
        for before in ROUNDS:
            if before == ROUNDS[2]:
                clock.advance("60d")
            archive(engine_of(credits), ["small"], before, tmp_path / "archive")
            assert credits.verify()
            assert credits.verify(archive=tmp_path / "archive")
        for at in ("2026-07-13T00:00:00Z", "2026-07-13T03:00:00Z"):
            mine, theirs = (each.balance("ada", as_of=at) for each in (credits, sound))
            assert (mine.available, mine.held) == (theirs.available, theirs.held), at


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_a_copy_of_a_repaired_database_is_the_same(url, to, monkeypatch):
    monkeypatch.setattr(snapshots, "EVERY_ENTRIES", 3)
    with repaired_twice(url) as (credits, _, clock), fresh_database(to) as target:
        with closing(open_store(target)) as store:
            assert copy(engine_of(credits).store, store)
        with Tallystick.open(target, catalog=CATALOG, clock=clock) as copied:
            assert copied.verify()
            for at in instants(credits, clock)[::7]:
                assert copied.balance("ada", as_of=at) == credits.balance("ada", as_of=at)


def test_an_account_that_was_archived_at_a_wrong_clock_is_left_and_said(url, tmp_path):
    def archived(wrong: Tallystick) -> None:
        swept(wrong)
        assert archive(engine_of(wrong), ["small"], "31d", tmp_path / "archive").lines

    with lived(url) as (credits, _):
        at_a_wrong_clock(url, archived)
        told = repaired(credits)
        assert told.accounts_left
        assert "archived while the clock was ahead" in told.left[0].why
        assert credits.verify(archive=tmp_path / "archive")
