"""Addresses: each of the table leads to its endpoints, whatever the path names; no other does."""

import pytest

from tallystick.http.addresses import Addresses
from tallystick.wire.endpoints import ENDPOINTS, Endpoint
from tests.http.caller import Caller
from tests.http.world import World

ADDRESSES = Addresses(ENDPOINTS)
NAMES = ("ada", "balance", "accounts", "{}", "{account}", "a%2Fb", ".", "v1", "~")


def shown(case: object) -> str | None:
    return case.name if isinstance(case, Endpoint) else None


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=shown)
@pytest.mark.parametrize("name", NAMES)
def test_an_endpoint_is_found_by_what_its_path_names(endpoint: Endpoint, name: str):
    named = {each: f"{name}{at or ''}" for at, each in enumerate(endpoint.in_path)}
    path = endpoint.path
    for each, value in named.items():
        path = path.replace(f"{{{each}}}", value)
    found = ADDRESSES.find(path)
    assert found is not None
    assert found.endpoints[endpoint.method] is endpoint
    assert found.named == named


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "v1/catalog",
        "/v1",
        "/v1/",
        "/v1/accounts/",
        "/v1/accounts/ada/holds/h1",
        "/v1/accounts/ada/nothing",
        "/v1/catalog/versions/1",
        "/v2/catalog",
    ],
)
def test_elsewhere_nothing_is_found(path: str):
    found = ADDRESSES.find(path)
    assert found is None or set(found.named.values()) == {""}


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/accounts/ada/holds/h1"])
def test_what_is_not_in_the_table_is_answered_as_such(world: World, path: str):
    assert world.caller.ask("GET", path).code == "not_found"


async def _cut_off(caller: Caller, path: str, key: str) -> list[dict]:
    """What is heard when a connection ends in the middle of a body."""
    messages = [
        {"type": "http.request", "body": b'{"id": "half"}', "more_body": True},
        {"type": "http.disconnect"},
    ]
    heard = []

    async def receive() -> dict:
        return messages.pop(0)

    async def send(message: dict) -> None:
        heard.append(message)

    headers = [(b"authorization", f"Bearer {key}".encode())]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
             "query_string": b"", "headers": headers, "root_path": ""}  # fmt: skip
    await caller.app(scope, receive, send)
    return heard


def test_half_a_body_changes_nothing_even_if_it_could_be_read(fresh: World):
    heard = fresh.caller.run(_cut_off(fresh.caller, "/v1/accounts", fresh.api_key))
    assert heard[0]["status"] == 400
    assert b"the connection was closed before the whole body arrived" in heard[1]["body"]
    key = [("authorization", f"Bearer {fresh.api_key}")]
    assert fresh.caller.ask("GET", "/v1/accounts/half", headers=key).status == 404
