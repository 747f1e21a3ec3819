"""What would be wrong is found: each way in which a journal can differ from what was answered."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.week.log import Answer, Asked, Log
from tests.week.reconcile import Journal, differences
from tests.week.wire import Reply

Change = Callable[[list[Asked], Journal], None]


def entry(seq: int, kind: str, key: str | None, before: int, after: int, **moved: int) -> Any:
    postings = [{"account": name.replace("_", ":"), "credits": n} for name, n in moved.items()]
    return {
        "seq": seq,
        "at": f"2026-03-01T00:00:{seq:02}Z",
        "kind": kind,
        "text": kind,
        "key": key,
        "balance_before": before,
        "balance_after": after,
        "postings": postings,
        "hold": None,
        "receipt": None,
    }


def answered(key: str, do: str, line: dict[str, Any], credits: int, **more: Any) -> Asked:
    """What was answered with an entry."""
    said = {name: line[name] for name in ("seq", "at", "balance_before", "balance_after")}
    document = {**said, "credits": credits, **more}
    return Asked("ada", key, do, {}, credits, 0, 1, Answer(201, document))


@pytest.fixture
def week() -> tuple[list[Asked], Journal]:
    """As it should be: a top-up, a charge, a settled hold, one that timed out, a refusal."""
    entries = [
        entry(1, "account_opened", None, 0, 0),
        entry(2, "granted", "a", 0, 100, issued=-100, topup_2=100),
        entry(3, "charged", "b", 100, 93, topup_2=-7, spent=7),
        entry(4, "held", "c", 93, 63, topup_2=-30, held_4=30),
        entry(5, "settled", "d", 63, 73, held_4=-30, topup_2=10, spent=20),
        entry(6, "held", "e", 73, 63, topup_2=-10, held_6=10),
        entry(7, "released", None, 63, 73, held_6=-10, topup_2=10),
    ]
    for line, hold in ((3, "h4"), (4, "h4"), (5, "h6"), (6, "h6")):
        entries[line]["hold"] = hold
    entries[6]["text"] = "Hold h6 timed out"
    asked = [
        answered("a", "top_up", entries[1], 100, grant="g2"),
        answered("b", "charge", entries[2], 7),
        answered("c", "hold", entries[3], 30, hold="h4", expires_at="2026-03-01T01:00:00Z"),
        answered("d", "settle", entries[4], 20, hold="h4"),
        answered("e", "hold", entries[5], 10, hold="h6", expires_at=entries[6]["at"]),
        Asked("ada", "f", "charge", {}, None, 0, 1, Answer(402, {"code": "insufficient_credits"})),
    ]
    balance = {"seq": 7, "available": 73, "held": 0, "grants": []}
    return asked, Journal("ada", 1, entries, balance, [])


def test_what_is_as_it_should_be_is_left_alone(week: tuple[list[Asked], Journal]):
    assert differences(week[0], {"ada": week[1]}) == []


def lost(asked: list[Asked], journal: Journal) -> None:
    journal.entries[2]["key"] = None


def doubled(asked: list[Asked], journal: Journal) -> None:
    journal.entries[4]["key"] = "b"


def refused_and_done(asked: list[Asked], journal: Journal) -> None:
    asked[1].answer = asked[-1].answer


def unanswered(asked: list[Asked], journal: Journal) -> None:
    asked[0].answer = None


def other_number(asked: list[Asked], journal: Journal) -> None:
    asked[1].answer.document["balance_after"] = 92


def dearer(asked: list[Asked], journal: Journal) -> None:
    asked[1].price = 6


def overtaken(asked: list[Asked], journal: Journal) -> None:
    asked[1].after = 3


def asked_by_nobody(asked: list[Asked], journal: Journal) -> None:
    del asked[0]


def written_by_nobody(asked: list[Asked], journal: Journal) -> None:
    journal.entries[6]["text"] = "Hold h6 released"


def too_early(asked: list[Asked], journal: Journal) -> None:
    asked[4].answer.document["expires_at"] = "2026-03-01T02:00:00Z"


def closed_twice(asked: list[Asked], journal: Journal) -> None:
    journal.entries[6]["hold"] = "h4"


def never_closed(asked: list[Asked], journal: Journal) -> None:
    journal.holds.append({"hold": "h6"})


def uneven(asked: list[Asked], journal: Journal) -> None:
    journal.entries[2]["postings"][0]["credits"] = -6


def with_a_gap(asked: list[Asked], journal: Journal) -> None:
    journal.entries[2]["balance_before"] = 99


def overspent(asked: list[Asked], journal: Journal) -> None:
    journal.entries[2]["balance_after"] = -1


def another_balance(asked: list[Asked], journal: Journal) -> None:
    journal.balance["available"] = 74


def still_held(asked: list[Asked], journal: Journal) -> None:
    journal.balance["held"] = 10


CHANGES: list[tuple[Change, str]] = [
    (lost, "b was answered 201 and stands 0 times"),
    (doubled, "b was answered 201 and stands 2 times"),
    (refused_and_done, "b was answered 402 and stands 1 times"),
    (unanswered, "a has no answer"),
    (other_number, "b: balance_after was 92 and is 93"),
    (dearer, "b came to 7 credits instead of 6"),
    (overtaken, "b is entry 3, though 3 was known before"),
    (asked_by_nobody, "nobody asked for 1 entries under a"),
    (written_by_nobody, "nobody asked for entry 7"),
    (too_early, "h6 was to end at 2026-03-01T02:00:00Z"),
    (closed_twice, "h4 is closed by entry 7"),
    (never_closed, "open holds are ['h6'], by the journal []"),
    (uneven, "the postings of entry 3 are not even"),
    (with_a_gap, "entry 3 does not follow the one before it"),
    (overspent, "entry 3 leaves -1 credits"),
    (another_balance, "its balance: (73, 73, 73, 74)"),
    (still_held, "0 credits are held, and the balance says 10"),
]


@pytest.mark.parametrize(
    ("change", "said"), CHANGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_is_wrong_is_found(week: tuple[list[Asked], Journal], change: Change, said: str):
    asked, journal = copy.deepcopy(week)
    change(asked, journal)
    again = Journal("ada", 1, journal.entries, journal.balance, journal.holds)
    assert [each for each in differences(asked, {"ada": again}) if said in each]


# The log by itself


def reply(body: bytes, status: int = 201, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def asked() -> Asked:
    return Asked("ada", "a", "charge", {}, sent=1)


def test_two_answers_under_one_key_are_found_to_the_byte(log: Log, asked: Asked):
    assert log.heard(asked, reply(b'{"seq":1}'))
    assert log.heard(asked, reply(b'{"seq": 1}'))
    assert "two answers" in log.wrong[0]


def test_a_hold_is_the_same_but_for_how_it_stands_and_is_closed_once(log: Log, asked: Asked):
    hold = '{"seq":4,"hold":"h4","status":"%s","closed_at":%s}'
    log.heard(asked, reply((hold % ("open", "null")).encode()))
    for _ in range(2):
        log.heard(asked, reply((hold % ("settled", '"2026-01-01T00:00:00Z"')).encode()))
    assert log.wrong == []
    log.heard(asked, reply((hold % ("settled", '"2026-01-02T00:00:00Z"')).encode()))
    assert "two answers" in log.wrong[0]


def test_a_refusal_that_was_cured_is_no_second_answer_and_an_effect_is_the_last(
    log: Log, asked: Asked
):
    short = b'{"code":"insufficient_credits","shortfall":2}'
    for body, status in ((short, 402), (short, 402), (b'{"seq":9}', 201), (b'{"seq":9}', 201)):
        log.heard(asked, reply(body, status))
    assert log.wrong == []
    assert asked.answer is not None
    assert asked.answer.effect
    log.heard(asked, reply(short, 402))
    assert "two answers" in log.wrong[0]


def test_a_final_refusal_stays_the_answer_of_its_key(log: Log, asked: Asked):
    log.heard(asked, reply(b'{"code":"hold_closed"}', 422))
    log.heard(asked, reply(b'{"seq":9}', 201))
    assert "two answers" in log.wrong[0]


def test_a_reply_that_asks_for_patience_is_no_answer(log: Log, asked: Asked):
    assert not log.heard(asked, reply(b"{}", 409, retry_after="1"))
    assert not log.heard(asked, reply(b"{}", 503))
    assert (asked.answer, log.wrong, log.faults) == (None, [], [])


def test_a_fault_of_the_server_is_noted(log: Log, asked: Asked):
    assert not log.heard(asked, reply(b"{}", 500))
    assert log.faults


def test_a_first_answer_is_no_replay(log: Log, asked: Asked):
    log.heard(asked, reply(b"{}", idempotent_replayed="true"))
    assert "says that it is a replay" in log.wrong[0]


def test_what_a_batch_answers_is_what_the_request_itself_is_answered(log: Log, asked: Asked):
    log.heard_of(asked, {"status": 201, "result": {"seq": 1}, "problem": None})
    log.heard(asked, reply(b'{"seq":1}'))
    assert log.wrong == []
    log.heard_of(asked, {"status": 201, "result": {"seq": 2}, "problem": None})
    assert "two answers" in log.wrong[0]
