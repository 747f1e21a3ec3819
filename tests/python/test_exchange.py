"""When a request is sent again, how long is waited between, and what its error says at the end.

The conversation is driven by hand here: no sockets, no clocks.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from tallystick import InvalidRequest, StoreError, commands, results
from tallystick.client.exchange import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    RETRIES_MAX,
    RETRY_AFTER_MAX_SECONDS,
    Pause,
    Response,
)
from tallystick.client.request_steps import request_steps
from tallystick.core import queries
from tallystick.core.commands import KINDS, Advance, Command
from tallystick.core.errors import ServerError, StillRunning, Unreachable
from tallystick.service.transport import Call
from tallystick.wire.encoders import EncodedRequest

SERVER = "http://127.0.0.1:8700"
CLOCK = json.dumps({"platform": "small", "at": "2026-01-31T10:00:00Z", "test": True}).encode()
LOST = Response(0, b"", Unreachable("the line is down"))
LATE = Response(0, b"", Unreachable("no answer in time"), late=True)
PAGE = b"<html><title>502 Bad Gateway</title></html>"


class Talk(NamedTuple):
    """A conversation as it went: what was sent, what was waited, and how it ended."""

    sent: list[EncodedRequest]
    pauses: list[float]
    answer: Any
    error: Any


def talk(asked: Any, heard: Iterator[Response] | Sequence[Response]) -> Talk:
    replies, sent, pauses = iter(heard), [], []
    going = request_steps(Call(asked), SERVER)
    reply: Response | None = None
    try:
        while True:
            step = going.send(reply)
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                reply = None
            else:
                sent.append(step)
                reply = next(replies)
    except StopIteration as ended:
        return Talk(sent, pauses, ended.value, None)
    except Exception as error:  # noqa: BLE001 - it is what the conversation came to
        return Talk(sent, pauses, None, error)


def forever(heard: Response) -> Iterator[Response]:
    while True:
        yield heard


def problem(code: str, status: int) -> Response:
    return Response(status, json.dumps({"code": code, "status": status, "detail": "no"}).encode())


ASKED = queries.ClockOf()
CHARGE = commands.Charge("ada", "Dot")
AGAIN = [408, 429, 502, 503, 504]
AT_ONCE = [301, 302, 307, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 500, 501, 505, 599, 700]


@pytest.mark.parametrize("status", AGAIN)
def test_who_is_busy_is_asked_again(status: int):
    went = talk(ASKED, [Response(status, PAGE), Response(200, CLOCK)])
    assert isinstance(went.answer, results.ClockView)
    assert len(went.sent) == 2


@pytest.mark.parametrize("status", AT_ONCE)
def test_what_would_be_no_better_the_next_time_is_raised_at_once(status: int):
    went = talk(ASKED, [Response(status, PAGE, retry_after=1.0)])
    assert isinstance(went.error, ServerError)
    assert len(went.sent) == 1


def test_the_first_request_under_a_key_is_waited_for_and_other_conflicts_are_not():
    running, full = problem("request_in_flight", 409), problem("balance_limit", 409)
    assert len(talk(CHARGE, [running, running, full]).sent) == 3
    assert isinstance(talk(CHARGE, forever(running)).error, StillRunning)
    assert len(talk(CHARGE, [full]).sent) == 1


def test_a_lost_reply_is_asked_for_under_the_same_key():
    went = talk(CHARGE, [LOST, LATE, Response(503, b""), problem("insufficient_credits", 402)])
    assert len(went.sent) == 4
    assert len(set(went.sent)) == 1, "to the last byte"
    assert went.sent[0].key


def test_it_ends():
    for heard in (LOST, LATE, Response(503, PAGE)):
        went = talk(CHARGE, forever(heard))
        assert len(went.sent) == RETRIES_MAX + 1
        assert len(went.pauses) == RETRIES_MAX
        assert isinstance(went.error, StoreError)
    assert talk(CHARGE, forever(LOST)).error is LOST.error


def test_pauses_grow_and_differ_from_one_to_the_next():
    pauses = talk(ASKED, forever(LOST)).pauses
    for number, seconds in enumerate(pauses):
        least = min(FIRST_PAUSE_SECONDS * 2**number, LONGEST_PAUSE_SECONDS) * 0.75
        assert least <= seconds <= least / 0.75 * 1.25
    assert len({talk(ASKED, forever(LOST)).pauses[0] for _ in range(20)}) > 1


def test_a_server_that_says_when_to_come_back_is_obeyed_up_to_a_bound():
    def pauses(seconds: float) -> list[float]:
        return talk(ASKED, forever(Response(503, b"", retry_after=seconds))).pauses

    assert all(1.5 <= each <= 2.5 for each in pauses(2.0))
    assert all(each <= RETRY_AFTER_MAX_SECONDS * 1.25 for each in pauses(3_600.0))
    assert all(each <= RETRY_AFTER_MAX_SECONDS * 1.25 for each in pauses(float("inf")))
    assert pauses(0.0) == [0.0] * RETRIES_MAX


def test_an_answer_that_takes_the_server_long_is_not_asked_for_twice():
    """It would verify everything once more for each time that nobody waited."""
    assert len(talk(queries.Verify(), forever(LATE)).sent) == 1
    assert len(talk(queries.Verify(), forever(LOST)).sent) == RETRIES_MAX + 1


# Keys


def made(kind: Any) -> Command:
    """A command of a kind, with something for every field that it needs."""
    given: dict[str, Any] = {"hold": "h1", "entry": 1, "credits": 1, "member": "mia"}
    needed = {"account": "ada", "ttl_seconds": 60, "paid_through": "2027-01-01T00:00:00Z"}
    fields = {**given, **needed, "plan": "Basic", "reason": "goodwill", "model": "Dot"}
    fields |= {"grant": "g1", "expires_at": None, "receipt": "r1"}
    names = [name for name in kind.__struct_fields__ if name in fields]
    return kind(**{name: fields[name] for name in names})


WRITING = sorted(KINDS - {Advance}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", WRITING, ids=lambda kind: kind.__name__)
def test_whatever_writes_has_a_key_and_one_that_was_given_stays_as_it_is(kind: Any):
    first, second = (talk(made(kind), forever(LOST)).sent[0].key for _ in range(2))
    assert first
    assert second
    assert first != second
    keyed = talk(kind(**{**fields_of(made(kind)), "key": "job-71"}), forever(LOST))
    assert {each.key for each in keyed.sent} == {"job-71"}


def fields_of(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


@pytest.mark.parametrize(
    "asked",
    [queries.Publish(source="x: 1\n"), queries.MoveClock(by="1d")],
    ids=lambda asked: type(asked).__name__,
)
def test_changes_of_the_platform_have_a_key(asked: Any):
    assert talk(asked, forever(LOST)).sent[0].key


def test_what_only_reads_or_looks_has_none():
    for asked in (ASKED, queries.BalanceOf(account="ada"), queries.Preview(command=CHARGE)):
        assert talk(asked, forever(LOST)).sent[0].key is None
    keyed = commands.Cancel("ada", key="job-71")
    assert talk(queries.Preview(command=keyed), forever(LOST)).sent[0].key is None


def test_each_command_of_a_batch_has_a_key_that_stays_the_same():
    went = talk((CHARGE, commands.Charge("ada", "Dot", key="mine")), forever(LOST))
    bodies = {each.body for each in went.sent}
    assert len(bodies) == 1
    items = json.loads(bodies.pop())["commands"]
    assert items[0]["key"].startswith("auto-")
    assert items[1]["key"] == "mine"


def test_a_key_that_no_header_can_carry_travels_in_a_batch():
    went = talk(commands.Charge("ada", "Dot", key="čas-1"), forever(LOST))
    assert went.sent[0].path == "/v1/batch"
    assert json.loads(went.sent[0].body or b"")["commands"][0]["key"] == "čas-1"
    refused = talk(queries.MoveClock(by="1d", key="čas-1"), forever(LOST))
    assert isinstance(refused.error, InvalidRequest)
    assert refused.error.where == "key"


def test_an_error_after_which_nothing_is_known_names_the_key_to_ask_with():
    lost = Response(0, b"", Unreachable("the line is down"))
    for heard in (lost, Response(503, PAGE), problem("request_in_flight", 409)):
        went = talk(CHARGE, forever(heard))
        (note,) = went.error.__notes__
        assert repr(went.sent[0].key) in note
    known = talk(CHARGE, [problem("insufficient_credits", 402)])
    assert not hasattr(known.error, "__notes__")


# Batches


def test_a_batch_that_is_too_long_is_sent_in_parts():
    long = [
        commands.Charge("ada", "Dot", labels={str(number): "x" * 256 for number in range(20)})
        for _ in range(600)
    ]
    went = talk(tuple(long), forever(LOST))
    assert len(went.sent[0].body or b"") < 1_048_576
    assert len({each.body for each in went.sent}) == 1, "the first part, again and again"


def test_a_batch_is_halved_for_a_server_that_reads_less():
    too_large = problem("body_too_large", 413)
    went = talk((CHARGE,) * 4, [too_large, too_large, too_large, too_large, *forever_three(LOST)])
    sizes = [len(json.loads(each.body or b"")["commands"]) for each in went.sent[:5]]
    assert sizes == [4, 2, 1, 1, 2]
    alone = talk((CHARGE,), [too_large])
    assert isinstance(alone.answer[0], InvalidRequest)


def forever_three(heard: Response) -> list[Response]:
    return [heard] * (3 * RETRIES_MAX)


# What is no answer of ours


@pytest.mark.parametrize(
    "body",
    [PAGE, b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"error": "bad gateway"}', b"[" * 100_000,
     b'{"code": "no_such_code"}', b'{"code": 5}', b'{"code": ["fault"]}',
     b'{"code": "insufficient_credits", "ways_out": 5}',
     b'{"code": "invalid_request", "allowed": 5}'],
    ids=repr,
)  # fmt: skip
def test_a_reply_that_is_no_problem_of_ours_names_its_status_and_where_it_came_from(body: bytes):
    error = talk(ASKED, [Response(400, body)]).error
    assert type(error) is ServerError
    assert (
        str(error) == f"{SERVER} answered 400 (Bad Request), which is not an answer of Tallystick"
    )


def test_an_unknown_status_and_a_redirection_are_named():
    assert "answered 799 (no known status)" in str(talk(ASKED, [Response(799, b"")]).error)
    moved = str(talk(ASKED, [Response(308, PAGE)]).error)
    assert "answered 308 (Permanent Redirect)" in moved
    assert "connect to where it points" in moved


@pytest.mark.parametrize(
    "body", [PAGE, b"", b"\xff", b"{}", b"[]", b"5", CLOCK[:-5], b"[" * 99_999]
)
def test_an_answer_that_cannot_be_read_says_whose_it_is(body: bytes):
    for asked in (ASKED, commands.Adjust("ada", 5, "goodwill"), (CHARGE,)):
        error = talk(asked, [Response(200, body)]).error
        assert type(error) is ServerError
        assert str(error).startswith(f"{SERVER} gave an answer that cannot be read")
        assert len(str(error)) < 300


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_with_a_number_beyond_all_bounds_is_none_of_ours(status: int):
    body = b'{"code": "invalid_request", "at": 1e' + b"9" * 1_000 + b"}"
    error = talk(ASKED, [Response(status, body)]).error
    assert type(error) is ServerError
    assert len(str(error)) < 300


def test_a_batch_that_is_answered_in_part_is_no_answer():
    body = b'{"answers": [{"status": 200, "replayed": false, "result": null, "problem": null}]}'
    error = talk((CHARGE, CHARGE), [Response(200, body)]).error
    assert str(error) == f"{SERVER} answered 1 of 2 commands"
