"""Up, ready, and how it is doing: what a machine asks of a server all day."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tallystick.core.errors import FullDatabase, StoreError
from tallystick.http import logs
from tallystick.http.settings import ServerSettings
from tests.databases import CHOSEN
from tests.http.caller import Reply
from tests.http.live import Live
from tests.http.world import BY_NAME, SAMPLES, Sample, World
from tests.store.disks import FailingDisk, in_use

ADA = {"account": "ada"}
Lines = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def get(world: World, path: str) -> Reply:
    return world.caller.ask("GET", path)


def test_a_server_that_runs_is_up_and_ready(world: World):
    up, ready = get(world, "/healthz"), get(world, "/readyz")
    assert (up.status, up.json) == (200, {"status": "ok"})
    assert (ready.status, ready.json) == (200, {"ready": True, "not_ready": [], "notes": []})


def test_a_server_whose_database_was_closed_says_so_and_stays_up():
    with World() as world:
        world.engine.close()
        ready = get(world, "/readyz")
        assert (ready.status, ready.json["ready"]) == (503, False)
        assert ready.json["not_ready"] == [StoreError.public]
        assert get(world, "/healthz").status == 200


@pytest.mark.parametrize("gone", ["moved", "replaced"])
def test_a_server_whose_file_is_gone_says_so(tmp_path: Path, gone: str):
    """SQLite goes on with a file that was taken away, and all that it writes is lost."""
    path = tmp_path / "credits.db"
    with World(str(path)) as world:
        assert get(world, "/readyz").status == 200
        path.rename(tmp_path / "elsewhere.db")
        if gone == "replaced":
            path.write_bytes(b"")
        ready = get(world, "/readyz")
        assert (ready.status, ready.json["ready"]) == (503, False)
        (said,) = ready.json["not_ready"]
        assert "moved, replaced or removed" in said
        assert path.name not in said
        path.unlink(missing_ok=True)
        (tmp_path / "elsewhere.db").rename(path)
        assert get(world, "/readyz").status == 503, "it stays so until the file is opened again"
        reply = world.ask("charge")
        assert (reply.status, reply.code) == (503, "database_unusable")


def test_a_server_whose_database_cannot_be_used_answers_503_and_no_more(tmp_path: Path):
    with Live(tmp_path / "credits.db") as live, live.client() as client:
        live.serving.engine.store.close()
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        for name in SAMPLES:
            if name in BY_NAME:
                reply = live.ask(name, client=client)
                assert reply.status_code == 503, name
                assert reply.json()["code"] == "database_unusable"


def test_a_server_that_stops_is_not_ready():
    with World() as world:
        world.app.service.stopping = True
        ready = get(world, "/readyz")
        assert (ready.status, ready.json["not_ready"]) == (503, ["the server is shutting down"])


# What everybody may know, and what is for the log


@pytest.fixture
def lines() -> Iterator[Any]:
    """The lines of the log, so far."""
    to = io.StringIO()
    with logs.configured("info", "json", to):
        yield lambda: [json.loads(line) for line in to.getvalue().splitlines()]


def broken(live: Live, name: str) -> None:
    """Take its database away from a server."""
    if name == "closed":
        live.serving.engine.store.close()
        return
    path = Path(live.path)
    path.rename(path.with_name("elsewhere.db"))


@pytest.mark.skipif(CHOSEN != "sqlite", reason="a file can be taken away")
@pytest.mark.parametrize("how", ["closed", "moved"])
def test_where_the_database_is_stands_in_the_log_and_in_no_reply(
    tmp_path: Path, lines: Any, how: str
):
    with Live(tmp_path / "credits.db") as live, live.client() as client:
        broken(live, how)
        replies = [client.get("/readyz"), client.get("/readyz")]
        replies += [live.ask(name, client=client) for name in ("charge", "balance", "batch", "key")]
        assert {each.status_code for each in replies} <= {503, 200, 201}
        assert {each.status_code for each in replies[:2]} == {503}
        for each in replies:
            assert str(tmp_path) not in each.text
            assert "credits.db" not in each.text
        told = [line for line in lines() if str(tmp_path) in line.get("why", "")]
        assert told[0]["event"] == "not ready"
        assert [line["event"] for line in told].count("not ready") == 1, "once, not at each look"
        if how == "closed":
            charge = next(line for line in told if line.get("verb") == "charge")
            assert (charge["level"], charge["code"]) == ("warning", "database_unusable")


@pytest.mark.skipif(CHOSEN != "sqlite", reason="the disk of a server cannot be filled from here")
def test_a_server_whose_disk_is_full_is_not_ready_until_something_can_be_written(
    tmp_path: Path, lines: Any
):
    disk = FailingDisk("write", 1, apsw.FullError)
    with in_use(disk), Live(tmp_path / "credits.db") as live, live.client() as client:
        disk.armed = True
        assert client.get("/readyz").status_code == 200, "nobody has tried to write"
        reply = live.ask("charge", key="first", client=client)
        assert (reply.status_code, reply.json()["detail"]) == (503, FullDatabase.public)
        assert "disk is full" in FullDatabase.public
        for _ in range(2):
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["not_ready"]) == (503, [FullDatabase.public])
        assert live.ask("balance", client=client).status_code == 200
        disk.armed = False
        assert client.get("/readyz").json() == {"ready": True, "not_ready": [], "notes": []}
        assert live.ask("charge", key="later", client=client).status_code == 201
        events = [line["event"] for line in lines() if "ready" in line["event"]]
        assert events == ["not ready", "ready again"]


# Metrics


def metrics(world: World) -> Lines:
    reply = get(world, "/metrics")
    assert reply.status == 200
    assert reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (line.name, tuple(sorted(line.labels.items()))): line.value
        for family in text_string_to_metric_families(reply.body.decode())
        for line in family.samples
    }


def grown(before: Lines, after: Lines, name: str) -> dict[tuple[str, ...], float]:
    """How much each line of a metric has grown, by the values of its labels."""
    found = {
        tuple(value for _, value in labels): value - before.get((each, labels), 0)
        for (each, labels), value in after.items()
        if each == name
    }
    return {labels: value for labels, value in found.items() if value}


def test_the_latency_of_every_verb_is_counted(fresh: World):
    before = metrics(fresh)
    for name in BY_NAME:
        fresh.ask(name)
    fresh.ask("balance", Sample({"account": "nobody"}))
    get(fresh, "/nowhere")
    after = metrics(fresh)
    counted = grown(before, after, "tallystick_request_seconds_count")
    assert {verb for _, verb in counted} >= set(BY_NAME)
    assert counted["404", "balance"] == 1
    assert counted["404", "none"] == 1
    spent = grown(before, after, "tallystick_request_seconds_sum")
    assert all(spent[each] > 0 for each in counted)


def test_refusals_are_counted_by_their_code_once(fresh: World):
    before = metrics(fresh)
    for _ in range(3):
        fresh.ask(
            "charge", Sample(ADA, {}, {"model": "Clip", "quantities": {"seconds": 999}}), key="k"
        )
    fresh.ask("charge", Sample(ADA, {}, {"model": "Clip", "quantities": {"seconds": 999}}))
    commands = [{"do": "release", "account": "ada", "hold": "h99"}] * 2
    fresh.ask("batch", body=json.dumps({"commands": commands}).encode())
    assert grown(before, metrics(fresh), "tallystick_refusals_total") == {
        ("insufficient_credits", "small"): 2,
        ("hold_not_found", "small"): 2,
    }


def test_credits_are_counted_by_their_source_once(fresh: World):
    """By a charge of 120 on a new day, a hold settled for 10, a lease drawn from for 2."""
    before = metrics(fresh)
    replies = [fresh.ask("settle"), fresh.ask("draw")]
    fresh.ask("advance_clock")
    charge = Sample(ADA, {}, {"model": "Clip", "quantities": {"seconds": 12}})
    replies.append([fresh.ask("charge", charge, key="k") for _ in range(3)][-1])
    sums: dict[tuple[str, ...], float] = {}
    for burn in [each for reply in replies for each in reply.json["burns"]]:
        name = "small", burn["source"]
        sums[name] = sums.get(name, 0) + burn["credits"]
    assert sum(sums.values()) == 10 + 2 + 120
    assert {source for _, source in sums} == {"free", "subscription", "promo"}
    assert grown(before, metrics(fresh), "tallystick_credits_spent_total") == sums


def test_credits_given_are_counted_by_their_source_once(fresh: World):
    before = metrics(fresh)
    for _ in range(2):
        fresh.ask("top_up", key="t")
        fresh.ask("grant", key="g")
        fresh.ask(
            "adjust", fresh.sample("adjust")._replace(body={"credits": 2.5, "reason": "x"}), key="a"
        )
    assert grown(before, metrics(fresh), "tallystick_credits_granted_total") == {
        ("small", "topup"): fresh.sample("top_up").body["credits"],
        ("small", "promo"): 5,
        ("small", "adjustment"): 2.5,
    }


def test_the_size_of_batches_is_counted(fresh: World):
    before = metrics(fresh)
    commands = [{"do": "charge", "account": "ada", "model": "Dot"}] * 7
    fresh.ask("batch", body=json.dumps({"commands": commands}).encode())
    fresh.ask("charge")
    after = metrics(fresh)
    assert grown(before, after, "tallystick_batch_commands_count") == {(): 2}
    assert grown(before, after, "tallystick_batch_commands_sum") == {(): 8}


def test_metrics_tell_of_no_account_and_no_key(fresh: World):
    for name in BY_NAME:
        fresh.ask(name, key="order-1")
    said = get(fresh, "/metrics").body.decode()
    for secret in ("ada", "order-1", fresh.api_key, fresh.api_key[-20:], "owl"):
        assert secret not in said


def test_metrics_can_be_left_out():
    with World(settings=ServerSettings(metrics=False)) as world:
        assert get(world, "/metrics").status == 404
