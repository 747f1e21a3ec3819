"""Bytes that no client library would send, to a real server: it refuses them and goes on."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tallystick.http.settings import ServerSettings
from tests.http.live import Live


class Heard(NamedTuple):
    """A reply as it came over the socket; status 0 when the server only hung up."""

    status: int
    head: bytes
    body: bytes


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    path: Path = tmp_path_factory.mktemp("sockets") / "credits.db"
    with Live(path, ServerSettings(max_body_bytes=10_000)) as live:
        yield live


def send(live: Live, *parts: bytes, unfinished: bool = False) -> Heard:
    """Send bytes, and read a reply, or until the server hangs up; we do it if they are no whole
    request."""
    at = urlsplit(live.serving.url)
    with socket.create_connection((at.hostname, at.port), 10) as to:
        heard = b""
        try:
            for part in parts:
                to.sendall(part)
            if unfinished:
                to.shutdown(socket.SHUT_WR)
            while not whole(heard) and (more := to.recv(65_536)):
                heard += more
        except ConnectionError:
            pass  # it hung up before it had read everything, which is its good right
    head, _, body = heard.partition(b"\r\n\r\n")
    return Heard(int(head.split(b" ")[1]) if head else 0, head, body)


def whole(heard: bytes) -> bool:
    """Whether all of a reply has come."""
    head, _, body = heard.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


def request(
    live: Live, target: bytes, *headers: bytes, method: bytes = b"GET", body: bytes = b""
) -> bytes:
    key = f"Authorization: Bearer {live.api_key}".encode()
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: x", b"Connection: close", key, *headers]
    if body:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_what_is_sound_is_answered(live: Live):
    heard = send(live, request(live, b"/v1/clock"))
    assert (heard.status, json.loads(heard.body)["platform"]) == (200, "small")


TARGETS = {
    b"/v1/accounts/\xff/balance": {400},
    b"/v1/accounts/%ff/balance": {400},
    b"/v1/accounts/\xc3\xa9/balance": {400, 404},
    b"/v1/accounts/%C3%A9/balance": {404},
    b"/v1/accounts/a%2Fb/balance": {404},
    b"/v1/accounts/../clock": {404},
    b"/v1/./clock": {404},
    b"/v1//clock": {404},
    b"//v1/clock": {400, 404},
    b"/v1/clock/": {404},
    b"/v1/clock%00": {404},
    b"/v1/clock#x": {200, 400},
    b"/v1/clock?x": {400},
    b"/v1/clock?%ff=1": {400},
    b"/v1/accounts?after=\xff": {400},
    b"http://elsewhere.example.com/v1/clock": {200, 400},
    b"*": {400, 404},
    b"/v1/" + b"x" * 100_000: {0, 400, 404, 414, 431},
    b"/v1/accounts/" + b"%2e" * 20_000 + b"/balance": {0, 400, 414, 431},
    b"/v1/accounts?" + b"a=b&" * 10_000: {0, 400, 414, 431},
    b"/v1/accounts/ada\x00/balance": {0, 400},
    b"/v1/accounts/ada balance": {0, 400},
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:30].decode("latin-1"))
def test_an_odd_address_is_refused(live: Live, target: bytes):
    heard = send(live, request(live, target))
    assert heard.status in TARGETS[target], heard
    assert send(live, request(live, b"/healthz")).status == 200


ODD = [
    b"",
    b"\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET /v1/clock HTTP/9.9\r\n\r\n",
    b"GET /v1/clock\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
    b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    (
        b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    b"GET /v1/clock HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET /v1/clock HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 500_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("sent", ODD, ids=range(len(ODD)))
def test_what_is_no_request_is_no_fault_of_the_server(live: Live, sent: bytes):
    heard = send(live, sent, unfinished=True)
    assert heard.status < 500, heard
    assert heard.status not in (200, 201)
    assert send(live, request(live, b"/healthz")).status == 200


def test_a_body_in_chunks_that_is_too_large_is_413(live: Live):
    head = request(live, b"/v1/accounts/ada/top-ups", b"Transfer-Encoding: chunked",
                   b"Content-Type: application/json", method=b"POST")  # fmt: skip
    chunk = b"3e8\r\n" + b" " * 1_000 + b"\r\n"
    heard = send(live, head, *[chunk] * 11, b"0\r\n\r\n")
    assert heard.status == 413
    assert json.loads(heard.body)["code"] == "body_too_large"


def test_a_body_that_says_it_is_too_large_is_not_waited_for(live: Live):
    head = request(live, b"/v1/accounts/ada/top-ups", b"Content-Length: 100000000000",
                   b"Content-Type: application/json", method=b"POST")  # fmt: skip
    assert send(live, head).status == 413


def test_a_body_that_breaks_off_changes_nothing(live: Live):
    before = live.lines()
    head = request(live, b"/v1/accounts/ada/grants", b"Content-Length: 100",
                   b"Content-Type: application/json", method=b"POST")  # fmt: skip
    assert send(live, head, b'{"credits": 5}', unfinished=True).status not in (200, 201)
    assert live.lines() == before


def test_a_header_is_not_made_of_what_was_asked(live: Live):
    for target in (b"/v1/accounts/%0d%0aset-cookie:%20x=y/balance", b"/v1/%0d%0ax:y"):
        heard = send(live, request(live, target, b"X-Request-Id: a%0d%0ab: c"))
        assert heard.status in (400, 404)
        assert b"set-cookie" not in heard.head.lower()
        assert b"\r\nx:y" not in heard.head
        assert b"\r\nb: c" not in heard.head
