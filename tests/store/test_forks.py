"""A process that forks with an open database: the child is told, and nothing is lost."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

import pytest

from tallystick.core.errors import UnsafeDatabase
from tests.store.shop import opened

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


only_files = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def path(url: str) -> str:
    with opened(url) as shop:
        shop.open_account("acct_1")
    return url


def in_a_child(do: Callable[[], str]) -> str:
    """What `do` says in a forked process; an error's type and message, if it raises one."""
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests still sleep
        child = os.fork()
    if not child:
        try:
            said = do()
        except BaseException as error:  # noqa: BLE001 - the parent judges it
            said = f"{type(error).__name__}: {error}"
        os.write(writes, said.encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def test_what_was_opened_before_a_fork_is_refused_after_it(path: str):
    with opened(path) as shop:
        for ask in (
            lambda: shop.grant("acct_1", 1).grant,
            lambda: str(shop.balance("acct_1").available),
            lambda: str(shop.verify()),
        ):
            said = in_a_child(ask)
            assert said.startswith("UnsafeDatabase")
            assert "before this process was forked" in said
        assert shop.grant("acct_1", 1).balance_after == 1
        assert shop.verify()


@only_files
def test_a_file_that_is_open_at_the_fork_is_not_opened_again_by_the_child(path: str):
    """SQLite would lose what the child writes when the parent closes its own connection."""
    with opened(path) as shop:
        shop.grant("acct_1", 1)
        said = in_a_child(lambda: opened(path).grant("acct_1", 1).grant)
        assert said.startswith(UnsafeDatabase.__name__)
        assert "close it before forking" in said
        assert shop.grant("acct_1", 1).balance_after == 2
    with opened(path) as shop:
        assert shop.balance("acct_1").available == 2
        assert shop.verify()


def test_a_database_that_was_closed_before_the_fork_is_open_to_parent_and_child(path: str):
    opened(path).close()

    def child() -> str:
        with opened(path) as shop:
            return str(shop.grant("acct_1", 5).balance_after)

    assert in_a_child(child) == "5"
    with opened(path) as shop:
        assert shop.grant("acct_1", 5).balance_after == 10
        assert shop.verify()


def test_a_child_that_ends_takes_nothing_of_the_parents_with_it(path: str):
    """Closing in the child must not close what the parent has open, nor fold a log away."""
    with opened(path) as shop:
        shop.grant("acct_1", 1)
        in_a_child(lambda: str(shop.close()))
        for expected in range(2, 20):
            assert shop.grant("acct_1", 1).balance_after == expected
        assert shop.verify()
    with opened(path) as shop:
        assert shop.balance("acct_1").available == 19
