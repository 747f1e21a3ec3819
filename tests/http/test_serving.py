"""`tallystick serve` told to stop, or killed: no reply is lost, and none is taken back."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tallystick import Tallystick
from tests.databases import fresh_database
from tests.http.program import Customer, Program, busy, charges, prepare, run
from tests.patience import PATIENCE_SECONDS, until

ACCOUNTS = [f"acct_{number}" for number in range(4)]


@pytest.fixture
def db(tmp_path: Path) -> str:
    return str(tmp_path / "credits.db")


def replied(customers: list[Customer]) -> set[object]:
    assert [wrong for each in customers for wrong in each.wrong] == []
    return {answer for each in customers for answer in each.answered}


def asked_again(db: str, api_key: str, customers: list[Customer]) -> list[httpx2.Response]:
    """The replies of a server started anew to what each customer asked last."""
    with Program(db) as program:
        headers = {"authorization": f"Bearer {api_key}"}
        with httpx2.Client(
            base_url=program.url, headers=headers, timeout=PATIENCE_SECONDS
        ) as client:
            found = [each.ask(client, each.asked[-1]) for each in customers]
        assert program.end() == 0
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_who_is_told_to_stop_has_answered_everything_in_the_ledger(db, number):
    api_key = prepare(db, len(ACCOUNTS))
    with Program(db) as program:
        customers = busy(program.url, api_key, len(ACCOUNTS), replies=100)
        assert program.end(number) == 0
    for each in customers:
        each.join()
    assert charges(db, ACCOUNTS) == replied(customers)
    assert {path.name for path in Path(db).parent.iterdir()} == {"credits.db", "credits.db-epoch"}
    again = asked_again(db, api_key, customers)
    assert {reply.status_code for reply in again} == {201}
    assert charges(db, ACCOUNTS) == replied(customers)


def test_who_is_killed_has_lost_nothing_that_was_answered(db):
    api_key = prepare(db, len(ACCOUNTS))
    with Program(db) as program:
        customers = busy(program.url, api_key, len(ACCOUNTS), replies=100)
        assert program.end(signal.SIGKILL) == -signal.SIGKILL
    for each in customers:
        each.join()
    written = charges(db, ACCOUNTS)
    unanswered = written - replied(customers)
    assert replied(customers) <= written
    assert {each.key for each in unanswered} <= {each.asked[-1] for each in customers}
    again = asked_again(db, api_key, customers)
    for customer, reply in zip(customers, again, strict=True):
        was_written = customer.asked[-1] in {
            each.key for each in written if each.account == customer.account
        }
        assert reply.status_code == 201
        assert (reply.headers.get("idempotent-replayed") == "true") == was_written
    assert charges(db, ACCOUNTS) == replied(customers)


# One at a time, by hand


@pytest.fixture
def served(db: str) -> tuple[str, str]:
    return db, prepare(db, 1)


def charge(api_key: str, body: bytes) -> bytes:
    """A charge's head, whose body may come later."""
    return (
        b"POST /v1/accounts/acct_0/charges HTTP/1.1\r\nhost: localhost\r\n"
        b"content-type: application/json\r\nidempotency-key: last\r\n"
        b"authorization: Bearer %b\r\ncontent-length: %d\r\n\r\n" % (api_key.encode(), len(body))
    )


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), PATIENCE_SECONDS)


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side has said its last."""
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


def wait_until_refused(url: str) -> None:
    def refused() -> bool:
        try:
            connected(url).close()
        except OSError:
            return True
        return False

    until(refused, lambda: "the server still takes connections")


def test_a_request_that_was_begun_is_answered_and_no_new_one_taken(served):
    db, api_key = served
    body = b'{"model": "Example Image"}'
    with Program(db) as program, connected(program.url) as connection:
        connection.sendall(charge(api_key, body) + body[:5])
        assert (
            httpx2.get(f"{program.url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        )  # so that it has arrived
        program.tell(signal.SIGTERM)
        wait_until_refused(program.url)
        threading.Event().wait(0.5)  # long enough for a server that would not wait
        assert program.process.poll() is None
        connection.sendall(body[5:])
        reply = everything(connection)
        assert program.ended() == 0
    assert reply.startswith(b"HTTP/1.1 201")
    assert b"connection: close" in reply.lower()
    assert {each.key for each in charges(db, ["acct_0"])} == {"last"}


def test_a_request_that_never_ends_is_given_up_in_time(served):
    db, api_key = served
    with (
        Program(db, "--shutdown-seconds", "1") as program,
        connected(program.url) as connection,
    ):
        connection.sendall(charge(api_key, b"{}"))
        assert httpx2.get(f"{program.url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        assert program.end() == 0
    assert charges(db, ["acct_0"]) == set()
    assert {path.name for path in Path(db).parent.iterdir()} == {"credits.db", "credits.db-epoch"}


def test_while_it_drains_it_answers_and_says_that_it_is_not_ready(served):
    db, api_key = served
    with Program(db, "--drain-seconds", "300") as program:
        assert httpx2.get(f"{program.url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
        program.tell(signal.SIGTERM)
        program.wait_for("stopping")
        ready = httpx2.get(f"{program.url}/readyz", timeout=PATIENCE_SECONDS)
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert "shutting down" in ready.json()["not_ready"][0]
        with Tallystick.connect(program.url, api_key) as credits:
            assert credits.charge("acct_0", "Example Image", key="last").credits
        assert ready.headers["connection"] == "close"
        assert httpx2.get(f"{program.url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        assert program.end(signal.SIGINT) == 130  # insisted on: it waits for nobody
    assert {each.key for each in charges(db, ["acct_0"])} == {"last"}


# Several processes


@pytest.fixture
def shared() -> Iterator[str]:
    with fresh_database("postgres") as url:
        yield url


def test_workers_answer_together_and_one_that_dies_is_replaced(shared):
    api_key = prepare(shared, len(ACCOUNTS))
    with Program(shared, "--workers", "2") as program:
        assert program.said["platforms"] == {"imagineart": 1}
        first, second = (each["worker"] for each in program.wait_for("worker started", 2))
        program.wait_for("listening", 2)
        customers = busy(program.url, api_key, len(ACCOUNTS), replies=40)
        os.kill(first, signal.SIGKILL)
        (died,) = program.wait_for("worker died")
        assert (died["worker"], died["code"]) == (first, -signal.SIGKILL)
        assert program.wait_for("worker started", 3)[2]["worker"] not in (first, second)
        program.wait_for("listening", 3)
        with Tallystick.connect(program.url, api_key) as credits:
            assert credits.charge("acct_0", "Example Image", key="later").credits
        assert program.end() == 0
        assert len(program.log("stopped")) == 3  # the parent, and the children that lived
    for each in customers:
        each.join()
    written = charges(shared, ACCOUNTS)
    assert replied(customers) <= written
    lost = {each.key for each in written - replied(customers)} - {"later"}
    assert lost <= {each.asked[-1] for each in customers}


def test_workers_told_to_stop_have_answered_everything_in_the_ledger(shared):
    api_key = prepare(shared, len(ACCOUNTS))
    with Program(shared, "--workers", "2") as program:
        program.wait_for("listening", 2)
        customers = busy(program.url, api_key, len(ACCOUNTS), replies=60)
        assert program.end() == 0
    for each in customers:
        each.join()
    assert charges(shared, ACCOUNTS) == replied(customers)


def test_workers_end_when_their_parent_was_killed(shared):
    prepare(shared)
    with Program(shared, "--workers", "2") as program:
        program.wait_for("listening", 2)
        assert program.end(signal.SIGKILL) == -signal.SIGKILL
        wait_until_refused(program.url)


def test_without_their_database_workers_do_not_begin():
    words = ["--workers", "2", "--db", "postgresql://127.0.0.1:1/credits", "--json"]
    ran = run(*words)
    assert (ran.returncode, ran.stderr) == (3, "")
    assert json.loads(ran.stdout)["code"] == "unreachable"
