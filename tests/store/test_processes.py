"""Several processes on one database: nothing is spent twice, a key has one answer everywhere."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.store import workers
from tests.store.behind import read
from tests.store.shop import opened

Together = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def together() -> Iterator[Together]:
    """Runs a worker in eight processes at once, which start at the same moment."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers.PROCESSES)
    with context.Pool(workers.PROCESSES, workers.begin, (barrier,)) as pool:

        def run(worker: Callable[..., Any], *args: Any) -> list[Any]:
            asked = [pool.apply_async(worker, args) for _ in range(workers.PROCESSES)]
            return [each.get(timeout=120) for each in asked]

        yield run


@pytest.fixture
def path(url: str) -> str:
    with opened(url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
    return url


def test_eight_processes_overspend_one_account_by_nothing(together: Together, path: str):
    went_through = together(workers.overspend, path, "acct_1", 25)
    with opened(path) as shop:
        assert sum(went_through) == 100
        assert shop.balance("acct_1").available == 0
        assert len(shop.usage("acct_1")) == 100
        assert shop.verify()


def test_eight_processes_hold_and_close_on_one_account(together: Together, path: str):
    done = together(workers.hold_and_close, path, "acct_1", 12)
    with opened(path) as shop:
        spent = sum(each for each, _ in done)
        balance = shop.balance("acct_1")
        assert (balance.available, balance.held) == (100 - spent, 0)
        assert len(read(path, "holds")) == sum(placed for _, placed in done)
        assert shop.verify()


def test_one_key_in_eight_processes_at_once_charges_once(together: Together, path: str):
    answers = together(workers.charge_by_key, path, "acct_1", "generate-7", 3)
    assert len(set(answers)) == 1
    with opened(path) as shop:
        assert shop.balance("acct_1").available == 97
        assert len(shop.usage("acct_1")) == 1
        assert workers.answer(shop, "acct_1", "generate-7", 3) == answers[0]


def test_one_key_in_eight_processes_at_once_is_refused_alike(together: Together, path: str):
    answers = together(workers.charge_by_key, path, "acct_1", "generate-8", 300)
    assert len(set(answers)) == 1
    assert answers[0].startswith(b"('insufficient_credits'")
    assert len(read(path, "refusals")) == 1


def test_a_key_refused_in_one_process_is_refused_in_another(together: Together, path: str):
    """As long as the credits are lacking; once they were bought, it is charged by one of them."""
    with opened(path) as shop:
        refused = workers.answer(shop, "acct_1", "generate-9", 300)
        shop.charge("acct_1", "Picture", images=1)
        assert set(together(workers.charge_by_key, path, "acct_1", "generate-9", 300)) == {refused}
        shop.top_up("acct_1", 1_000, custom=True)
        (charged,) = set(together(workers.charge_by_key, path, "acct_1", "generate-9", 300))
        assert b'"credits":300' in charged
        assert shop.balance("acct_1").available == 799


@pytest.mark.parametrize("_time", range(5))
def test_eight_processes_make_one_new_database(together: Together, bare_url: str, _time: int):
    made = together(workers.open_new, bare_url)
    with opened(bare_url) as shop:
        assert shop.accounts() == sorted(made)
        assert len(made) == workers.PROCESSES
        assert len(read(bare_url, "catalogs")) == 1
        assert shop.verify()


def test_eight_processes_on_many_accounts_leave_every_journal_whole(together: Together, path: str):
    """Batches that meet on some accounts and not on others: each line once, none lost."""
    with opened(path) as shop:
        for number in range(12):
            shop.open_account(f"many_{number}")
            shop.grant(f"many_{number}", 1_000)
    spent = together(workers.spend_in_batches, path, 12, 10)
    with opened(path) as shop:
        assert shop.verify()
        left = sum(shop.balance(f"many_{number}").available for number in range(12))
        assert 12_000 - left == sum(spent) == workers.PROCESSES * 10 * 24
