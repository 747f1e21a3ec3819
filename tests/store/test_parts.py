"""A large batch in parts: one is loaded and one written while a third is decided; all in one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from tallystick import InsufficientCredits, StoreError, Tallystick, commands
from tallystick.engine import parts
from tallystick.engine.applier import ask
from tallystick.store.postgres import loads
from tallystick.store.postgres.pipeline import Connection, Statement
from tests.databases import fresh_database, one_queue
from tests.store.behind import connected
from tests.store.decisions import intervene
from tests.store.shop import opened

pytestmark = one_queue

ACCOUNTS = [f"acct_{number:03d}" for number in range(100)]


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database("postgres") as url:
        yield url


@pytest.fixture
def shop(url: str) -> Iterator[Tallystick]:
    with opened(url) as shop:
        shop.execute([commands.OpenAccount(account) for account in ACCOUNTS])
        shop.execute([commands.GrantCredits(account, 10) for account in ACCOUNTS])
        yield shop


def pictures(
    accounts: Sequence[str] = ACCOUNTS, key: str | None = None, images: int = 1
) -> list[Any]:
    return [commands.Charge(each, "Picture", {"images": images}, key=key) for each in accounts]


def left(shop: Tallystick) -> set[int]:
    return {int(shop.balance(account).available) for account in ACCOUNTS}


def kept(shop: Tallystick, **steps: Callable[..., Any]) -> list[Any]:
    """What each part of a large batch was given, before another step is taken."""
    written: list[Any] = []

    def write(write: Any, batch: Any) -> None:
        written.append(batch)
        write(batch)

    intervene(shop, write=write, **steps)
    return written


# One batch


def test_accounts_are_cut_in_the_order_of_their_keys_and_commands_keep_theirs():
    asked = [
        ask(platform, commands.Charge(account, "Picture"), lambda *_: None)  # type: ignore[arg-type]
        for account in reversed(ACCOUNTS)
        for platform in ("one", "two", "one")
    ]
    cut = parts.cut(asked, 4)
    assert len(cut) == 4
    assert sorted(at for part in cut for at in part.places) == list(range(len(asked)))
    assert all([*part.places] == sorted(part.places) for part in cut)
    keys = [{asked[at].key for at in part.places} for part in cut]
    assert [set(part.wanted.accounts) for part in cut] == keys
    assert all(max(one) < min(next_one) for one, next_one in pairwise(keys))
    assert [part.wanted.platforms for part in cut] == [["one", "two"], [], [], []]


@pytest.mark.parametrize(
    ("accounts", "most", "count"), [(47, 4, 1), (48, 4, 2), (96, 4, 4), (1_000, 4, 4), (100, 1, 1)]
)
def test_a_small_batch_is_not_cut(accounts: int, most: int, count: int):
    asked = [
        ask("shop", commands.Advance(f"acct_{at}"), lambda *_: None)  # type: ignore[arg-type]
        for at in range(accounts)
    ]
    assert len(parts.cut(asked, most)) == count


def test_parts_are_one_transaction_and_answers_keep_their_order(shop: Tallystick, url: str):
    written = kept(shop)
    asked = [*ACCOUNTS, *reversed(ACCOUNTS)]
    answers = shop.execute(pictures(asked))
    assert len(written) == 4
    assert [answer.account for answer in answers] == asked
    assert [answer.balance_after for answer in answers] == [9] * 100 + [8] * 100
    with connected(url) as connection:
        (row,) = connection.execute("select count(distinct xmin::text) from journal where seq > 2")
    assert row == (1,)
    assert shop.verify()


def test_what_parts_write_is_what_one_whole_writes(shop: Tallystick, url: str):
    """The same commands twice, each to accounts of their own: line for line, but for the name."""
    twins = [f"twin_{account}" for account in ACCOUNTS]
    shop.execute([commands.OpenAccount(account) for account in twins])
    shop.execute([commands.GrantCredits(account, 10) for account in twins])

    def batch(accounts: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for number, account in enumerate(accounts):
            many = {"images": number % 15 + 1}  # some more than there is
            found.append(commands.PlaceHold(account, "Picture", {"images": 1}))
            found.append(commands.Charge(account, "Picture", many, key="k"))
            found.append(commands.Settle(account, "h3"))
        return found

    def said(answers: Sequence[Any]) -> list[str]:
        return [
            str(answer) if isinstance(answer, Exception) else answer.to_json().decode()
            for answer in answers
        ]

    whole: Any = shop._transport.engine.store
    cut, whole.parts = whole.parts, 1
    at_once = said(shop.execute(batch(twins)))
    whole.parts = cut
    in_parts = said(shop.execute(batch(ACCOUNTS)))
    assert [each.replace("twin_", "") for each in at_once] == in_parts
    assert sum("are available" in each for each in in_parts) > 10
    assert shop.verify()


def test_refusals_in_any_part_are_remembered(shop: Tallystick):
    first = shop.execute(pictures(key="k", images=11))
    assert {type(answer) for answer in first} == {InsufficientCredits}
    shop.execute(pictures(images=1))
    again = shop.execute(pictures(key="k", images=11))
    assert [str(each) for each in again] == [str(each) for each in first]
    shop.execute([commands.GrantCredits(account, 10) for account in ACCOUNTS])
    for _ in range(2):  # cured: it is carried out, once
        shop.execute(pictures(key="k", images=11))
        assert left(shop) == {8}


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent to the server, and when its answers are waited for, in order."""
    found: list[str] = []
    send, answer = Connection.send, Connection.answer

    def sent(connection: Connection, statements: Sequence[Statement]) -> None:
        found.append("commit" if statements[0][0] == b"commit" else "send")
        send(connection, statements)

    def answered(connection: Connection) -> Any:
        found.append("answer")
        return answer(connection)

    monkeypatch.setattr(Connection, "send", sent)
    monkeypatch.setattr(Connection, "answer", answered)
    return found


def test_the_server_is_waited_for_twice(shop: Tallystick, happened: list[str]):
    """Once for the first part, and at the end: what comes between was asked for before."""
    happened.clear()
    shop.execute(pictures())
    assert " ".join(happened) == (
        "send answer "  # the first part, and the catalogs in force
        "send send send "  # the others are on their way while it is decided
        "send answer send answer send answer send "  # a part is written, the next one is there
        "commit answer answer answer answer answer"
    )


# Others, meanwhile


def test_of_a_part_only_what_others_wrote_first_is_decided_again(shop: Tallystick, url: str):
    written: list[Any] = []
    with opened(url) as other:

        def write(write: Any, batch: Any) -> None:
            if len(written) < 3:
                other.charge(ACCOUNTS[99 - len(written)], "Picture", images=9)
            written.append(batch)
            write(batch)

        intervene(shop, write=write)
        answers = shop.execute(pictures())
    assert [answer.balance_after for answer in answers] == [9] * 97 + [0] * 3
    assert [len(each.accounts) for each in written] == [25, 25, 25, 25, 3]
    assert shop.verify()


def test_a_refusal_that_was_conflicted_is_decided_again(shop: Tallystick, url: str):
    """Whoever is refused for want of credits that came meanwhile gets what was asked for."""
    with opened(url) as other:
        granted: list[Any] = []

        def write(write: Any, batch: Any) -> None:
            if not granted:
                granted.append(other.grant(ACCOUNTS[99], 10))
            write(batch)

        intervene(shop, write=write)
        answers = shop.execute(pictures(key="k", images=11))
    assert {type(answer) for answer in answers[:99]} == {InsufficientCredits}
    assert answers[99].balance_after == 9
    assert shop.verify()


def test_parts_that_the_server_sends_back_are_tried_again(shop: Tallystick, url: str):
    """Who takes the same rows in another order and the batch wait for each other."""
    with connected(url) as connection:
        connection.execute("set deadlock_timeout = '10s'")  # the batch notices it first
        connection.execute("begin")
        connection.execute("update accounts set stamp = stamp where account = 'shop/acct_099'")
        waits: list[Any] = []

        def write(write: Any, batch: Any) -> None:
            if len(waits) == 3:
                asked = "update accounts set stamp = stamp where account = 'shop/acct_000'"
                waits.append(threading.Thread(target=lambda: blocked(connection, asked)))
                waits[-1].start()
            waits.append(None)
            write(batch)

        intervene(shop, write=write)
        answers = shop.execute(pictures())
        next(each for each in waits if each is not None).join()
    assert {answer.balance_after for answer in answers} == {9}
    assert shop.verify()


def blocked(connection: Any, statement: str) -> None:
    connection.execute(statement)
    connection.execute("rollback")


def test_a_load_that_is_refused_is_told_and_the_next_batch_works(
    shop: Tallystick, monkeypatch: pytest.MonkeyPatch
):
    statement, asked = loads.statement, list[Any]()

    def wrong(*given: Any) -> Any:
        asked.append(given)
        return (b"select 1 / 0", None) if len(asked) == 2 else statement(*given)

    with monkeypatch.context() as patched:
        patched.setattr(loads, "statement", wrong)
        with pytest.raises(StoreError, match="division by zero"):
            shop.execute(pictures())
    assert left(shop) == {10}
    assert {answer.balance_after for answer in shop.execute(pictures())} == {9}
    assert shop.verify()


def test_who_stands_still_between_two_parts_keeps_nobody_from_going_on(
    shop: Tallystick, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "tallystick.store.postgres.decision.SOON",
        b"set local idle_in_transaction_session_timeout = '50ms'",
    )
    with opened(url) as other:
        stands_still = [True]

        def write(write: Any, batch: Any) -> None:
            write(batch)
            if stands_still:
                stands_still.clear()
                assert other.charge(ACCOUNTS[0], "Picture", images=1).balance_after == 9

        intervene(shop, write=write)
        answers = shop.execute(pictures(key="k"))
    assert [answer.balance_after for answer in answers] == [8] + [9] * 99
    assert shop.verify()


# Lost connections


class Losing:
    """Loses the connection at the n-th thing that is sent or answered of a batch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, what: str, at: int):
        self.left = at
        real = getattr(Connection, what)

        def losing(connection: Connection, *given: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                connection.pgconn.finish()
                raise psycopg.OperationalError("the connection is lost")
            return real(connection, *given)

        monkeypatch.setattr(Connection, what, losing)


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "unkeyed"])
@pytest.mark.parametrize(
    ("what", "at"),
    [*(("send", at) for at in range(1, 10)), *(("answer", at) for at in range(1, 10))],
)
def test_a_connection_lost_at_any_moment_loses_and_doubles_nothing(
    shop: Tallystick, monkeypatch: pytest.MonkeyPatch, what: str, at: int, keyed: bool
):
    losing = Losing(monkeypatch, what, at)
    holds = [commands.PlaceHold(account, "Picture", {"images": 1}) for account in ACCOUNTS]
    answers = shop.execute([*pictures(key="k" if keyed else None), *holds])
    assert losing.left <= 0
    assert [answer.balance_after for answer in answers] == [9] * 100 + [8] * 100
    assert left(shop) == {8}
    assert shop.verify()


def test_a_connection_ended_by_the_server_between_two_parts_is_replaced(shop: Tallystick, url: str):
    ended = []

    def write(write: Any, batch: Any) -> None:
        write(batch)
        if len(ended) < 2:
            with connected(url) as connection:
                ended.append(
                    connection.execute(
                        "select pg_terminate_backend(pid, 60000) from pg_stat_activity "
                        "where datname = current_database() and pid <> pg_backend_pid()"
                    ).fetchall()
                )

    intervene(shop, write=write)
    answers = shop.execute(pictures())
    assert len(ended) == 2
    assert {answer.balance_after for answer in answers} == {9}
    assert left(shop) == {9}
    assert shop.verify()


def test_a_statement_that_fails_in_any_part_leaves_nothing_of_the_batch(shop: Tallystick, url: str):
    with connected(url) as connection:
        connection.execute(
            "alter table journal add constraint unlucky "
            "check (account <> 'shop/acct_013' or seq < 3)"
        )
    with pytest.raises(StoreError, match="could not be used"):
        shop.execute(pictures())
    assert left(shop) == {10}
    with connected(url) as connection:
        connection.execute("alter table journal drop constraint unlucky")
    assert {answer.balance_after for answer in shop.execute(pictures())} == {9}
    assert shop.verify()


def test_an_interruption_between_two_parts_leaves_nothing_of_the_batch(shop: Tallystick):
    def write(write: Any, batch: Any) -> None:
        write(batch)
        raise KeyboardInterrupt

    undo = intervene(shop, write=write)
    with pytest.raises(KeyboardInterrupt):
        shop.execute(pictures())
    undo()
    assert left(shop) == {10}
    assert {answer.balance_after for answer in shop.execute(pictures())} == {9}
    assert shop.verify()


def test_a_batch_that_nobody_else_may_touch_is_loaded_and_written_plainly(
    shop: Tallystick, url: str, happened: list[str]
):
    """After two lost races the accounts are taken first: the transaction is there already."""
    engine: Any = shop._transport.engine
    asked = [ask("shop", each, engine.open_quote) for each in pictures()]
    free = list[Any]()

    def load(load: Any, *given: Any) -> Any:
        with connected(url) as connection:
            asked = "select account from accounts for update skip locked"
            free.extend(connection.execute(asked).fetchall())
        return load(*given)

    intervene(shop, load=load)
    happened.clear()
    answered, again = engine._attempt(asked, alone=True)
    assert again == free == []
    assert " ".join(happened) == (
        "send answer "  # the accounts are taken
        "send answer send answer send answer send answer "  # each part is loaded
        "send answer"  # all is written
    )
    assert {line.balance_after for line in answered} == {9_000_000}
    assert left(shop) == {9}
    assert shop.verify()
