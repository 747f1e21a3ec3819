"""Lists page by page, and readers that wait for their own write."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tallystick.client.exchange import Response
from tallystick.client.request_steps import request_steps
from tallystick.core.queries import HoldsOf
from tallystick.http.settings import ServerSettings
from tallystick.service import lists
from tallystick.service.transport import Call
from tallystick.wire import cursors
from tallystick.wire.endpoints import COMMANDS, ENDPOINTS
from tests.http.caller import Reply
from tests.http.world import BY_NAME, Sample, World

OF_ACCOUNT = [each.name for each in ENDPOINTS if each.of_account]
WAITING = [each.name for each in ENDPOINTS if each.may_wait]
ADA = {"account": "ada"}
BEGIN_A_CYCLE = {"subscribe": 1, "change_plan": 1, "reset_cycle": 2}
"""Entries that come after the one that answers: a cycle that begins, after one that ends."""
"""Their own line is followed by that of the cycle, in the same commit."""


@pytest.fixture(scope="module")
def busy() -> Iterator[World]:
    """``ada`` has a hundred entries, and a cycle's end that fell due and is not yet written."""
    with World() as world:
        for number in range(45):
            labels = {"project": "owl" if number % 3 else "fox"}
            body = {"model": "Dot", "labels": labels}
            assert world.ask("charge", Sample(ADA, {}, body)).status == 201
            assert world.ask("open_account", Sample({}, {}, {"id": f"a{number}"})).status == 201
        world.ask("hold", world.sample("hold"))
        world.ask("advance_clock", Sample({}, {}, {"by": "40d"}))
        world.ask("open_account", Sample({}, {}, {"id": "hal"}))
        world.ask("subscribe", Sample({"account": "hal"}, {}, {"plan": "Basic"}))
        for number in range(35):  # some time out at one instant
            body = {"model": "Dot", "ttl_seconds": 86_400 - number // 3}
            assert world.ask("hold", Sample({"account": "hal"}, {}, body)).status == 201
        yield world


def walked(world: World, name: str, path: Any, query: dict[str, Any], field: str) -> list[Any]:
    """A list page by page, from the first to the one that names no next."""
    found: list[Any] = []
    pages, cursor = 0, None
    while True:
        more = {"cursor": cursor} if cursor else {}
        reply = world.ask(name, Sample(path, {**query, **more}))
        assert reply.status == 200, reply.body
        page = reply.json
        assert len(page[field]) <= query["limit"]
        found += page[field]
        cursor, pages = page["next"], pages + 1
        assert pages < 200, "a list that never ends"
        if cursor is None:
            return found


LISTS = [
    ("entries", ADA, {}, "entries"),
    ("entries", ADA, {"newest": "true"}, "entries"),
    ("usage", ADA, {}, "charges"),
    ("usage", ADA, {"label": "project=owl", "tool": "image"}, "charges"),
    ("accounts", {}, {}, "accounts"),
    ("holds", {"account": "hal"}, {}, "holds"),
]


@pytest.mark.parametrize("limit", [1, 7, 47, 48, 1_000])
@pytest.mark.parametrize(("name", "path", "query", "field"), LISTS)
def test_the_pages_of_a_list_are_the_whole_list(
    busy: World, name: str, path: Any, query: Any, field: str, limit: int
):
    whole = busy.ask(name, Sample(path, {**query, "limit": 1_000})).json
    assert len(whole[field]) > 30
    assert walked(busy, name, path, {**query, "limit": limit}, field) == whole[field]
    assert whole["next"] is None


def carried_out(call: Call[Any], send: Callable[[Any], Response]) -> Any:
    """What a client answers a call with, from the replies to what it sends."""
    talk = request_steps(call, "here")
    try:
        step = next(talk)
        while True:
            step = talk.send(send(step))
    except StopIteration as answered:
        return answered.value


def test_a_client_answers_all_holds_page_by_page(busy: World, monkeypatch: pytest.MonkeyPatch):
    whole = busy.ask("holds", Sample({"account": "hal"})).json["holds"]
    monkeypatch.setattr(lists, "MAX_PAGE", 10)
    asked: list[str] = []

    def send(step: Any) -> Response:
        path, _, query = step.path.partition("?")
        asked.append(query)
        reply = busy.caller.ask("GET", path, b"", busy.headers(BY_NAME["holds"]), query)
        return Response(reply.status, reply.body)

    holds = carried_out(Call(HoldsOf(account="hal")), send)
    assert [each.hold for each in holds] == [each["hold"] for each in whole]
    assert len(asked) == 4


def test_a_page_of_charges_ends_where_it_has_looked_long_enough(
    busy: World, monkeypatch: pytest.MonkeyPatch
):
    """With fewer than were asked for, none even, and a next one all the same."""
    query = {"label": "project=fox", "limit": 40}
    whole = busy.ask("usage", Sample(ADA, query)).json
    assert whole["next"] is None
    monkeypatch.setattr(lists, "LOOKUP_ROWS", 5)
    monkeypatch.setattr(lists, "LOOKED_ENTRIES_MAX", 10)
    first = busy.ask("usage", Sample(ADA, query)).json
    assert len(first["charges"]) < len(whole["charges"])
    assert first["next"] is not None
    assert walked(busy, "usage", ADA, query, "charges") == whole["charges"]
    nothing = {"tool": "image", "member": "mia", "limit": 40}
    page = busy.ask("usage", Sample(ADA, nothing)).json
    assert (page["charges"], page["next"] is None) == ([], False)
    assert walked(busy, "usage", ADA, nothing, "charges") == []


def test_a_page_reads_no_charge_without_its_label(busy: World, monkeypatch: pytest.MonkeyPatch):
    """A label stands in the charge itself: the database looks for its text."""
    read: list[int] = []
    charges = busy.engine.store.charges
    monkeypatch.setattr(
        busy.engine.store,
        "charges",
        lambda *asked: (found := charges(*asked), read.append(len(found)))[0],
    )
    page = busy.ask("usage", Sample(ADA, {"label": "project=nobody", "limit": 1})).json
    assert (page["charges"], page["next"]) == ([], None)
    assert read
    assert sum(read) == 0


@pytest.mark.parametrize(
    "place", ["1 0", "0x1 2", "1", "1 2 3", "-1 2", "9" * 19 + " 1", "1 " + "9" * 17, "\u0661 1"]
)
def test_a_cursor_of_holds_is_an_expiry_and_a_hold(busy: World, place: str):
    cursor = cursors.encode("holds", place)
    reply = busy.ask("holds", Sample(ADA, {"cursor": cursor}))
    assert (reply.status, reply.json["where"]) == (400, "cursor")


def test_the_newest_entries_are_the_oldest_the_other_way_round(busy: World):
    oldest = walked(busy, "entries", ADA, {"limit": 10}, "entries")
    newest = walked(busy, "entries", ADA, {"limit": 9, "newest": "true"}, "entries")
    assert newest == oldest[::-1]
    seqs = [each["seq"] for each in oldest]
    assert seqs == list(range(1, len(seqs) + 1))
    assert oldest[-1]["seq"] == busy.ask("balance", Sample(ADA)).json["seq"]


def test_what_fell_due_is_in_the_list_before_anybody_wrote_it(busy: World):
    before = busy.rows_written()
    entries = walked(busy, "entries", ADA, {"limit": 7}, "entries")
    assert entries[-1]["at"] > "2026-03-31"
    assert busy.rows_written() == before


def test_a_list_goes_on_where_it_was_though_it_grew_meanwhile(fresh: World):
    first = fresh.ask("entries", Sample(ADA, {"limit": 3})).json
    newest = fresh.ask("entries", Sample(ADA, {"limit": 3, "newest": "true"})).json
    fresh.ask("charge")
    rest = fresh.ask("entries", Sample(ADA, {"limit": 100, "cursor": first["next"]})).json
    assert [each["seq"] for each in rest["entries"]] == list(range(4, rest["seq"] + 1))
    more = {"limit": 100, "newest": "true", "cursor": newest["next"]}
    older = fresh.ask("entries", Sample(ADA, more)).json
    assert [each["seq"] for each in older["entries"]] == list(
        range(newest["entries"][-1]["seq"] - 1, 0, -1)
    )


# Every reply about an account carries `seq`


@pytest.mark.parametrize("name", [*OF_ACCOUNT, "open_account", "quote"])
def test_a_reply_about_an_account_carries_its_seq(fresh: World, name: str):
    sample = fresh.sample(name)
    account = sample.path.get("account") or (sample.body or {}).get("account") or "new"
    reply = fresh.ask(name, sample._replace(query={}) if name == "balance" else sample).json
    now = fresh.ask("account", Sample({"account": account})).json["seq"]
    assert reply["account"] == account
    if name == "receipt":
        assert f"r{reply['seq']}" == sample.path["receipt"]
    else:
        assert reply["seq"] == now - BEGIN_A_CYCLE.get(name, 0)


def test_a_quote_for_nobody_has_no_seq(world: World):
    reply = world.ask("quote", Sample({}, {}, {"model": "Dot"})).json
    assert (reply["account"], reply["seq"]) == (None, None)


@pytest.mark.parametrize(
    "body", [{"model": "Dot"}, {"model": "Clip", "quantities": {"seconds": 99}}]
)
def test_the_seq_of_a_quote_is_that_of_a_balance(fresh: World, body: dict[str, Any]):
    """Whether free credits would be claimed by it, a cycle's end fell due, or it is refused."""
    for by in ("1s", "1d", "40d"):
        fresh.ask("advance_clock", Sample({}, {}, {"by": by}))
        quoted = fresh.ask("quote", Sample({}, {}, {**body, "account": "ada"})).json
        assert quoted["seq"] == fresh.ask("balance", Sample(ADA)).json["seq"], by


def test_every_answer_of_a_batch_carries_the_seq_of_its_account(fresh: World):
    for word, endpoint in COMMANDS.items():
        sample = fresh.sample(endpoint.name)
        command = {"do": word, **sample.path, **sample.body}
        if "id" in command:
            command["account"] = command.pop("id")
        body = json.dumps({"commands": [command]}).encode()
        (answer,) = fresh.ask("batch", body=body).json["answers"]
        account = {"account": command["account"]}
        if answer["status"] < 300 and answer["result"] is not None:
            now = fresh.ask("account", Sample(account)).json["seq"]
            now -= BEGIN_A_CYCLE.get(word, 0)
            assert (answer["result"]["account"], answer["result"]["seq"]) == (
                account["account"],
                now,
            )


# Waiting for a write


@pytest.mark.parametrize("name", WAITING)
def test_a_reader_sees_the_write_that_it_names(fresh: World, name: str):
    seq = fresh.ask("charge").json["seq"]
    sample = fresh.sample(name)
    for least in (0, 1, seq):
        reply = fresh.ask(name, sample._replace(query={**sample.query, "min_seq": least}))
        assert reply.status == 200
        assert reply.json["seq"] >= least


@pytest.fixture(scope="module")
def impatient() -> Iterator[World]:
    with World(settings=ServerSettings(min_seq_seconds=0)) as world:
        yield world


@pytest.mark.parametrize("name", WAITING)
def test_a_seq_that_does_not_come_is_409(impatient: World, name: str):
    seq = impatient.ask("account").json["seq"]
    sample = impatient.sample(name)
    ahead = sample._replace(query={**sample.query, "min_seq": seq + 1})
    reply = impatient.ask(name, ahead)
    assert (reply.status, reply.code) == (409, "seq_not_reached")
    assert reply.header("retry-after") == "1"
    assert reply.json["seq"] == seq
    reached = sample._replace(query={**sample.query, "min_seq": seq})
    assert impatient.ask(name, reached).status == 200
    nobody = ahead._replace(path={"account": "nobody"})
    assert impatient.ask(name, nobody).code == "account_not_found"


def test_a_balance_of_the_past_waits_for_the_account_not_for_the_past(fresh: World):
    fresh.ask("advance_clock", Sample({}, {}, {"by": "3d"}))
    seq = fresh.ask("charge").json["seq"]
    query = {"as_of": "2026-03-02T00:00:00Z", "min_seq": seq}
    reply = fresh.ask("balance", Sample(ADA, query))
    assert reply.status == 200
    assert reply.json["seq"] < seq


def test_a_reader_waits_until_the_write_is_there(fresh: World, monkeypatch: pytest.MonkeyPatch):
    """It has looked once and found nothing; then comes the write, then its answer."""
    looked = asyncio.Event()
    engine, ask = fresh.app.service.engine, fresh.app.service.engine.ask
    seq = fresh.ask("account").json["seq"]

    async def noting(*args: Any) -> Any:
        found = await ask(*args)
        looked.set()
        return found

    async def meanwhile() -> tuple[Reply, Reply]:
        headers = fresh.headers(BY_NAME["balance"])
        path = "/v1/accounts/ada/balance"
        reading = asyncio.create_task(
            fresh.caller.asking("GET", path, headers=headers, query=f"min_seq={seq + 1}")
        )
        await looked.wait()
        assert not reading.done()
        headers = fresh.headers(BY_NAME["top_up"])
        path = "/v1/accounts/ada/top-ups"
        written = await fresh.caller.asking("POST", path, b'{"credits": 50}', headers)
        return written, await reading

    monkeypatch.setattr(engine, "ask", noting)
    written, read = fresh.caller.run(meanwhile())
    assert (written.status, read.status) == (201, 200)
    assert read.json["seq"] == written.json["seq"] == seq + 1
    assert read.json["available"] == written.json["balance_after"]
