"""A run of the archive that is killed anywhere loses nothing, and is simply run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tallystick.testing import TestClock
from tests.store import archives
from tests.store.archives import LATER, archive, archived, files, old_and_new
from tests.store.behind import read
from tests.store.shop import opened

PLACES = [
    ("a group was written", 1),
    ("a group was written", 2),
    ("a file is on the disk", 2),
    ("a file has its name", 1),
    ("a file has its name", 2),
    ("lines were removed", 1),
    ("lines were removed", 2),
    ("lines were removed", 3),
]


def killed(url: str, folder: Path, place: str, number: int) -> None:
    """Archive in another process until it comes to a place, where it kills itself."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.archives", url, str(folder), place, str(number)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("place", "number"), PLACES)
def test_a_run_killed_anywhere_loses_nothing_and_is_repeated(
    url: str, tmp_path: Path, place: str, number: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archives.archives, "FILE_ENTRIES", 12)
    folder = tmp_path / "archive"
    with old_and_new(url) as shop:
        balances = [shop.balance(account).available for account in archives.ACCOUNTS]
    before = places(url)
    killed(url, folder, place, number)
    in_files = set(archived(folder))
    assert {*places(url), *in_files} == before
    with opened(url, TestClock(LATER)) as shop:
        assert shop.verify(archive=folder)
        shop.charge("ben", "Picture", images=1)
        before.add(max(each for each in places(url) if each[0] == "shop/ben"))
        archive(shop, folder)
        assert not [each for each in folder.iterdir() if each not in files(folder)]
        assert Counter(archived(folder)) == Counter(before - places(url))
        assert in_files <= set(archived(folder))
        assert not set(archived(folder)) & places(url)
        assert shop.verify(archive=folder)
        left = [shop.balance(account).available for account in archives.ACCOUNTS]
        assert left == [balances[0], balances[1] - 1, balances[2]]


def places(url: str) -> set[tuple[str, int]]:
    return {(row["account"], row["seq"]) for row in read(url, "journal")}


def test_after_a_run_that_was_killed_only_what_it_wrote_is_removed_first(url: str, tmp_path: Path):
    """The next run may be for another instant: it goes on where the files end."""
    folder = tmp_path / "archive"
    old_and_new(url).close()
    killed(url, folder, "a file has its name", 1)
    in_files = archived(folder)
    assert in_files
    assert set(in_files) <= places(url)
    with opened(url, TestClock(LATER)) as shop:
        done = archive(shop, folder, "1971-01-01")
        assert (done.lines, done.files) == (len(in_files), ())
        assert archived(folder) == in_files
        assert not set(in_files) & places(url)
        assert shop.verify(archive=folder)
