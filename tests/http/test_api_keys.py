"""The life of an API key over HTTP: made, used, replaced, ended, and by whom."""

from typing import Any

import pytest

from tallystick import InvalidRequest
from tallystick.core.api_keys import read, write
from tallystick.core.instants import SECOND
from tallystick.engine import keys
from tests.http.caller import Reply
from tests.http.test_access import denied
from tests.http.world import World

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND


@pytest.fixture
def clock(fresh: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The real time of a server, which stands until the test moves it."""
    now = [fresh.engine.clock.now()]
    monkeypatch.setattr(fresh.engine.clock, "now", lambda: now[0], raising=False)
    fresh.app.service.keys.clock = lambda: now[0] / SECOND
    fresh.app.service.keys._used.clear()
    return now


def made(world: World, **body: Any) -> dict[str, Any]:
    reply = world.ask("create_api_key", world.sample("create_api_key")._replace(body=body))
    assert reply.status == 201, reply.body
    return reply.json


def of(world: World, id: str) -> dict[str, Any]:
    """A key as the list has it."""
    listed = world.ask("api_keys").json["keys"]
    return next(each for each in listed if each["id"] == id)


def about(world: World, name: str, id: str, **body: Any) -> Reply:
    return world.ask(name, world.sample(name)._replace(path={"id": id}, body=body))


def works(world: World, api_key: str) -> bool:
    reply = world.ask("clock", api_key=api_key)
    assert reply.status in (200, 401)
    return reply.status == 200


def test_a_key_is_shown_once_and_kept_nowhere(fresh: World):
    first = made(fresh, name="web", scopes=["read"])
    secret = read(first["api_key"]).secret
    assert works(fresh, first["api_key"])
    assert secret not in fresh.ask("api_keys").body.decode()
    again = fresh.ask("create_api_key", key="k")
    replayed = fresh.ask("create_api_key", key="k")
    assert replayed.header("idempotent-replayed") == "true"
    assert replayed.json == {**again.json, "api_key": ""}


def test_who_made_a_key_stands_beside_it(fresh: World):
    assert (made(fresh)["created_by"], made(fresh)["created_key"]) == (None, "test")
    danas = made(fresh, by="dana")
    assert (danas["created_by"], danas["created_key"]) == ("dana", "test")
    spare = fresh.ids["api_key"]
    ended = about(fresh, "revoke_api_key", spare, by="dana").json
    assert (ended["revoked_by"], ended["revoked_key"], ended["id"]) == ("dana", "test", spare)
    assert about(fresh, "revoke_api_key", spare, by="someone else").json == ended, "it stays so"


def test_a_key_ends_by_itself_at_its_instant(fresh: World, clock: list[int]):
    key = made(fresh, expires_at="1d")["api_key"]
    assert works(fresh, key)
    clock[0] += DAY - 1
    assert works(fresh, key)
    clock[0] += 1
    problem = denied(fresh.ask("clock", api_key=key), 401, "unauthorized")
    assert "ended at" in problem["detail"]


def test_a_key_that_is_replaced_goes_on_for_the_overlap(fresh: World, clock: list[int]):
    old = made(fresh, name="web", scopes=["read", "quote"])
    reply = about(fresh, "rotate_api_key", old["id"], overlap="2h")
    new = reply.json
    assert (new["name"], new["scopes"], new["replaces"]) == ("web", ["quote", "read"], old["id"])
    clock[0] += 2 * HOUR - 1
    assert works(fresh, old["api_key"])
    assert works(fresh, new["api_key"])
    clock[0] += 1
    assert not works(fresh, old["api_key"])
    assert works(fresh, new["api_key"])
    reply = about(fresh, "rotate_api_key", old["id"])
    assert (reply.status, reply.json["where"]) == (400, "id"), "it has ended"


def test_a_key_that_would_end_sooner_does(fresh: World, clock: list[int]):
    old = made(fresh, expires_at="1h")
    new = about(fresh, "rotate_api_key", old["id"], overlap="2h").json
    assert of(fresh, old["id"])["expires_at"] == old["expires_at"]
    assert new["expires_at"] == old["expires_at"], "so does the one in its place"


def test_the_hour_of_the_last_use_is_noted_together(
    fresh: World, clock: list[int], monkeypatch: pytest.MonkeyPatch
):
    noted: list[set[str]] = []
    write_uses = keys.note_use
    monkeypatch.setattr(
        keys,
        "note_use",
        lambda engine, used: (noted.append({id for id, _ in used}), write_uses(engine, used)),
    )
    one, two, idle = (made(fresh) for _ in range(3))
    assert works(fresh, one["api_key"])
    assert works(fresh, two["api_key"])
    assert of(fresh, one["id"])["last_used_at"] is None
    fresh.caller.run(fresh.app.service.keys._note())
    assert len(noted) == 1, "in one transaction"
    assert {one["id"], two["id"]} <= noted[0]
    assert idle["id"] not in noted[0]
    used = of(fresh, one["id"])["last_used_at"]
    assert used.endswith(":00:00Z")
    assert of(fresh, two["id"])["last_used_at"] == used
    assert of(fresh, idle["id"])["last_used_at"] is None
    clock[0] += HOUR
    assert works(fresh, one["api_key"])
    fresh.caller.run(fresh.app.service.keys._note())
    assert of(fresh, one["id"])["last_used_at"] > used


def test_a_mistyped_key_is_told_from_one_that_is_unknown_or_revoked(fresh: World):
    key = made(fresh)
    typo = key["api_key"][:-8] + ("x" if key["api_key"][-8] != "x" else "y") + key["api_key"][-7:]
    assert "mistyped" in denied(fresh.ask("clock", api_key=typo), 401, "unauthorized")["detail"]
    nobodys = write("test", "small", "a" * 10, "b" * 40)
    assert "not known" in denied(fresh.ask("clock", api_key=nobodys), 401, "unauthorized")["detail"]
    about(fresh, "revoke_api_key", key["id"])
    denied(fresh.ask("clock", api_key=made(fresh)["api_key"] + "x"), 401, "unauthorized")
    fresh.app.service.keys._seen.clear()
    problem = denied(fresh.ask("clock", api_key=key["api_key"]), 401, "unauthorized")
    assert "was revoked" in problem["detail"]


def test_a_test_platform_takes_test_keys_only(fresh: World):
    key = made(fresh)
    assert key["api_key"].startswith("tk_test_small_")
    said = read(key["api_key"])
    live = write("live", "small", said.id, said.secret)
    problem = denied(fresh.ask("clock", api_key=live), 401, "unauthorized")
    assert "a test platform" in problem["detail"]


def test_an_older_key_goes_on_working(fresh: World):
    said = read(made(fresh)["api_key"])
    assert works(fresh, f"tk_small_{said.id}{said.secret}")


def test_an_end_that_has_passed_is_refused(fresh: World):
    with pytest.raises(InvalidRequest) as error:
        keys.create(fresh.engine, "small", expires_at="2020-01-01")
    assert error.value.where == "expires_at"


def test_a_key_of_another_platform_is_none_of_ours(fresh: World):
    theirs = keys.create(fresh.engine, "other").id
    for name in ("rotate_api_key", "revoke_api_key"):
        reply = about(fresh, name, theirs)
        assert (reply.status, reply.json["where"]) == (400, "id")
    assert theirs not in fresh.ask("api_keys").body.decode()
