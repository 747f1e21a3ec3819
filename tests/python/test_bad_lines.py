"""Servers and lines that fail: what happens once, what is raised, and how soon.

Each story is told through both transports, the one that blocks and the one that is awaited; pauses
between two requests are counted and take no time.
"""

import asyncio
import gzip
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tallystick import AsyncTallystick, StoreError, Tallystick, commands, refusals, results
from tallystick.client.connection import remote
from tallystick.client.exchange import RETRIES_MAX
from tallystick.client.http_transport import AsyncHttpTransport, HttpTransport
from tallystick.core.errors import AccessDenied, ServerError, Unreachable, UnsafeDatabase
from tests.one_server import Behind, behind_http
from tests.patience import PATIENCE_SECONDS, until
from tests.python import wires
from tests.python.transports import AwaitedTallystick
from tests.python.wires import API_KEY, FakeServer, Silence, Wire, reply
from tests.scenarios.small import small
from tests.store.test_forks import in_a_child

TRIES = RETRIES_MAX + 1
SOON = 0.25
"""A time-out short enough to be waited for in a test, in seconds."""


class Calls(Tallystick):
    """A connection that blocks, and the pauses it made."""

    def __init__(self, url: str, api_key: str = API_KEY, timeout: float = 30):
        self.pauses: list[float] = []
        super().__init__(HttpTransport(remote(url, api_key, timeout), self.pauses.append), "small")


class Awaits(AwaitedTallystick):
    """The same, awaited."""

    def _opened(self, url: str, api_key: str = API_KEY, timeout: float = 30) -> AsyncTallystick:
        self.pauses: list[float] = []

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        return AsyncTallystick(AsyncHttpTransport(remote(url, api_key, timeout), pause), "small")


@pytest.fixture(params=[Calls, Awaits], ids=["called", "awaited"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    opened = []

    def connecting(*args: Any, **kwargs: Any) -> Any:
        opened.append(request.param(*args, **kwargs))
        return opened[-1]

    yield connecting
    for each in opened:
        each.close()


@pytest.fixture
def behind() -> Iterator[Behind]:
    """A real server with the account ``ada`` on 100 credits."""
    served = behind_http(":memory:", catalog=small())
    with Tallystick.connect(served.url, served.api_key) as credits:
        credits.open_account("ada")
        credits.top_up("ada", 100, custom=True)
        yield served
        assert credits.verify()
    served.close()


# Replies that are lost


@pytest.mark.parametrize("lost", [1, RETRIES_MAX])
@pytest.mark.parametrize("key", [None, "job-71"])
def test_a_reply_that_was_lost_is_asked_for_again_and_the_effect_happens_once(
    connect: Any, behind: Behind, lost: int, key: str | None
):
    with Wire(behind.url) as wire:
        credits = connect(wire.url, behind.api_key)
        wire.lose = lost
        charge = credits.charge("ada", "Dot", key=key)
        assert len(wire.lost) == lost
        assert all(each.startswith(b"HTTP/1.1 201") for each in wire.lost), "it was carried out"
        assert charge.balance_after == 99
        assert [line.receipt for line in credits.usage("ada")] == [charge.receipt]


def test_a_batch_whose_replies_were_lost_happens_once(connect: Any, behind: Behind):
    with Wire(behind.url) as wire:
        credits = connect(wire.url, behind.api_key)
        wire.lose = 2
        answers = credits.execute([commands.Charge("ada", "Dot")] * 5)
        assert [each.balance_after for each in answers] == [99, 98, 97, 96, 95]
        assert len(credits.usage("ada")) == 5


def test_when_every_reply_is_lost_the_error_names_the_key_that_tells(connect: Any, behind: Behind):
    with Wire(behind.url) as wire:
        credits = connect(wire.url, behind.api_key)
        wire.lose = TRIES
        with pytest.raises(Unreachable) as unreachable:
            credits.charge("ada", "Dot")
        assert len(credits.pauses) == RETRIES_MAX
        (note,) = unreachable.value.__notes__
        key = note.partition("key='")[2].partition("'")[0]
        assert credits.charge("ada", "Dot", key=key).balance_after == 99
        assert len(credits.usage("ada")) == 1


LOSING = {
    "the connection ends": wires.nothing,
    "the connection is torn down": wires.reset,
    "half a body": wires.half,
    "no HTTP": wires.raw(b"SSH-2.0-OpenSSH_9.6\r\n", goes_on=False),
    "headers without end": wires.raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000, goes_on=False),
    "a broken head": wires.raw(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", goes_on=False),
    "busy": reply(503, b"busy"),
    "too many requests": reply(429, b"", retry_after="7"),
    "a proxy that reaches nobody": reply(502, b"<html>Bad Gateway</html>"),
}


@pytest.mark.parametrize("how", LOSING)
def test_what_keeps_an_answer_from_coming_is_overcome_while_it_does_not_last(
    connect: Any, how: str
):
    with FakeServer(*[LOSING[how]] * RETRIES_MAX) as server:
        assert connect(server.url).clock().test
        assert len(server.asked) == TRIES


@pytest.mark.parametrize("how", LOSING)
def test_what_lasts_is_raised(connect: Any, how: str):
    with FakeServer(*[LOSING[how]] * (2 * TRIES)) as server:
        with pytest.raises(StoreError) as failed:
            connect(server.url).clock()
        assert len(server.asked) == TRIES
        assert server.url in str(failed.value)
        assert len(str(failed.value)) < 300


def test_a_server_is_given_the_time_it_asks_for(connect: Any):
    date = "Sat, 31 Jan 2026 10:00:00 GMT"
    asks = [reply(503, b"", retry_after=word) for word in ("3", "999999999", date, "-1", "soon")]
    with FakeServer(*asks) as server:
        credits = connect(server.url)
        credits.clock()
        asked, longest, *others = credits.pauses
        assert 2 <= asked <= 4
        assert longest <= 12.5
        assert all(0 < each <= 2 for each in others), "what says no seconds is left alone"


# Time-outs


def test_a_server_that_does_not_answer_is_given_up_in_time(connect: Any):
    silences = [Silence() for _ in range(TRIES)]
    with FakeServer(*silences) as server:
        credits = connect(server.url, timeout=SOON)
        with pytest.raises(Unreachable, match="did not answer in time"):
            credits.clock()
        until(lambda: len(server.asked) == TRIES)
        for each in silences:
            each.end.set()


def test_an_answer_that_comes_too_late_is_asked_for_again(connect: Any):
    late = Silence()
    with FakeServer(late) as server:
        credits = connect(server.url, timeout=4)  # so long has the second answer
        assert credits.clock().test
        assert len(server.asked) == 2
        late.end.set()


def test_an_answer_that_drips_is_given_up_in_time(connect: Any):
    with FakeServer(*[wires.endless(b" ", 0.02, 250)] * TRIES) as server:
        credits = connect(server.url, timeout=SOON)
        with pytest.raises(Unreachable, match="did not answer in time"):
            credits.clock()
        until(lambda: len(server.asked) == TRIES)


def test_an_answer_without_end_is_not_read_to_its_end(
    connect: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tallystick.client.http_transport.MAX_REPLY_BYTES", 1_000_000)
    with FakeServer(wires.endless(b" " * 10_000)) as server:
        with pytest.raises(ServerError, match="the answer has more than 1,000,000 bytes"):
            connect(server.url).clock()
        assert len(server.asked) == 1


def test_nobody_at_the_address(connect: Any):
    with wires.nowhere() as url:
        credits = connect(url)
        with pytest.raises(Unreachable, match="cannot be reached") as unreachable:
            credits.clock()
        assert url in str(unreachable.value)
        assert len(credits.pauses) == RETRIES_MAX
        assert unreachable.value.__cause__ is None


# Answers that are none


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            502,
            b"<html>Bad Gateway</html>",
            "answered 502 (Bad Gateway), which is not an answer of Tallystick",
        ),
        (500, b"", "answered 500 (Internal Server Error)"),
        (404, b"no such page", "answered 404 (Not Found)"),
        (302, b"", "connect to where it points"),
        (200, b"<html>Sign in to the wireless network</html>", "is a Tallystick server there?"),
        (204, b"", "is a Tallystick server there?"),
    ],
)
def test_what_is_no_answer_of_ours_says_whose_it_is(
    connect: Any, status: int, body: bytes, said: str
):
    answer = reply(status, body, content_type="text/html", location="/elsewhere")
    with FakeServer(*[answer] * TRIES) as server:
        with pytest.raises(ServerError) as error:
            connect(server.url).clock()
        assert server.url in str(error.value)
        assert said in str(error.value)


def test_a_compressed_answer_is_read_and_a_broken_one_is_said(connect: Any):
    packed = gzip.compress(wires.CLOCK)
    with FakeServer(
        reply(200, packed, content_encoding="gzip"),
        *[reply(200, packed[:-9] + b"x" * 9, content_encoding="gzip")] * TRIES,
    ) as server:
        credits = connect(server.url)
        assert credits.clock().test
        with pytest.raises(ServerError, match="cannot be read"):
            credits.clock()


def test_a_right_answer_counts_whatever_its_type_is_called(connect: Any):
    with FakeServer(reply(content_type="text/plain")) as server:
        assert connect(server.url).clock().test


def test_an_api_key_that_is_not_known_is_denied_at_once(connect: Any, behind: Behind):
    credits = connect(behind.url, API_KEY)
    with pytest.raises(AccessDenied, match="not known"):
        credits.clock()
    assert credits.pauses == []


# Connections


def test_connections_are_kept(connect: Any, behind: Behind):
    with Wire(behind.url) as wire:
        credits = connect(wire.url, behind.api_key)
        for _ in range(50):
            credits.charge("ada", "Dot")
        assert wire.connections == 1


def test_a_connection_that_the_server_closed_in_between_is_replaced(connect: Any):
    closing = wires.then_hang_up(reply())
    with FakeServer(*[closing] * 20) as server:
        credits = connect(server.url)
        for _ in range(20):
            assert credits.clock().test


def test_many_threads_share_a_client_and_its_connections(behind: Behind):
    with Wire(behind.url) as wire, Calls(wire.url, behind.api_key) as credits:
        with ThreadPoolExecutor(8) as threads:
            jobs = [threads.submit(credits.charge, "ada", "Dot") for _ in range(120)]
            errors = [type(job.exception()) for job in jobs if job.exception()]
        assert errors == [refusals.InsufficientCredits] * 20
        assert credits.balance("ada").available == 0
        assert wire.connections <= 8


def test_two_hundred_tasks_share_a_client_and_cannot_overspend(behind: Behind):
    async def story() -> None:
        async with AsyncTallystick.connect(behind.url, behind.api_key) as credits:
            asked = [credits.charge("ada", "Dot") for _ in range(200)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            refused = [each for each in answers if isinstance(each, Exception)]
            assert [type(each) for each in refused] == [refusals.InsufficientCredits] * 100
            assert (await credits.balance("ada")).available == 0

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


def test_eight_threads_with_one_key_get_one_answer(behind: Behind):
    with Calls(behind.url, behind.api_key) as credits, ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(credits.charge, "ada", "Dot", key="job-71") for _ in range(8)]
        assert len({job.result().to_json() for job in jobs}) == 1
        assert credits.balance("ada").available == 99


# The end


def test_closing_waits_for_the_requests_that_are_under_way():
    silence = Silence()
    with FakeServer(silence) as server, ThreadPoolExecutor(2) as threads:
        credits = Calls(server.url)
        asked = threads.submit(credits.clock)
        assert silence.asked.wait(PATIENCE_SECONDS)
        closed = threads.submit(credits.close)
        until(credits._transport._closed.is_set)
        with pytest.raises(StoreError, match="closed"):
            credits.clock()
        assert not closed.done()
        silence.end.set()
        assert asked.result(PATIENCE_SECONDS).test
        closed.result(PATIENCE_SECONDS)


def test_closing_on_an_event_loop_waits_for_the_requests_that_are_under_way():
    silence = Silence()

    async def story(url: str) -> None:
        credits = AsyncTallystick.connect(url, API_KEY)
        asked = asyncio.create_task(credits.clock())
        await asyncio.to_thread(silence.asked.wait, PATIENCE_SECONDS)
        closed = asyncio.create_task(credits.close())
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match="closed"):
            await credits.clock()
        assert not closed.done()
        silence.end.set()
        assert (await asked).test
        await closed

    with FakeServer(silence) as server:
        asyncio.run(asyncio.wait_for(story(server.url), PATIENCE_SECONDS))


def test_closing_gives_up_a_request_that_would_be_sent_again():
    """Nobody waits for ever for a server that is down."""
    begun, ended = threading.Event(), threading.Event()

    def pause(seconds: float) -> None:
        begun.set()
        ended.wait(PATIENCE_SECONDS)

    with FakeServer(*[reply(503, b"")] * TRIES) as server, ThreadPoolExecutor(1) as threads:
        credits = Tallystick(HttpTransport(remote(server.url, API_KEY, SOON), pause), "small")
        asked = threads.submit(credits.clock)
        assert begun.wait(PATIENCE_SECONDS)
        closing = threading.Thread(target=credits.close)
        closing.start()
        until(credits._transport._closed.is_set)
        ended.set()
        assert isinstance(asked.exception(PATIENCE_SECONDS), StoreError)
        closing.join(PATIENCE_SECONDS)
        assert len(server.asked) == 1


def test_a_pause_ends_when_the_client_is_closed():
    credits = Tallystick.connect("http://127.0.0.1:8700", API_KEY)
    transport: Any = credits._transport
    credits.close()
    transport._pause(3_600)


def test_a_client_may_be_closed_twice_and_says_that_it_is(behind: Behind):
    credits = Tallystick.connect(behind.url, behind.api_key)
    assert credits.clock()
    credits.close()
    credits.close()
    with pytest.raises(StoreError, match="closed"):
        credits.clock()

    async def story() -> None:
        credits = AsyncTallystick.connect(behind.url, behind.api_key)
        assert await credits.clock()
        await credits.close()
        await credits.close()
        with pytest.raises(StoreError, match="closed"):
            await credits.clock()

    asyncio.run(story())


def test_a_connection_does_not_survive_a_fork(behind: Behind):
    """Two processes on one connection would read each other's answers."""
    with Tallystick.connect(behind.url, behind.api_key) as credits:
        credits.clock()
        said = in_a_child(lambda: str(credits.clock()))
        assert said.startswith("UnsafeDatabase: ")
        assert "connect in each process" in said
        assert in_a_child(lambda: str(credits.close())) == "None"
        assert credits.balance("ada").available == 100
    assert issubclass(UnsafeDatabase, StoreError)


def test_every_event_loop_has_connections_of_its_own(behind: Behind):
    credits = AsyncTallystick.connect(behind.url, behind.api_key)

    async def story() -> results.Charge:
        return await credits.charge("ada", "Dot")

    assert [asyncio.run(story()).balance_after for _ in range(3)] == [99, 98, 97]
    asyncio.run(credits.close())


# What is told to nobody


def test_the_api_key_is_in_no_text_about_a_client(behind: Behind, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    credits = Tallystick.connect(behind.url, behind.api_key)
    credits.charge("ada", "Dot")
    transport: Any = credits._transport
    said = [
        repr(each)
        for each in (credits, transport, transport._http, remote(behind.url, behind.api_key))
    ]
    credits.close()
    lost = [wires.nothing] * TRIES
    with FakeServer(*lost, *[reply(502, b"")] * TRIES, reply(200, b"")) as server:
        failing = Calls(server.url, behind.api_key)
        for _ in range(3):
            with pytest.raises(StoreError) as error:
                failing.charge("ada", "Dot")
            said += [str(error.value), repr(error.value), repr(vars(error.value))]
        failing.close()
        assert all(each.headers["authorization"].endswith(behind.api_key) for each in server.asked)
    said += [record.getMessage() for record in caplog.records]
    assert len(said) > 20
    secret = behind.api_key.rpartition("_")[2]
    assert not [each for each in said if secret in each or secret[10:] in each]
