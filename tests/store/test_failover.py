"""A standby that takes over: what was answered is there, what was not can be asked again."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.postgres.keeper import as_another_user, where
from tallystick import StoreError, Tallystick
from tests.databases import SERVER, answers, started
from tests.patience import until
from tests.store.shop import opened

pytestmark = pytest.mark.skipif(
    SERVER is not None, reason="this makes servers of its own, of the version of the wheel"
)
THREADS, CHARGES = 4, 60


class Pair:
    """A server and its standby, which has every commit before it is answered."""

    def __init__(self, standby: Path):
        self.first = started()
        self._folder = Path(self.first.partition("host=")[2])
        self._run: dict[str, Any] = as_another_user(standby)
        self._standby = standby
        here = where(self._folder)
        subprocess.run(
            [here / "pg_basebackup", "-h", self._folder, "-U", "postgres", "-D", standby / "data",
             "-R", "-c", "fast"],
            check=True, **self._run,
        )  # fmt: skip
        self.second = f"postgresql://postgres@/postgres?host={standby}"
        self._server = subprocess.Popen(
            [here / "postgres", "-D", standby / "data", "-k", standby],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._run,
        )  # fmt: skip
        answering(self.second)
        with psycopg.connect(self.first, autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("select pg_reload_conf()")

    @property
    def url(self) -> str:
        """Whichever of the two may be written."""
        return (
            f"postgresql://postgres@/postgres?host={self._folder},{self._standby}"
            "&target_session_attrs=read-write"
        )

    def fail_over(self) -> None:
        """The first one is killed, and the standby takes over."""
        pid = int((self._folder / "data/postmaster.pid").read_text("utf-8").split()[0])
        os.kill(pid, signal.SIGKILL)
        with psycopg.connect(self.second, autocommit=True) as connection:
            connection.execute("select pg_promote()")

    def stop(self) -> None:
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=60)


def answering(url: str) -> None:
    until(lambda: answers(url), lambda: "the standby does not answer")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory(prefix="tallystick-pg-", dir="/tmp") as folder:
        found = Pair(Path(folder))
        yield found
        found.stop()


def test_a_standby_that_takes_over_has_every_answer(pair: Pair):
    under_way = threading.Barrier(THREADS + 1)

    def spend(shop: Tallystick, thread: int) -> list[Any]:
        under_way.wait()
        return [insisting(shop, f"{thread}-{number}") for number in range(CHARGES)]

    with opened(pair.url) as shop:
        shop.open_account("ann")
        shop.grant("ann", 1_000)
        with ThreadPoolExecutor(THREADS) as pool:
            spent = [pool.submit(spend, shop, thread) for thread in range(THREADS)]
            under_way.wait()
            until(lambda: shop.account("ann").seq >= THREADS * CHARGES // 4)
            assert shop.account("ann").epoch == "e1"
            pair.fail_over()
            answers = [answer for each in spent for answer in each.result(timeout=120)]
        assert len({answer.seq for answer in answers}) == THREADS * CHARGES
        assert shop.balance("ann").available == 1_000 - THREADS * CHARGES
        report = shop.verify()
        assert report
        (note,) = report.notes
        assert note.startswith("epoch e2-")
        assert "a standby took over" in note
        assert shop.account("ann").epoch in note


def insisting(shop: Tallystick, key: str) -> Any:
    """Asked again under its key until it is answered."""
    until = time.monotonic() + 60
    while True:
        try:
            return shop.charge("ann", "Picture", images=1, key=key)
        except StoreError:
            if time.monotonic() > until:
                raise


def test_a_standby_is_not_taken_for_the_database(pair: Pair):
    with opened(pair.first) as shop:
        shop.open_account("ann")
    with pytest.raises(StoreError, match="replica"):
        Tallystick.open(pair.second)
