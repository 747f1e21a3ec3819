"""What clients send again by themselves (408, 409, 429, 5xx) may pass by itself, and nothing else
has such a status. A request that is sent again without a key says what may happen."""

from collections.abc import Iterator

import pytest

from tallystick.core import commands
from tallystick.core.refusals import BY_CODE
from tallystick.http.settings import ServerSettings
from tallystick.wire.endpoints import ENDPOINTS
from tallystick.wire.problems import KINDS
from tests.http.world import BY_NAME, DEARER, World
from tests.serving import Serving

WRITES = [each.name for each in ENDPOINTS if each.writes]
PREVIEWS = [each.name for each in ENDPOINTS if "preview" in getattr(
    each.parameters, "__struct_fields__", ())]  # fmt: skip
NOTICE = "tallystick-notice"


@pytest.fixture(scope="module")
def strict() -> Iterator[World]:
    """A server that requires idempotency keys."""
    with World(settings=ServerSettings(require_idempotency_keys=True)) as world:
        yield world


def is_sent_again(status: int) -> bool:
    """What clients made by the commonest generators do."""
    return status in (408, 409, 429) or status >= 500


def test_a_refusal_is_final_and_no_client_sends_it_again():
    assert [code for code in BY_CODE if is_sent_again(KINDS[code].status)] == []


def test_what_clients_send_again_may_pass_by_itself():
    again = {code for code, kind in KINDS.items() if is_sent_again(kind.status)}
    assert again - {"fault"} == {code for code, kind in KINDS.items() if kind.retry}
    assert {code for code, kind in KINDS.items() if kind.status == 409} == {
        *("request_in_flight", "seq_not_reached")
    }


@pytest.mark.parametrize("first", ["settle", "release"])
def test_a_hold_that_is_closed_already_is_not_sent_again(fresh: World, first: str):
    assert fresh.ask(first).status == 200
    reply = fresh.ask("release")
    assert (reply.status, reply.code, reply.header("retry-after")) == (422, "hold_closed", None)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_without_a_key_says_what_may_happen(fresh: World, name: str):
    reply = fresh.ask(name)
    assert reply.status < 300
    said = "sent without an Idempotency-Key: if it is sent again, it is done again"
    assert reply.header(NOTICE) == said


def test_a_refusal_that_its_key_keeps_says_so_and_what_to_do(fresh: World):
    fresh.ask("release")
    said = "this refusal is remembered under its key: to try again, use another key"
    for _ in range(2):
        reply = fresh.ask("release", key="late")
        assert (reply.code, reply.header(NOTICE)) == ("hold_closed", said)
    assert reply.header("idempotent-replayed") == "true"
    poor = fresh.sample("charge")._replace(body={"model": "Dot", "outputs": 500})
    reply = fresh.ask("charge", poor, key="poor")
    assert (reply.code, reply.header(NOTICE)) == ("insufficient_credits", None)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_with_a_key_has_nothing_to_say(fresh: World, name: str):
    reply = fresh.ask(name, key="job-1")
    assert reply.status < 300
    assert reply.header(NOTICE) is None


def test_a_batch_has_nothing_to_say_once_each_command_has_a_key(fresh: World):
    sample = fresh.sample("batch")
    keyed = [{**each, "key": f"k{at}"} for at, each in enumerate(sample.body["commands"])]
    assert fresh.ask("batch", sample._replace(body={"commands": keyed})).header(NOTICE) is None
    keyed[1]["key"] = None
    assert fresh.ask("batch", sample._replace(body={"commands": keyed})).header(NOTICE)


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_and_a_reader_write_nothing_and_say_nothing(world: World, name: str):
    sample = world.sample(name)
    reply = world.ask(name, sample._replace(query={**sample.query, "preview": "true"}))
    assert (reply.status, reply.header(NOTICE)) == (200, None)
    assert world.ask("balance").header(NOTICE) is None


@pytest.mark.parametrize("name", [each for each in WRITES if each != "batch"])
def test_a_server_may_require_keys(strict: World, name: str):
    before = strict.rows_written()
    reply = strict.ask(name)
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert reply.json["where"] == "Idempotency-Key"
    assert "requires an idempotency key" in reply.json["detail"]
    assert strict.rows_written() == before


def test_a_server_that_requires_keys_takes_them_and_does_not_ask_readers(strict: World):
    assert strict.ask("grant", key="k1").status == 201
    for name in ("balance", "quote", "verify"):
        assert strict.ask(name).status == 200
    sample = strict.sample("cancel")
    assert strict.ask("cancel", sample._replace(query={"preview": "true"})).status == 200
    sample = strict.sample("publish")
    dry = sample._replace(query={**sample.query, "dry_run": "true"})
    assert strict.ask("publish", dry).status == 200


def test_our_own_client_makes_the_keys_that_a_server_requires():
    charge = commands.Charge("ada", "Dot")
    with (
        World() as world,
        Serving(world.engine, ServerSettings(require_idempotency_keys=True)) as serving,
        serving.connect("small") as credits,
    ):
        with credits.hold("ada", "Dot") as hold:
            hold.settle()
        assert [each.credits for each in credits.execute([charge, charge])] == [1, 1]
        assert credits.publish(DEARER, "2029-01-01T00:00:00Z").version == 3


def test_a_server_that_requires_keys_asks_each_command_of_a_batch(strict: World):
    assert BY_NAME["batch"].writes
    charge = {"do": "charge", "account": "ada", "model": "Dot"}
    sample = strict.sample("batch")._replace(body={"commands": [charge, {**charge, "key": "k"}]})
    without, with_key = strict.ask("batch", sample).json["answers"]
    assert (without["status"], without["problem"]["where"]) == (400, "commands[0].key")
    assert with_key["status"] == 201
    named = strict.ask("batch", strict.sample("batch"), key="b1").json["answers"]
    assert {each["status"] for each in named} == {201}


@pytest.mark.parametrize("platforms", ["small", "other, small"])
def test_a_server_may_require_keys_for_one_of_its_platforms(platforms: str):
    with World(settings=ServerSettings(require_idempotency_keys_for=platforms)) as world:
        reply = world.ask("grant")
        assert (reply.status, reply.json["where"]) == (400, "Idempotency-Key")
        assert "every request that writes to small" in reply.json["detail"]
        assert world.ask("grant", key="k1").status == 201
        charge = {"do": "charge", "account": "ada", "model": "Dot"}
        batch = world.sample("batch")._replace(body={"commands": [charge]})
        assert world.ask("batch", batch).json["answers"][0]["status"] == 400


@pytest.mark.parametrize("platforms", ["none", "other", "smaller", ""])
def test_other_platforms_of_the_server_do_as_they_did(platforms: str):
    with World(settings=ServerSettings(require_idempotency_keys_for=platforms)) as world:
        reply = world.ask("grant")
        assert (reply.status, reply.header(NOTICE) is None) == (201, False)
