"""Withdrawn catalog versions: proved, copied, and known to every process at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick import Tallystick
from tallystick.service import maintenance
from tallystick.store.databases import open_store
from tests.databases import fresh_database
from tests.store.behind import connected
from tests.store.shop import CATALOG, opened

LATER, LATEST = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


def dearer(credits: int) -> str:
    return CATALOG.replace("credits: 1, per: image", f"credits: {credits}, per: image")


def with_withdrawal(url: str) -> Tallystick:
    """The shop with version 2 withdrawn and version 3 scheduled."""
    shop = opened(url)
    shop.publish(dearer(2), effective_at=LATER)
    shop.publish(dearer(3), effective_at=LATEST)
    shop.withdraw(2)
    return shop


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest):
    with fresh_database(request.param) as url:
        yield url


def test_other_processes_know_of_a_withdrawal_with_the_next_batch(url: str):
    with opened(url) as one, opened(url) as other:
        one.publish(dearer(2), effective_at=LATER)
        assert other.prices(at=LATER).version == 2
        one.withdraw(2)
        assert other.prices(at=LATER).version == 1
        assert one.publish(dearer(3), effective_at=LATER).version == 3
        assert other.prices(at=LATER).version == 3


def test_it_is_there_when_the_database_is_opened_again(url: str):
    with_withdrawal(url).close()
    with opened(url) as shop:
        assert [shop.prices(at=at).version for at in (LATER, LATEST)] == [1, 3]
        assert shop.catalog(version=2).standing == "withdrawn"
        assert shop.verify()


def test_a_copy_has_it_and_is_proved(url: str, tmp_path: Path):
    with_withdrawal(url).close()
    to = str(tmp_path / "copy.db")
    maintenance.copy(url, to)
    with opened(to) as copy:
        assert [copy.prices(at=at).version for at in (LATER, LATEST)] == [1, 3]
        assert copy.verify()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("delete from withdrawn_catalogs", "a withdrawal of one, is missing"),
        ("update withdrawn_catalogs set at = at + 1", "version 2 is not what was published"),
        ("update withdrawn_catalogs set version = 3", "version 3 is not what was published"),
    ],
)
def test_what_was_done_to_it_is_found(url: str, change: str, said: str):
    with with_withdrawal(url) as shop:
        with connected(url) as connection:
            connection.execute(change)
        assert any(said in problem.message for problem in shop.verify().problems)


def test_open_store_reads_it(url: str):
    with_withdrawal(url).close()
    store = open_store(url)
    with store.reading():
        assert list(store.withdrawn_catalogs("shop")) == [2]
    store.close()
