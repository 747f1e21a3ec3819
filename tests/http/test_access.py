"""Who may what: every endpoint with every key that does not open it."""

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.catalogs import load_text
from tallystick.engine import keys
from tallystick.http.openapi import document
from tallystick.wire.endpoints import ENDPOINTS, IN_BATCHES
from tests.http.caller import Reply
from tests.http.world import BY_NAME, SAMPLES, Sample, World

NAMES = [each.name for each in ENDPOINTS]
OF_ACCOUNT = [each.name for each in ENDPOINTS if each.of_account]
SCOPES = keys.SCOPES
DOCUMENT = document()
OPEN = ["/healthz", "/readyz", "/metrics", "/openapi.json"]


def denied(reply: Reply, status: int, code: str) -> dict[str, Any]:
    assert (reply.status, reply.code) == (status, code), reply.body[:300]
    assert (reply.header("www-authenticate") == "Bearer") == (status == 401)
    return reply.json


def test_every_endpoint_has_its_row_of_sample_values():
    """A new endpoint without its row in `world.SAMPLES` fails here."""
    assert set(SAMPLES) == {*NAMES, *(each.name for each in IN_BATCHES)}


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_of_an_endpoint_is_granted(fresh: World, name: str):
    reply = fresh.ask(name)
    assert reply.status == BY_NAME[name].status, reply.body
    assert reply.header("content-type") == "application/json"


@pytest.mark.parametrize("name", NAMES)
def test_a_request_without_a_key_that_is_known_is_401(world: World, name: str):
    key, before = world.api_key, world.rows_written()
    unknown = [None, "x", key[:-1], key + "x", key.swapcase(), key.replace("small", "other"),
               f"tk_small_{'a' * 50}", f"tk_nowhere_{'a' * 50}"]  # fmt: skip
    for given in unknown:
        denied(world.ask(name, api_key=given), 401, "unauthorized")
    assert world.rows_written() == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_says_and_nothing_else(world: World, name: str, scope: str):
    endpoint = BY_NAME[name]
    key = world.key_of(scope)
    if scope in endpoint.scopes:
        nobody = dict.fromkeys(endpoint.in_path, "nobody")
        unread = Sample(nobody, {"nonsense": 1}, world.sample(name).body)
        assert denied(world.ask(name, unread, api_key=key), 400, "invalid_request")
        return
    before = world.rows_written()
    problem = denied(world.ask(name, api_key=key), 403, "forbidden")
    assert problem["scopes"] == list(endpoint.scopes)
    assert scope in problem["detail"]
    assert world.rows_written() == before


@pytest.mark.parametrize("name", NAMES)
def test_the_document_says_which_scopes_open_an_endpoint(name: str):
    endpoint = BY_NAME[name]
    said = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["security"]
    assert said == [{"apiKey": [scope]} for scope in endpoint.scopes]


def test_a_scope_is_asked_of_each_command_of_a_batch(fresh: World):
    commands = [{"do": "top_up", "account": "ada", "credits": 50},
                {"do": "charge", "account": "ada", "model": "Dot"}]  # fmt: skip
    body = json.dumps({"commands": commands}).encode()
    reply = fresh.ask("batch", body=body, api_key=fresh.key_of("spend"))
    assert [each["status"] for each in reply.json["answers"]] == [403, 201]
    assert reply.json["answers"][0]["problem"]["code"] == "forbidden"
    assert fresh.ask("account").status == 200


# Other platforms


def changed(sample: Sample, **path: str) -> Sample:
    return sample._replace(path={**sample.path, **path})


def but_for(reply: Reply, name: str) -> tuple[int, bytes]:
    """A reply with a name taken out."""
    assert name.encode() in reply.body
    return reply.status, reply.body.replace(name.encode(), b"@")


@pytest.mark.parametrize("name", OF_ACCOUNT)
def test_an_account_of_another_platform_is_like_one_that_does_not_exist(world: World, name: str):
    before = world.rows_written()
    there = world.ask(name, changed(world.sample(name), account="zoe"))
    nowhere = world.ask(name, changed(world.sample(name), account="yoe"))
    assert denied(there, 404, "account_not_found")["account"] == "zoe"
    assert but_for(there, "zoe") == but_for(nowhere, "yoe")
    assert world.rows_written() == before


@pytest.mark.parametrize("name", OF_ACCOUNT)
def test_a_hold_receipt_or_entry_of_another_platform_is_like_none(world: World, name: str):
    sample, before = world.sample(name), world.rows_written()
    for part in {"hold", "receipt", "entry"} & set(sample.path):
        theirs = world.others[part]
        nobodys = theirs[:-1] + str((int(theirs[-1]) + 5) % 10)
        there = world.ask(name, changed(sample, **{part: theirs}))
        nowhere = world.ask(name, changed(sample, **{part: nobodys}))
        denied(there, 404, "hold_not_found" if part == "hold" else "entry_not_found")
        assert but_for(there, theirs) == but_for(nowhere, nobodys)
    assert world.rows_written() == before


@pytest.mark.parametrize("name", ["accounts", "catalog", "prices", "clock", "key", "verify"])
def test_a_platform_sees_only_itself(world: World, name: str):
    sample = Sample(body=world.sample(name).body)
    own = world.ask(name, sample).body
    assert own != world.ask(name, sample, api_key=world.key_of("all", "other")).body
    assert not {"zoe", "other"} & set(re.findall(r"\w+", own.decode()))


def test_publishing_the_catalog_of_another_platform_is_refused(fresh: World):
    sample = fresh.sample("publish")
    reply = fresh.ask("publish", api_key=fresh.key_of("all", "other"), body=sample.body.encode())
    assert denied(reply, 400, "invalid_request")["where"] == "platform"


def test_a_request_key_of_one_platform_is_not_anothers(fresh: World):
    other = fresh.key_of("all", "other")
    first = fresh.ask("top_up", key="order-1")
    second = fresh.ask("top_up", key="order-1", api_key=other)
    assert (first.status, second.status) == (201, 201)
    assert second.header("idempotent-replayed") is None


# Revocation


@pytest.mark.parametrize("name", NAMES)
def test_a_revoked_key_ends_within_its_second(fresh: World, name: str):
    now = 100.0
    fresh.app.service.keys.clock = lambda: now
    made = keys.create(fresh.engine, "small", "test", "all")
    unread = Sample(fresh.sample(name).path, {"nonsense": 1}, fresh.sample(name).body)
    denied(fresh.ask(name, unread, api_key=made.api_key), 400, "invalid_request")
    keys.revoke(fresh.engine, "small", made.id)
    now += fresh.settings.key_cache_seconds
    before = fresh.rows_written()
    problem = denied(fresh.ask(name, api_key=made.api_key), 401, "unauthorized")
    assert "revoked" in problem["detail"]
    assert fresh.rows_written() == before


def test_a_key_is_looked_up_once_a_second(fresh: World):
    """Until then a revoked key still opens: that is the price of not asking each time."""
    now = 100.0
    fresh.app.service.keys.clock = lambda: now
    made = keys.create(fresh.engine, "small", "test", "all")
    assert fresh.ask("clock", api_key=made.api_key).status == 200
    keys.revoke(fresh.engine, "small", made.id)
    now += fresh.settings.key_cache_seconds * 0.99
    assert fresh.ask("clock", api_key=made.api_key).status == 200


def test_a_key_that_was_not_known_is_known_as_soon_as_it_is_made(fresh: World):
    denied(fresh.ask("clock", api_key=f"tk_small_{'a' * 50}"), 401, "unauthorized")
    assert fresh.ask("clock", api_key=fresh.key("small", "read")).status == 200


# Without a key


@pytest.mark.parametrize("path", OPEN)
def test_what_needs_no_key_takes_none(world: World, path: str):
    assert world.caller.ask("GET", path).status == 200


def test_every_other_address_of_the_document_needs_one(world: World):
    paths = DOCUMENT["paths"]
    opened = {path for path in paths for each in paths[path].values() if each.get("security") == []}
    assert opened <= set(OPEN)


COSTLY = """\
# The provider asks 0.03 an image.
platform: small
name: Small
tools: [{id: image, name: Image}]
models:
  - name: Costly
    tool: image
    settings: {cost: [low, 'on']}
    rates:
      - {when: {cost: low}, credits: 24.5, per: image, cost: {amount: 0.03, currency: USD}}
      - when: {cost: 'on'}
        credits: 1000
        note: two
          lines
        cost:
          - {amount: 0.04, currency: USD, per: image, source: their list}
plans: [{id: basic, name: 'Basic: "all"', packages: [{credits: 1000}]}]
"""


def test_what_a_rate_costs_the_operator_is_told_to_keys_of_the_operator_only(fresh: World):
    """Others read the same catalog without it, as JSON and without comments; it loads the same."""
    fresh.ask("publish", Sample({}, {}, COSTLY))
    version = {"version": str(fresh.ask("catalog").json["newest"])}
    whole = fresh.ask("catalog", Sample({}, version, None), api_key=fresh.key_of("admin")).json
    assert whole["source"] == COSTLY
    for scope in ("quote", "read"):
        reply = fresh.ask("catalog", Sample({}, version, None), api_key=fresh.key_of(scope))
        assert not re.search(rb"0\.0[34]|USD|their list", reply.body)
        seen = load_text(reply.json["source"], "seen.json")
        assert {**whole, "source": ""} == {**reply.json, "source": ""}
        assert [r.costs for r in seen.models[0].rates] == [(), ()]
        kept = load_text(COSTLY, "whole.yaml")
        rates = tuple(replace(each, costs=()) for each in kept.models[0].rates)
        assert seen == replace(kept, models=(replace(kept.models[0], rates=rates),))


def test_a_catalog_without_costs_is_told_as_it_was_written(fresh: World):
    whole, seen = (fresh.ask("catalog", api_key=fresh.key_of(each)) for each in ("admin", "quote"))
    assert whole.json == seen.json
