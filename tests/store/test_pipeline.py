"""Statements sent together are answered together: the rows of each, or the first that failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
import pytest

from tallystick import commands
from tallystick.store.postgres.arrays import Bigints, Blobs, Texts
from tallystick.store.postgres.pipeline import Connection, Rows, Statement
from tests.databases import by_driver, fresh_database
from tests.store.shop import opened


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with fresh_database("postgres") as url:
        yield by_driver(url)


@pytest.fixture(params=[True, False], ids=["prepared", "behind a pooler"])
def connection(url: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    connection = Connection.connect(url, autocommit=True)
    connection.keeps = request.param
    yield connection
    connection.close()


def test_every_statement_has_its_rows(connection: Connection):
    one, nothing, many = connection.at_once([
        (b"select %(a)s::bigint + 1, %(b)s, %(a)s::bigint", {"a": 1, "b": "x"}),
        (b"select 1 where false", None),
        (b"select n from generate_series(1, 3) n", None),
    ])  # fmt: skip
    assert (one, nothing, many) == ([(2, "x", 1)], [], [(1,), (2,), (3,)])


def test_values_of_every_kind_arrive_and_come_back(connection: Connection):
    texts, blobs, numbers = ("ä", None, ""), (b"\x00\xff", None, b""), (-(2**63), None, 2**63 - 1)
    asked = (
        b"select t, b, n, %(text)s, %(bytes)s, %(none)s::text "
        b"from unnest(%(texts)s, %(blobs)s, %(numbers)s) as u (t, b, n)"
    )
    values = {
        "texts": Texts(texts),
        "blobs": Blobs(blobs),
        "numbers": Bigints(numbers),
        "text": "€",
        "bytes": b"\x00",
        "none": None,
    }
    for _ in range(2):
        (rows,) = connection.at_once([(asked, values)])
        assert [row[:3] for row in rows] == [*zip(texts, blobs, numbers, strict=True)]
        assert {row[3:] for row in rows} == {("€", b"\x00", None)}


def test_columns_of_nothing_and_of_nulls_arrive(connection: Connection):
    asked = b"select array_length(%(a)s, 1), array_length(%(b)s, 1)"
    (rows,) = connection.at_once([(asked, {"a": Texts(), "b": Bigints([None, None])})])
    assert rows == [(None, 2)]


def test_a_percent_sign_is_one(connection: Connection):
    (with_values,) = connection.at_once([(b"select 7 %% %(a)s", {"a": 4})])
    (without,) = connection.at_once([(b"select 7 % 4", None)])
    assert with_values == without == [(3,)]


def test_the_first_that_fails_is_raised_and_those_after_it_are_not_tried(connection: Connection):
    connection.at_once([(b"create temporary table notes (note text)", None)])
    note = (b"insert into notes values (%(a)s)", {"a": "x"})
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.at_once([(b"begin", None), note, (b"select 1/0", None), (b"commit", None)])
    connection.at_once([(b"rollback", None)])
    assert connection.at_once([(b"select * from notes", None)]) == [[]]
    connection.at_once([(b"begin", None), note, (b"commit", None)])
    assert connection.at_once([(b"select * from notes", None)]) == [[("x",)]]


def test_what_could_not_be_prepared_is_prepared_the_next_time(connection: Connection):
    asked = (b"select note from later_notes where note = %(a)s", {"a": "x"})
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.at_once([asked])
    connection.at_once([(b"create temporary table later_notes (note text)", None)])
    assert connection.at_once([asked, asked]) == [[], []]


def test_much_goes_both_ways_at_once(connection: Connection):
    """More than sockets hold: who only writes would wait for a server that only writes."""
    long = "x" * 4_000_000
    asked = (b"select %(a)s", {"a": long})
    assert connection.at_once([asked] * 4) == [[(long,)]] * 4


def asked_often(connection: Connection) -> None:
    for _ in range(100):
        connection.at_once([(b"select 1", None)])


def test_a_connection_that_was_ended_says_so_and_is_closed(connection: Connection, url: str):
    (rows,) = connection.at_once([(b"select pg_backend_pid()", None)])
    with psycopg.connect(url) as other:
        other.execute("select pg_terminate_backend(%s)", rows[0])
    with pytest.raises(psycopg.OperationalError):
        asked_often(connection)
    assert connection.closed
    with pytest.raises(psycopg.OperationalError, match="closed"):
        connection.at_once([(b"select 1", None)])


def test_a_value_of_another_kind_is_refused(connection: Connection):
    with pytest.raises(TypeError, match="float is not a value that a statement takes"):
        connection.at_once([(b"select %(a)s", {"a": 1.5})])


def test_more_can_be_sent_before_an_answer_is_read(connection: Connection):
    """Answers come in the order of what was sent; a failure is that of what it was sent with."""
    asked = b"select %(a)s::bigint"
    for number in range(3):
        connection.send([(asked, {"a": number}), (asked, {"a": -number})])
    assert connection.answer() == [[(0,)], [(0,)]]
    connection.send([(b"select 1/0", None), (asked, {"a": 7})])
    connection.send([(asked, {"a": 8})])
    assert connection.answer() == [[(1,)], [(-1,)]]
    assert connection.answer() == [[(2,)], [(-2,)]]
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.answer()
    assert connection.answers() == [[[(8,)]]]
    assert connection.answers() == []
    assert connection.at_once([(b"select 9", None)]) == [[(9,)]]


def test_much_can_be_sent_before_an_answer_is_read(connection: Connection):
    """Neither side waits for the other to read: what does not go yet goes later."""
    long = "x" * 2_000_000
    for _ in range(6):
        connection.send([(b"select %(a)s::text", {"a": long})])
    assert connection.answers() == [[[(long,)]]] * 6


def test_of_what_fails_the_first_is_told_once_all_was_answered(connection: Connection):
    connection.send([(b"select 1/0", None)])
    connection.send([(b"select 'one'::int", None)])
    connection.send([(b"select 1", None)])
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.answers()
    assert connection.at_once([(b"select 9", None)]) == [[(9,)]]


def test_what_was_sent_over_a_connection_that_is_closed_is_forgotten(connection: Connection):
    connection.send([(b"select 1", None)])
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="is closed"):
        connection.answers()
    assert connection.answers() == []


def test_a_batch_takes_two_round_trips(monkeypatch: pytest.MonkeyPatch):
    """One that loads all it wants, one that is the whole transaction."""
    trips: list[int] = []
    at_once = Connection.at_once

    def counted(connection: Connection, statements: Sequence[Statement]) -> list[Rows]:
        trips.append(len(statements))
        return at_once(connection, statements)

    with fresh_database("postgres") as url, opened(by_driver(url)) as shop:
        accounts = [f"acct_{number}" for number in range(40)]
        shop.execute([commands.OpenAccount(each) for each in accounts])
        shop.execute([commands.GrantCredits(each, 10) for each in accounts])
        monkeypatch.setattr(Connection, "at_once", counted)
        picture = {"images": 1}
        shop.execute(
            [
                *(commands.Charge(each, "Picture", picture, key="k") for each in accounts),
                *(commands.PlaceHold(each, "Picture", picture) for each in accounts),
                commands.Charge("acct_1", "Picture", {"images": 100}, key="refused"),
            ]
        )
        assert len(trips) == 2
        assert trips[0] == 1
