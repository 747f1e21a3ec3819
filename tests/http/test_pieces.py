"""What a connection holds of a request that never ends: its limit and one piece of the network."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn.server import ServerState

from tallystick.http import server
from tallystick.http.admission import STEP_MAX_SECONDS, Admission, network
from tallystick.http.app import application
from tallystick.http.connection_httptools import PIPELINED_MAX, HttptoolsConnection
from tallystick.http.metrics import Metrics
from tallystick.http.settings import ServerSettings
from tallystick.service.startup import open_engine

MOST = 4_096
PIECES = [100, 1_000, 65_536]
HEAD = b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "an address": (b"GET /v1/accounts?", b"a"),
    "a method": (b"", b"G"),
    "one header": (HEAD + b"x: ", b"y"),
    "the name of a header": (HEAD, b"x"),
    "headers": (HEAD, b"x: y\r\n"),
    "blank lines": (b"", b"\r\n"),
    "an extension of a chunk": (CHUNKED + b"1;x=", b"y"),
    "extensions": (CHUNKED, b"1;x=yyyyyyyyyyyyyyyyyyyyyyyy\r\nz\r\n"),
    "one trailer": (CHUNKED + b"0\r\nx: ", b"y"),
    "trailers": (CHUNKED + b"0\r\n", b"x: y\r\n"),
}


class Transport:
    """The network, as far as a connection sees it."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = self.paused = False

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else None

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = write_eof = close

    def can_write_eof(self) -> bool:
        return True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture
def connection(loop: asyncio.AbstractEventLoop) -> Iterator[HttptoolsConnection]:
    """A connection that was just made, and whose app is never run."""
    engine, _ = open_engine(":memory:", "artlist")
    settings = ServerSettings(max_head_bytes=MOST, max_headers=50)
    front = application(engine, settings)
    config = server._config(front, settings, Admission(settings, front.service.metrics))
    config.load()
    state = ServerState()
    made: Any = config.http_protocol_class(
        config=config, server_state=state, app_state={}, _loop=loop
    )
    assert isinstance(made, HttptoolsConnection)
    made.connection_made(Transport())  # type: ignore[arg-type]
    yield made
    for task in state.tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*state.tasks, return_exceptions=True))
    engine.close()


def held(connection: HttptoolsConnection) -> int:
    """The bytes of a request that have been collected, but for its body."""
    return len(connection.url) + sum(len(name) + len(value) for name, value in connection.headers)


def answered(connection: HttptoolsConnection) -> bytes:
    return connection.transport.written[9:12]


@pytest.mark.parametrize("size", PIECES)
@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_is_cut(connection: HttptoolsConnection, what: str, size: int):
    begin, again = ENDLESS[what]
    piece = again * max(1, size // len(again))
    connection.data_received(begin)
    taken = 0
    while not connection._deaf and taken < 100 * MOST:
        connection.data_received(piece)
        taken += len(piece)
    assert connection._deaf, f"{taken:,} bytes were taken"
    assert taken <= MOST * 1.5 + 2 * len(piece)
    assert held(connection) <= MOST + len(piece)
    assert len(connection.headers) <= 50 + len(piece) // 4, "they are counted before all are there"
    before = held(connection)
    connection.data_received(piece * 10)
    assert held(connection) == before


def test_a_body_in_the_smallest_chunks_is_no_such_thing(connection: HttptoolsConnection):
    connection.data_received(CHUNKED)
    for _ in range(100):
        connection.data_received(b"1\r\nz\r\n" * 100)
    connection.data_received(b"0\r\n\r\n")
    assert not connection._deaf
    assert len(connection.cycle.body) == 10_000
    assert not connection.cycle.more_body


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_head_within_the_limit_is_read_however_it_is_cut(
    connection: HttptoolsConnection, size: int
):
    request = HEAD + b"x: " + b"y" * (MOST - 100) + b"\r\nContent-Length: 2\r\n\r\n{}"
    sent = request * 3  # pipelined: the later heads begin in the middle of a piece
    for at in range(0, len(sent), size):
        connection.data_received(sent[at : at + size])
    assert not connection._deaf
    assert len(connection.pipeline) == 2
    assert not connection.cycle.more_body


@pytest.mark.parametrize("cut", [10, 1_000, 3_900])
def test_a_head_that_begins_behind_a_large_body_is_not_charged_with_it(
    connection: HttptoolsConnection, cut: int
):
    body = HEAD + b"Content-Length: 60000\r\n\r\n" + b" " * 60_000
    head = HEAD + b"x: " + b"y" * (MOST - 100) + b"\r\n\r\n"
    connection.data_received(body + head[:cut])
    connection.data_received(head[cut:])
    assert not connection._deaf
    assert len(connection.pipeline) == 1


def test_requests_sent_ahead_are_bounded(connection: HttptoolsConnection):
    connection.data_received(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5_000)
    assert len(connection.pipeline) == PIPELINED_MAX
    assert len(connection.tasks) == 1
    assert not connection.cycle.keep_alive, "the last that was taken ends the connection"
    assert all(cycle.keep_alive for cycle, _ in list(connection.pipeline)[1:])
    assert connection.transport.written == b""


def test_what_follows_a_body_is_not_among_the_headers(connection: HttptoolsConnection):
    """A proxy that looks at headers has not seen it."""
    connection.data_received(CHUNKED + b"0\r\nIdempotency-Key: smuggled\r\n\r\n")
    assert not connection.cycle.more_body
    names = [name for name, _ in connection.cycle.scope["headers"]]
    assert names == [b"host", b"transfer-encoding"]


def test_the_body_of_an_upgrade_is_not_read_as_a_request(connection: HttptoolsConnection):
    connection.data_received(
        HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 34\r\n\r\n"
    )
    connection.data_received(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answered(connection) == b"400"
    assert connection.tasks == set()


# Time


class Looked:
    """A connection that notes the time of each look."""

    client = ("127.0.0.1", 1)

    def __init__(self) -> None:
        self.at: list[float] = []

    def look(self, now: float) -> None:
        self.at.append(round(now, 6))


def test_nobody_is_blamed_for_the_time_that_the_server_stood_still():
    clock = [100.0]
    admission = Admission(ServerSettings(), Metrics(), lambda: clock[0])
    looked = Looked()
    assert admission.enter(looked) is None
    for step in (0.1, 0.1, 60.0, 0.1):
        clock[0] += step
        admission.look()
    assert looked.at == [0.1, 0.2, 0.2 + STEP_MAX_SECONDS, 0.3 + STEP_MAX_SECONDS]


def test_one_connection_that_fails_keeps_no_other_from_being_looked_at():
    class Failing(Looked):
        def look(self, now: float) -> None:
            super().look(now)
            raise RuntimeError

    admission = Admission(ServerSettings(), Metrics())
    everybody = [Failing() for _ in range(3)]
    for each in everybody:
        admission.enter(each)
    admission.look()
    assert [len(each.at) for each in everybody] == [1, 1, 1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_whoever_has_a_network_of_version_6_is_one(one: str, other: str, same: bool):
    assert (network((one, 1)) == network((other, 2))) is same


def test_a_count_is_given_back():
    admission = Admission(
        ServerSettings(max_connections=2, max_connections_per_address=1), Metrics()
    )
    one, other = Looked(), Looked()
    assert admission.enter(one) is None
    assert admission.enter(other) is not None
    for _ in range(2):
        admission.leave(one)
        admission.leave(other)
    assert admission.enter(other) is None
    assert sum(admission._by_address.values()) == len(admission.connected) == 1
