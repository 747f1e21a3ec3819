"""The same key and body give the first answer again, byte for byte, whatever happened since."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tallystick.core.refusals import BY_CODE
from tallystick.http.settings import ServerSettings
from tallystick.wire.endpoints import ENDPOINTS
from tests.databases import nobody_else_writes
from tests.http.caller import Reply
from tests.http.live import Live
from tests.http.world import BY_NAME, DEARER, Sample, World
from tests.patience import PATIENCE_SECONDS

WRITES = [each.name for each in ENDPOINTS if each.writes and each.name != "batch"]
SHOWN_ONCE = ("create_api_key", "rotate_api_key")
OF_PLATFORM = (
    *("publish", "withdraw", "rollback", "advance_clock", "revoke_api_key"),
    *SHOWN_ONCE,
)
OF_ACCOUNT = [name for name in WRITES if name not in OF_PLATFORM]
OTHERWISE: dict[str, Any] = {
    "publish": DEARER.replace("credits: 2, per: image", "credits: 3, per: image"),
    "open_account": {"id": "new", "name": "Newer"},
    "set_member": {"member": "noa", "cap": 21},
    "subscribe": {"plan": "Studio"},
    "change_plan": {"plan": "Studio", "interval": "yearly"},
    "pay": {"paid_through": "2027-03-01T00:00:01Z"},
    "end": {"reason": "charged back, twice"},
    "pause": {"at_once": True},
    "reset_cycle": {"reason": "by mistake!"},
    "top_up": {"credits": 200},
    "void": {"reason": "charged back", "owe": False},
    "set_expiry": {"expires_at": None, "reason": "they asked"},
    "grant": {"credits": 5},
    "adjust": {"credits": -6, "reason": "goodwill"},
    "reverse": {"reason": "by mistake!"},
    "hold": {"model": "Dot"},
    "settle": {"credits": 11},
    "set_limits": {"held": 501},
    "increase": {"credits": 41},
    "refund": {"credits": 2, "reason": "goodwill"},
    "extend": {"ttl_seconds": 601},
    "charge": {"model": "Consultation", "credits": 8, "labels": {"project": "owl"}},
    "lease": {"credits": 21},
    "draw": {"model": "Dot", "outputs": 3, "labels": {"a": "b"}},
    "advance_clock": {"by": "2d"},
    "rollback": {"effective_at": "2029-01-02T00:00:00Z"},
    "withdraw": {},
    "create_api_key": {"name": "web", "scopes": ["read"]},
    "rotate_api_key": {"overlap": "3h"},
    "revoke_api_key": {"by": "somebody else"},
}
NO_FIELDS = {"remove_member", "cancel", "resume", "release"}


def first_and(again: Reply, first: Reply) -> bool:
    """Whether `again` is the first reply once more, and says so."""
    assert first.header("idempotent-replayed") is None
    assert again.header("idempotent-replayed") == "true"
    assert again.header("content-type") == first.header("content-type")
    if b'"closed_at":null' in first.body:  # a hold says how it stands, and else the same
        told = json.loads(again.body)
        told |= {"status": "open", "closed_at": None}
        return (again.status, told) == (first.status, json.loads(first.body))
    if b'"api_key":' in first.body:  # a key is shown once, and kept nowhere
        told = json.loads(first.body) | {"api_key": ""}
        return (again.status, json.loads(again.body)) == (first.status, told)
    return (again.status, again.body) == (first.status, first.body)


def time_goes_on(world: World) -> None:
    """A resets' worth of time, other prices, other commands."""
    world.ask("publish", body=DEARER.replace("2, per: image", "9, per: image").encode())
    world.ask("advance_clock", world.sample("advance_clock")._replace(body={"by": "40d"}))
    world.ask("grant", world.sample("grant")._replace(body={"credits": 1}))
    world.ask("charge")


@pytest.mark.parametrize("name", WRITES)
def test_the_same_key_and_body_give_the_first_answer_again(fresh: World, name: str):
    first = fresh.ask(name, key="order-1")
    assert first.status == BY_NAME[name].status, first.body
    before = fresh.rows_written()
    assert first_and(fresh.ask(name, key="order-1"), first)
    assert fresh.rows_written() == before, "asked again, and something was written"
    time_goes_on(fresh)
    assert first_and(fresh.ask(name, key="order-1"), first)


@pytest.mark.parametrize("name", WRITES)
def test_the_same_key_with_another_body_is_422(fresh: World, name: str):
    assert set(OTHERWISE) | NO_FIELDS == set(WRITES)
    first = fresh.ask(name, key="order-1")
    before = fresh.rows_written()
    others = [fresh.sample("adjust" if name != "adjust" else "grant")]
    if name not in NO_FIELDS:
        others = [fresh.sample(name)._replace(body=OTHERWISE[name])]
    if name == "withdraw":
        others = [fresh.sample(name)._replace(path={"version": "1"})]
    for other in others:
        asked = name if name not in NO_FIELDS else "adjust"
        path = {**other.path, **({"account": fresh.sample(name).path["account"]}
                                 if name in NO_FIELDS else {})}  # fmt: skip
        reply = fresh.ask(asked, other._replace(path=path), key="order-1")
        assert (reply.status, reply.code) == (422, "key_conflict"), reply.body
        assert reply.header("idempotent-replayed") is None
        assert reply.json["key"] == "order-1"
        assert reply.json.get("account") == (first.json["account"] if name in OF_ACCOUNT else None)
    assert fresh.rows_written() == before
    assert first_and(fresh.ask(name, key="order-1"), first)


@pytest.mark.parametrize("name", WRITES)
def test_another_key_is_another_request(fresh: World, name: str):
    fresh.ask(name, key="order-1")
    second = fresh.ask(name, key="order-2")
    assert second.header("idempotent-replayed") is None


REFUSED: dict[str, tuple[str, Sample]] = {
    "insufficient_credits": (
        "charge",
        Sample({"account": "ada"}, {}, {"model": "Clip", "quantities": {"seconds": 500}}),
    ),
    "hold_not_found": ("release", Sample({"account": "ada", "hold": "h99"}, {}, {})),
    "entry_not_found": (
        "reverse",
        Sample({"account": "ada", "entry": "99"}, {}, {"reason": "by mistake"}),
    ),
    "account_exists": ("open_account", Sample({}, {}, {"id": "ada"})),
    "no_subscription": ("cancel", Sample({"account": "bob"}, {}, {})),
    "already_subscribed": ("subscribe", Sample({"account": "ada"}, {}, {"plan": "Studio"})),
    "nothing_scheduled": ("resume", Sample({"account": "ada"}, {}, {})),
    "no_change": ("change_plan", Sample({"account": "ada"}, {}, {"plan": "Basic"})),
    "member_unknown": (
        "charge",
        Sample({"account": "ada"}, {}, {"model": "Dot", "member": "nobody"}),
    ),
    "entry_final": (
        "reverse",
        Sample({"account": "ada", "entry": "1"}, {}, {"reason": "by mistake"}),
    ),
    "lease_exhausted": (
        "draw",
        Sample({"account": "ada", "hold": "{lease}"}, {}, {"model": "Dot", "outputs": 60}),
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_stands_under_its_key_whatever_changes(fresh: World, code: str):
    name, sample = REFUSED[code]
    sample = sample._replace(path={k: v.format(**fresh.ids) for k, v in sample.path.items()})
    first = fresh.ask(name, sample, key="order-1")
    assert first.code == code, first.body
    fresh.ask("open_account", Sample({}, {}, {"id": "later"}))
    fresh.ask("grant", fresh.sample("grant")._replace(body={"credits": 100_000}))
    fresh.ask("subscribe", Sample({"account": "bob"}, {}, {"plan": "Basic"}))
    fresh.ask("cancel")
    time_goes_on(fresh)
    before = fresh.rows_written()
    again = fresh.ask(name, sample, key="order-1")
    if again.status < 300:  # it is cured by now
        assert BY_CODE[code].curable
        return
    assert first_and(again, first)
    assert fresh.rows_written() == before


def test_an_account_that_is_opened_meanwhile_is_found_under_the_same_key(fresh: World):
    """Nothing is remembered of an account that is not there: opening it is the cure."""
    sample = Sample({"account": "later"}, {}, {"credits": 50})
    before = fresh.rows_written()
    assert fresh.ask("top_up", sample, key="order-1").code == "account_not_found"
    assert fresh.rows_written() == before
    fresh.ask("open_account", Sample({}, {}, {"id": "later"}))
    done = fresh.ask("top_up", sample, key="order-1")
    assert done.code != "account_not_found"
    assert done.header("idempotent-replayed") is None


@pytest.mark.parametrize("name", WRITES)
def test_a_request_that_could_not_be_read_takes_no_key(fresh: World, name: str):
    bad = fresh.ask(name, fresh.sample(name)._replace(query={"nonsense": 1}), key="order-1")
    assert bad.status == 400
    good = fresh.ask(name, key="order-1")
    assert good.status == BY_NAME[name].status
    assert good.header("idempotent-replayed") is None


def test_a_key_counts_within_its_account(fresh: World):
    first = fresh.ask("grant", key="order-1")
    bobs = fresh.ask("grant", Sample({"account": "bob"}, {}, {"credits": 7}), key="order-1")
    assert (first.status, bobs.status) == (201, 201)


@pytest.mark.parametrize("name", ["subscribe", "change_plan", "cancel", "resume"])
def test_a_preview_takes_no_key(fresh: World, name: str):
    shown = fresh.ask(name, fresh.sample(name)._replace(query={"preview": "true"}), key="order-1")
    done = fresh.ask(name, key="order-1")
    assert (shown.status, done.status) == (200, 200)
    assert done.header("idempotent-replayed") is None
    assert (shown.json["preview"], done.json["preview"]) == (True, False)


def test_a_dry_run_takes_no_key(fresh: World):
    dry = fresh.sample("publish")._replace(query={"dry_run": "true"})
    shown, done = fresh.ask("publish", dry, key="p"), fresh.ask("publish", key="p")
    assert (shown.status, done.status) == (200, 201)
    assert done.header("idempotent-replayed") is None


# Batches

COMMANDS = [
    {"do": "top_up", "account": "ada", "credits": 50},
    {"do": "charge", "account": "ada", "model": "Clip", "quantities": {"seconds": 500}},
    {"do": "charge", "account": "ada", "model": "Dot", "nonsense": 1},
    {"do": "charge", "account": "ada", "model": "Dot", "key": "own"},
    {"do": "charge", "account": "nobody", "model": "Dot", "key": None},
]


def batch(world: World, commands: Any, key: str | None = None) -> Reply:
    return world.ask("batch", body=json.dumps({"commands": commands}).encode(), key=key)


def test_a_batch_under_a_key_is_one_request(fresh: World):
    commands = COMMANDS[:-1]
    first = batch(fresh, commands, "b")
    assert [each["status"] for each in first.json["answers"]] == [201, 402, 400, 201]
    before = fresh.rows_written()
    assert first_and(batch(fresh, commands, "b"), first)
    assert fresh.rows_written() == before
    time_goes_on(fresh)
    assert first_and(batch(fresh, commands, "b"), first)


def test_a_batch_that_names_an_account_which_is_not_there_is_no_replay_as_a_whole(fresh: World):
    """Nothing is remembered of that one: it may be there the next time."""
    first, again = (batch(fresh, COMMANDS, "b") for _ in range(2))
    assert [each["status"] for each in first.json["answers"]] == [201, 402, 400, 201, 404]
    assert again.json == first.json
    assert again.header("idempotent-replayed") is None


def test_a_batchs_header_says_that_all_was_replayed_and_no_answer_does(fresh: World):
    first = batch(fresh, COMMANDS[:1], "b")
    longer = batch(fresh, [*COMMANDS[:1], {"do": "grant", "account": "ada", "credits": 5}], "b")
    assert longer.header("idempotent-replayed") is None, "one of two is new"
    assert longer.json["answers"][0] == first.json["answers"][0]
    assert set(first.json["answers"][0]) == {"status", "result", "problem"}
    again = batch(fresh, COMMANDS[:1], "b")
    assert (again.header("idempotent-replayed"), again.body) == ("true", first.body)


def test_each_command_of_a_batch_has_the_key_it_says_or_the_batchs(fresh: World):
    first = batch(fresh, COMMANDS, "b").json["answers"]
    alone = fresh.ask("top_up", Sample({"account": "ada"}, {}, {"credits": 50}), key="b:0")
    assert alone.header("idempotent-replayed") == "true"
    assert alone.json == first[0]["result"]
    own = fresh.ask("charge", Sample({"account": "ada"}, {}, {"model": "Dot"}), key="own")
    assert own.header("idempotent-replayed") == "true"
    assert own.json == first[3]["result"]


def test_only_the_changed_command_of_a_batch_is_in_conflict(fresh: World):
    first = batch(fresh, COMMANDS, "b").json["answers"]
    changed = [{**COMMANDS[0], "credits": 200}, *COMMANDS[1:]]
    again = batch(fresh, changed, "b").json["answers"]
    assert (again[0]["status"], again[0]["problem"]["code"]) == (422, "key_conflict")
    assert again[1:] == first[1:]


def test_a_command_stands_twice_in_a_batch_under_one_key(fresh: World):
    command = {"do": "grant", "account": "ada", "credits": 5, "key": "k"}
    reply = batch(fresh, [command, command, {**command, "credits": 6}])
    first, second, third = reply.json["answers"]
    assert first == second
    assert third["problem"]["code"] == "key_conflict"
    assert reply.header("idempotent-replayed") is None


def test_a_batch_without_keys_is_done_each_time(fresh: World):
    first, second = batch(fresh, COMMANDS[:1]), batch(fresh, COMMANDS[:1])
    assert second.header("idempotent-replayed") is None
    assert (
        second.json["answers"][0]["result"]["seq"] == first.json["answers"][0]["result"]["seq"] + 1
    )


# At once, over sockets


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with Live(tmp_path / "credits.db") as live:
        yield live


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Live]:
    """A server on which the second request waits only a moment for the first."""
    with Live(tmp_path / "credits.db", ServerSettings(in_flight_seconds=0.2)) as live:
        yield live


def at_once(live: Live, name: str, times: int) -> list[httpx2.Response]:
    """The same request from so many threads, each on a connection of its own."""
    ready = threading.Barrier(times)

    def ask() -> httpx2.Response:
        with live.client() as client:
            client.get("/healthz")
            ready.wait(PATIENCE_SECONDS)
            return live.ask(name, key="order-1", client=client)

    with ThreadPoolExecutor(times) as threads:
        return [each.result() for each in [threads.submit(ask) for _ in range(times)]]


@pytest.mark.parametrize("name", ["charge", "hold", "open_account", "grant", "publish"])
def test_eight_at_once_are_one_and_so_they_stay_after_a_restart(live: Live, name: str):
    replies = at_once(live, name, 8)
    assert {(each.status_code, each.content) for each in replies} == {
        (BY_NAME[name].status, replies[0].content)
    }
    replayed = [each.headers.get("idempotent-replayed") for each in replies]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 7]
    assert live.lines() == live.seeded + (name != "publish")
    live.restart()
    again = at_once(live, name, 8)
    assert {each.content for each in again} == {replies[0].content}
    assert {each.headers.get("idempotent-replayed") for each in again} == {"true"}
    assert live.lines() == live.seeded + (name != "publish")


@pytest.mark.parametrize("name", ["charge", "publish"])
def test_while_the_first_is_running_the_second_is_told_so(impatient: Live, name: str):
    """The database is held by somebody else, so that the first cannot be answered yet."""
    with ThreadPoolExecutor(1) as thread:
        with nobody_else_writes(impatient.path):
            first = thread.submit(impatient.ask, name, key="order-1")
            impatient.wait_for_one_in_flight()
            second = impatient.ask(name, key="order-1")
            other = impatient.ask(name, Sample({}, {}, OTHERWISE[name]), key="order-1")
            elsewhere = impatient.ask("clock")
        done = first.result()
    for reply in (second, other):
        assert (reply.status_code, reply.json()["code"]) == (409, "request_in_flight")
        assert reply.headers["retry-after"] == "1"
    assert elsewhere.status_code == 200
    assert done.status_code == BY_NAME[name].status
    assert "idempotent-replayed" not in done.headers
    again = impatient.ask(name, key="order-1")
    assert (again.content, again.headers["idempotent-replayed"]) == (done.content, "true")
    assert impatient.lines() == impatient.seeded + (name == "charge")
