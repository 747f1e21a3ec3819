"""Shops whose older lines are archived, and what is in the files: for the tests of the archive.

Run as a program it archives, and kills itself where it is told to: ``test_archive_crashes``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from pyarrow import parquet

from tallystick import Tallystick
from tallystick.audit import archive as archives
from tallystick.audit import archive_files
from tallystick.testing import TestClock
from tests.store.shop import START, opened

LATER = "2026-05-01T10:00:00Z"
BEFORE = "2026-03-01"
ACCOUNTS = ("ann", "ben", "zoë/😀")


def old_and_new(url: str, clock: TestClock | None = None) -> Tallystick:
    """Three accounts with every kind of line from January, and a few lines of May each; ann has
    none, and ben a hold and a lease that are open ever since."""
    clock = clock or TestClock(START)
    shop = opened(url, clock)
    for account in ACCOUNTS:
        live(shop, account)
    clock.advance_to(LATER)
    for account in ACCOUNTS[1:]:
        shop.charge(account, "Picture", images=2, key="may", labels={"project": "x"})
        shop.hold(account, "Picture", images=1).settle()
    return shop


def live(shop: Tallystick, account: str) -> None:
    shop.open_account(account, members=["mia"])
    shop.subscribe(account, "basic", interval="monthly", paid_through="2026-02-10T10:00:00Z")
    shop.top_up(account, 500, key="bought")
    quote = shop.quote("Picture", account=account, images=1)
    shop.charge(account, quote=quote.quote, member="mia", labels={"project": "x"}, key="k1")
    shop.hold(account, "Picture", images=3, key="k2").settle(images=2)
    shop.hold(account, "Picture", images=1).release()
    shop.hold(account, "Picture", images=4, ttl_seconds=60)
    lease = shop.lease(account, 20)
    shop.draw(account, lease.hold, "Picture", images=5)
    shop.grant(account, 7, reason="sorry")


def archive(shop: Tallystick, folder: Path, before: str = BEFORE, **named: Any) -> Any:
    return archives.archive(shop._transport.engine, [shop.platform], before, folder, **named)


def engine_of(shop: Tallystick) -> Any:
    return shop._transport.engine


def store_of(shop: Tallystick) -> Any:
    return shop._transport.engine.store


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def archived(folder: Path) -> list[tuple[str, int]]:
    """Account and seq of every line in the files."""
    return sorted((row["account"], row["seq"]) for row in archived_rows(folder))


def archived_rows(folder: Path) -> list[dict[str, Any]]:
    return [row for file in files(folder) for row in parquet.read_table(file).to_pylist()]


def kill_at(place: str, number: int) -> None:
    """Kill this process when the archive comes to a place for so many times."""
    owner, name = {
        "a group was written": (archive_files.Writer, "_write"),
        "a file is on the disk": (archive_files, "digest_of"),
        "a file has its name": (archive_files.Folder, "add"),
        "lines were removed": (archives, "_together"),
    }[place]
    whole = getattr(owner, name)
    count = 0

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        if name == "_together":
            return killed_between(whole(*args), number)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args)

    setattr(owner, name, counted)


def killed_between(batches: Any, number: int) -> Any:
    for done, batch in enumerate(batches):
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        yield batch


def small_steps() -> None:
    """Files, groups and transactions of a few lines, so that there are many of each."""
    archives.FILE_ENTRIES, archives.PAGE_ROWS, archives.REMOVED_ENTRIES = 12, 3, 2
    archive_files.GROUP_ENTRIES = 5


if __name__ == "__main__":
    small_steps()
    kill_at(sys.argv[3], int(sys.argv[4]))
    with opened(sys.argv[1], TestClock(LATER)) as here:
        archive(here, Path(sys.argv[2]))
