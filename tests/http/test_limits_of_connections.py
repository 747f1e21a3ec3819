"""The limits at the door, on real sockets: what is too much or too slow is told so, and ended.

Every limit is set small here, so that a few bytes and a part of a second are over it.
"""

import io
import re
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tallystick.http import logs, server
from tallystick.http.connection_h11 import H11Connection
from tests.http.program import Program, prepare
from tests.http.visiting import BEGUN, POST, SOUND, Door, Visitor, request_id, told
from tests.patience import PATIENCE_SECONDS, until


@pytest.fixture(params=["httptools", "h11"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers: the one in C, and the one that is there where that is not."""
    if request.param == "h11":
        monkeypatch.setattr(
            server, "_connections", lambda limits: lambda **given: H11Connection(limits, **given)
        )
    return request.param


@pytest.fixture
def door(parser: str) -> Iterator[Callable[..., Door]]:
    with ExitStack() as opened:
        yield lambda **limits: Door(opened, **limits)


# Too large


def test_headers_without_end_are_cut(door):
    here = door(max_head_bytes=4_096, max_headers=1_000)
    visitor = here.come(BEGUN)
    pieces = 0
    while pieces < 1_000 and visitor.send(b"x: " + b"y" * 61 + b"\r\n") and pieces < 80:
        pieces += 1
    heard = visitor.hear()
    problem = told(heard, 431, "headers_too_large")
    assert "4,096" in problem["detail"]
    assert visitor.ended()
    assert here.counted() == {"headers_too_large": 1}
    (line,) = here.log("turned away")
    assert (line["status"], line["code"], line["address"]) == (
        431,
        "headers_too_large",
        "127.0.0.1",
    )
    assert line["request_id"] == request_id(heard)
    assert here.ask(SOUND).status == 200


@pytest.mark.parametrize("one_by_one", [True, False])
def test_more_headers_than_are_read_are_refused(door, one_by_one):
    here = door(max_headers=20)
    lines = [b"x%d: y\r\n" % number for number in range(18)]
    sound = BEGUN + b"".join(lines) + b"\r\n"
    assert here.ask(sound).status == 200
    visitor = here.come(BEGUN)
    parts = [*lines, b"a: b\r\n", b"\r\n"]
    for part in parts if one_by_one else [b"".join(parts)]:
        visitor.send(part)
    heard = visitor.hear()
    assert "20" in told(heard, 431, "headers_too_large")["detail"]
    assert request_id(heard) == "mine"


def test_one_header_without_end_is_cut(door):
    here = door(max_head_bytes=4_096)
    assert here.ask(BEGUN + b"x: " + b"y" * 3_000 + b"\r\n\r\n").status == 200
    visitor = here.come(BEGUN + b"x: ")
    for _ in range(5):
        visitor.send(b"y" * 1_000)
    told(visitor.hear(), 431, "headers_too_large")


def test_an_address_without_end_is_414(door, parser):
    here = door(max_head_bytes=4_096)
    visitor = here.come(b"GET /healthz?")
    for _ in range(5):
        visitor.send(b"a" * 1_000)
    if parser == "h11":  # it reads the head as one
        told(visitor.hear(), 431, "headers_too_large")
    else:
        told(visitor.hear(), 414, "address_too_long")


def test_blank_lines_without_end_are_cut(door):
    here = door(max_head_bytes=4_096, head_seconds=2)
    visitor = here.come()
    for _ in range(6):
        visitor.send(b"\r\n" * 500)
    assert visitor.ended()
    assert here.ask(SOUND).status == 200


# Too slow


def test_a_head_that_does_not_come_in_time_is_408(door):
    here = door(head_seconds=0.3)
    heard = here.ask(BEGUN)
    assert "headers" in told(heard, 408, "request_too_slow")["detail"]
    assert b"retry-after: 1" in heard.head.lower()
    (line,) = here.log("turned away")
    assert line["code"] == "request_too_slow"
    here.wait_for(0)


def test_a_head_that_comes_byte_by_byte_has_no_more_time(door):
    here = door(head_seconds=0.3)
    visitor = here.come(BEGUN)
    until(lambda: not visitor.send(b"x") or here.counted())
    told(visitor.hear(), 408, "request_too_slow")


def test_who_says_nothing_is_let_go_without_a_word(door):
    here = door(head_seconds=0.3)
    assert here.come().hear().status == 0
    here.wait_for(0)
    assert here.log("turned away") == []


@pytest.mark.parametrize("length", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("sent", [b"", b'9\r\n{"model":\r\n'])
def test_a_body_that_does_not_come_in_time_is_408(door, length, sent):
    here = door(body_seconds=0.3)
    heard = here.ask(here.post + length + b"\r\n\r\n" + sent)
    assert "body" in told(heard, 408, "request_too_slow")["detail"]
    assert request_id(heard) == "mine"
    here.wait_for(0)
    here.wait(lambda: bool(here.log("request")))
    (line,) = here.log("request")
    assert (line["status"], line["code"], line["verb"]) == (408, "request_too_slow", "quote")
    assert here.counted() == {"request_too_slow": 1}


def test_a_body_that_comes_byte_by_byte_has_no_more_time(door):
    here = door(body_seconds=0.3)
    visitor = here.come(here.post + b"Content-Length: 100000\r\n\r\n")
    until(lambda: not visitor.send(b"x") or here.counted())
    told(visitor.hear(), 408, "request_too_slow")


def test_a_large_body_that_comes_in_pieces_is_read(door):
    """A mebibyte, in 64 pieces with a pause after each."""
    here = door(body_seconds=60)
    asked = b'{"model": "Nano Banana Pro", "settings": {"resolution": "4k"}}'
    body = asked + b" " * (2**20 - len(asked))
    visitor, pause = here.come(), threading.Event()
    visitor.send(here.post + b"Content-Length: %d\r\n\r\n" % len(body))
    for at in range(0, len(body), 2**14):
        visitor.send(body[at : at + 2**14])
        pause.wait(0.005)
    assert visitor.hear().status == 200


@pytest.mark.parametrize("head", [POST, POST.replace(b"POST /v1/quotes", b"GET /healthz")])
def test_a_body_that_nobody_waits_for_ends_the_connection_in_time(door, head):
    """The reply is there at once: there is no key, or the address takes no body."""
    here = door(body_seconds=0.3)
    visitor = here.come(head + b"Content-Length: 100\r\n\r\n")
    assert visitor.hear().status in (200, 401)
    assert visitor.ended()


def test_without_a_key_no_body_is_read(door):
    here = door()
    told_at_once = here.ask(POST + b"Content-Length: 1000000\r\n\r\n" + b" " * 100_000)
    assert told_at_once.status == 401


def test_a_kept_connection_is_let_go_when_it_is_not_used(door):
    here = door(idle_seconds=0.3)
    visitor = here.come(SOUND)
    assert visitor.hear().status == 200
    assert visitor.ended()
    assert here.log("turned away") == []


def test_a_kept_connection_has_its_time_again_for_each_request(door):
    here = door(head_seconds=4, body_seconds=4, idle_seconds=60)
    visitor, pause = here.come(), threading.Event()
    for _ in range(5):
        visitor.send(SOUND[:20])
        pause.wait(0.9)  # five of them are longer than the time that one request has
        visitor.send(SOUND[20:])
        assert visitor.hear().status == 200


def test_a_reply_that_is_not_read_ends_the_connection(door, parser):
    here = door(write_seconds=0.3)
    page = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    visitors = []
    for _ in range(3):
        visitor = here.come()
        visitor.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        visitor.send(page * 16)
        visitors.append(visitor)
    here.wait(lambda: here.counted().get("reply_not_read") == 3)
    here.wait_for(0)
    assert len(here.log("hung up")) == 3
    assert here.ask(SOUND).status == 200


# Too many


def test_more_connections_than_there_may_be_are_told_so(door):
    here = door(max_connections=3)
    first = [here.come(SOUND) for _ in range(3)]
    assert {each.hear().status for each in first} == {200}
    heard = here.ask(SOUND)
    assert "3" in told(heard, 503, "too_many_connections")["detail"]
    assert b"retry-after: 1" in heard.head.lower()
    assert here.log("turned away")[0]["request_id"] == request_id(heard)
    for each in first:  # the others go on
        each.send(SOUND)
    assert {each.hear().status for each in first} == {200}
    first[0].socket.close()
    here.wait_for(2)
    assert here.ask(SOUND).status == 200


def test_one_address_has_its_share_and_others_theirs(door):
    here = door(max_connections_per_address=3)
    greedy = [here.come(BEGUN, "127.0.0.2") for _ in range(3)]
    here.wait_for(3)
    told(here.ask(SOUND, "127.0.0.2"), 503, "too_many_connections")
    assert here.ask(SOUND, "127.0.0.3").status == 200
    greedy[0].socket.close()
    here.wait(lambda: here.ask(SOUND, "127.0.0.2").status == 200)


def test_those_turned_away_in_masses_hear_nothing_and_hold_nothing(door, monkeypatch):
    monkeypatch.setattr("tallystick.http.admission.LEAVING_MAX", 5)
    monkeypatch.setattr("tallystick.http.connection.LINGER_SECONDS", 30)
    here = door(max_connections=1)
    kept = here.come(SOUND)
    assert kept.hear().status == 200
    crowd = [here.come() for _ in range(20)]
    here.wait(lambda: here.counted().get("too_many_connections") == 20)
    here.wait(lambda: len(here.admission.leaving) <= 5)
    statuses = [each.hear().status for each in crowd]
    assert (statuses.count(503), statuses.count(0)) == (5, 15)
    kept.send(SOUND)
    assert kept.hear().status == 200


def test_a_fair_client_is_answered_beside_those_who_are_not(door):
    """Half-sent heads, half-sent bodies, replies that are not read, and too many of each."""
    here = door(max_connections_per_address=30, head_seconds=60, body_seconds=60)
    api_key = here.serving.key("artlist").encode()
    hostile = [BEGUN, here.post + b"Content-Length: 100\r\n\r\n", b"\x16\x03\x01", b"\r\n" * 50]
    crowd = [here.come(hostile[number % 4], "127.0.0.2") for number in range(80)]
    fair = here.come()
    request = b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n" % api_key
    for _ in range(50):
        fair.send(request)
        assert fair.hear().status == 200
    assert len(crowd) == 80
    assert here.counted()["too_many_connections"] >= 30


# Broken

ODD = [
    b"nonsense\r\n\r\n",
    b"GET /v1/clock HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    b"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
]


@pytest.mark.parametrize("sent", ODD, ids=range(len(ODD)))
def test_what_cannot_be_read_is_a_problem_with_an_id(door, parser, sent):
    if parser == "h11" and b"HTTP/9.9" in sent:
        pytest.skip("h11 reads any version as 1.1")
    here = door()
    heard = here.ask(sent)
    told(heard, 400, "invalid_request")
    (line,) = here.log("turned away")
    assert (line["status"], line["request_id"]) == (400, request_id(heard))
    assert here.counted() == {"invalid_request": 1}


def test_a_body_that_cannot_be_read_is_one_answer(door):
    here = door()
    heard = here.ask(here.post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")
    told(heard, 400, "invalid_request")
    assert request_id(heard) == "mine"


@pytest.mark.parametrize("to", [b"websocket", b"h2c"])
def test_an_upgrade_is_refused(door, to):
    here = door()
    visitor = here.come(
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %b\r\n\r\n" % to
    )
    assert told(visitor.hear(), 400, "invalid_request")["where"] == "Upgrade"
    assert visitor.ended()


def test_what_is_broken_does_not_answer_for_what_came_before(door):
    """The reply to the first request is its own, and the last one."""
    here = door()
    visitor = here.come(SOUND + b"nonsense\r\n\r\n")
    heard = b""
    while more := visitor.socket.recv(65_536):
        heard += more
    first, *rest = re.split(rb"HTTP/1\.1 (?=\d)", heard)[1:]
    assert first.startswith(b"200 ")
    assert first.endswith(b'{"status":"ok"}')
    assert all(each.startswith(b"400 ") for each in rest)


# The program


def test_the_program_keeps_the_limits_that_it_is_given(tmp_path):
    db = str(tmp_path / "credits.db")
    prepare(db)
    flags = ["--head-seconds", "2", "--max-connections", "3", "--max-head-bytes", "2048"]
    with Program(db, *flags) as program, ExitStack() as opened:
        at = urlsplit(program.url)

        def come(sent: bytes) -> Visitor:
            to = socket.create_connection((at.hostname, at.port), PATIENCE_SECONDS)
            visitor = Visitor(opened.enter_context(to))
            visitor.send(sent)
            return visitor

        told(come(BEGUN).hear(), 408, "request_too_slow")
        told(come(BEGUN + b"x: " + b"y" * 3_000).hear(), 431, "headers_too_large")
        statuses = [come(SOUND).hear().status for _ in range(5)]
        assert set(statuses) == {200, 503}, "at most three stay"
        assert {line["code"] for line in program.wait_for("turned away", 4)} == {
            "request_too_slow",
            "headers_too_large",
            "too_many_connections",
        }
        assert program.end() == 0


@pytest.mark.parametrize(
    ("soft", "hard", "set_to"),
    [(50, 5_000, 1_100), (50, 80, 80), (9_000, 9_000, None), (-1, -1, None)],
)
def test_a_server_may_open_as_many_files_as_it_takes_connections(
    monkeypatch, soft: int, hard: int, set_to: int | None
):
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda which, found: limits.append(found))
    log = io.StringIO()
    with logs.configured("info", "json", log):
        server._room_for(1_000)
    assert limits[1:] == ([(set_to, hard)] if set_to else [])
    assert ("too few files" in log.getvalue()) == (set_to == 80)
