"""Addresses, parameters, headers and sizes that nobody should send: a problem, and nothing more."""

from typing import Any
from urllib.parse import quote

import pytest

from tallystick.http.openapi import document
from tallystick.wire import cursors
from tallystick.wire.endpoints import ENDPOINTS
from tallystick.wire.parameters import parameter_types
from tests.http.caller import Reply
from tests.http.world import BY_NAME, World, body_of, path_of


def problem(reply: Reply, *statuses: int) -> dict[str, Any]:
    """The problem of a refused request, which says the same in its head and in its body."""
    assert reply.status in statuses, (reply.status, reply.body[:300])
    assert reply.header("content-type") == "application/problem+json"
    found = reply.json
    assert found["status"] == reply.status
    assert found["type"] == f"/problems/{found['code']}"
    assert found["detail"]
    assert len(reply.body) < 4_000, "a problem repeats what it was sent only in part"
    for name, value in reply.headers:
        assert not set("\r\n\0") & set(name + value)
    return found


# Ids in paths

IDS = [
    *("%00", "%0d%0aset-cookie:%20a", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%", "%zz", "%2", "+"),
    *("a%2Fb", "%2e%2e", "%2E%2E%2Fadmin", "..", ".", "..%2F..", "a%5Cb", "%25%32%66", "a;b=c"),
    *("%20", "%20ada", "ada%20", "%E2%80%AEada", "%F0%9F%92%B0", "ADA", "ada%00", "ada%0A"),
    *("x" * 129, "x" * 10_000, "%C3%A9" * 3_000, "null", "undefined", "0", "-1", "*", "'--", "$x"),
]


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.of_account])
def test_an_id_that_nobody_has_is_not_found_or_refused(world: World, name: str):
    endpoint, sample = BY_NAME[name], world.sample(name)
    before = world.rows_written()
    for part in endpoint.in_path:
        for id in IDS:
            path = path_of(endpoint, sample._replace(path={**sample.path, part: "PLACE"}))
            path = path.replace("PLACE", id)
            body, headers = body_of(endpoint, sample), world.headers(endpoint)
            found = problem(world.caller.ask(endpoint.method, path, body, headers), 400, 403, 404)
            if found["status"] == 400:
                assert found["where"] == part, (id, found)
            elif found["status"] == 403:
                assert (part, found["code"]) == ("member", "member_unknown")
    assert world.rows_written() == before


NOT_UTF_8 = ["%ff", "a%ffb", "%c3", "%c3%28", "%ed%a0%80", "%f8%88%80%80%80"]


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.in_path])
def test_an_id_that_is_no_text_is_refused_by_its_name(world: World, name: str):
    """Read leniently, two ids that differ would be one."""
    endpoint, sample = BY_NAME[name], world.sample(name)
    for part in endpoint.in_path:
        for id in NOT_UTF_8:
            path = path_of(endpoint, sample._replace(path={**sample.path, part: "PLACE"}))
            body, headers = body_of(endpoint, sample), world.headers(endpoint)
            reply = world.caller.ask(endpoint.method, path.replace("PLACE", id), body, headers)
            assert problem(reply, 400)["where"] == part


@pytest.mark.parametrize("path", ["/v1/accounts//balance", "/v1//accounts", "//v1/accounts",
                                  "/v1/accounts/", "/v1/accounts/ada/", "/v1/accounts//",
                                  "/v1/accounts/../accounts", "/v1/accounts/ada/./balance",
                                  "/v1/accounts/ada/../bob", "/V1/accounts", "/v1", "/v2/accounts",
                                  "/v1/accounts/ada/balance/x", "/v1/accounts%2Fada", "*",
                                  "x"])  # fmt: skip
def test_an_address_is_taken_as_it_stands(world: World, path: str):
    reply = world.caller.ask("GET", path, headers=world.headers(BY_NAME["account"]))
    assert problem(reply, 404)["code"] == "not_found"


@pytest.mark.parametrize("account", ["a/b", "a%2Fb", "é ☃ 💰", "..", "?#&=+;", "a\\b", "'\"<>"])
def test_every_printable_id_can_be_used(fresh: World, account: str):
    world = fresh
    opened = world.ask("open_account", world.sample("open_account")._replace(body={"id": account}))
    assert (opened.status, opened.json["account"]) == (201, account)
    path = {"account": account}
    granted = world.ask("grant", world.sample("grant")._replace(path=path))
    assert granted.json["account"] == account
    assert world.ask("balance", world.sample("balance")._replace(path=path)).json["available"] > 5


# Parameters

WORDS: dict[str, list[str]] = {
    "at": ["", "now", "2026-02-30", "2026-03-01T00:00:00", "2026-13-01T00:00:00Z", "1", "x" * 500],
    "version": ["", "0", "-1", "1.5", "1e3", "two", "9" * 30, "٣", " 1", "+1", "7"],
    "limit": ["", "0", "-1", "1001", "1.5", "x", "9" * 30, "٣", "0x1", "1_0"],
    "after": ["", "-1", "x", "1.5", "9" * 30, "true"],
    "newest": ["", "yes", "1", "True", "TRUE", "null"],
    "min_seq": ["", "-1", "x", "1.5", "9" * 30],
    "cursor": ["", "x", "e30", "W10", "....", "\x00", "é", "A" * 5_000],
    "member": ["", " ", "x" * 129, "a\nb"],
    "tool": ["", "nonsense", "x" * 5_000],
    "model": ["", "nonsense", "x" * 5_000],
    "plan": ["", "nonsense", "x" * 5_000],
    "package": ["", "7", "x", "NaN", "1e999", "-100"],
    "label": ["", "x", "=", "=x", "x=", "x" * 5_000, "a\n=b"],
    "name": [],
    "by": ["", " ", "x" * 129, "a\nb"],
}  # fmt: skip
WORDS |= dict.fromkeys(("as_of", "since", "until", "effective_at"), WORDS["at"])
WORDS |= dict.fromkeys(("preview", "dry_run"), WORDS["newest"])
IDS_AS_WORDS = ["", " ", "x" * 129, "a\nb"]


def asked(world: World, name: str, query: str | bytes) -> Reply:
    """A sound request but for its query."""
    endpoint, sample = BY_NAME[name], world.sample(name)
    body = body_of(endpoint, sample)
    path = path_of(endpoint, sample)
    return world.caller.ask(endpoint.method, path, body, world.headers(endpoint), query)


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if parameter_types(each)])
def test_a_parameter_that_cannot_be_read_is_refused_by_its_name(world: World, name: str):
    before = world.rows_written()
    needed = "plan=Basic&" if name == "capacity" else ""
    for parameter in parameter_types(BY_NAME[name]):
        words = IDS_AS_WORDS if (name, parameter) == ("accounts", "after") else WORDS[parameter]
        for word in words:
            query = f"{needed if parameter != 'plan' else ''}{parameter}={quote(word)}"
            found = problem(asked(world, name, query), 400)
            assert found["where"].startswith(parameter), (parameter, word, found)
    assert world.rows_written() == before


@pytest.mark.parametrize("name", list(BY_NAME))
def test_parameters_that_are_unknown_twofold_or_no_text_are_refused(world: World, name: str):
    before = world.rows_written()
    assert problem(asked(world, name, "nonsense=1"), 400)["where"] == "nonsense"
    assert problem(asked(world, name, "nonsense"), 400)["where"] == "nonsense"
    assert problem(asked(world, name, "%00=1"), 400)["where"] == "\x00"
    assert problem(asked(world, name, b"a=%ff"), 400)["where"] == "query"
    assert problem(asked(world, name, b"a=\xff"), 400)["where"] == "query"
    assert problem(asked(world, name, "&".join(["a=b"] * 2_000)), 400)["where"] == "query"
    for parameter, kind in parameter_types(BY_NAME[name]).items():
        if kind is not list:
            query = "&".join([f"{parameter}={'true' if kind is bool else '1'}"] * 2)
            found = problem(asked(world, name, query), 400)
            assert found["where"] == parameter
            assert "twice" in found["detail"]
    assert world.rows_written() == before


def test_a_parameter_that_is_missing_is_named(world: World):
    operations = [each for path in document()["paths"].values() for each in path.values()]
    asked_for = [
        (operation["operationId"], parameter["name"])
        for operation in operations
        for parameter in operation["parameters"]
        if parameter["in"] == "query" and parameter["required"]
    ]
    assert asked_for
    for name, parameter in asked_for:
        assert problem(asked(world, name, ""), 400)["where"] == parameter


def test_a_label_named_twice_is_refused(world: World):
    assert problem(asked(world, "usage", "label=a=1&label=a=2"), 400)["where"] == "label"


@pytest.mark.parametrize("name", ["catalog", "prices"])
def test_an_instant_and_a_version_are_not_given_together(world: World, name: str):
    query = "version=1&at=2026-03-01T00:00:00Z"
    assert problem(asked(world, name, query), 400)["where"] == "version"


def test_an_account_and_a_plan_are_not_quoted_together(world: World):
    sample = world.sample("quote")
    both = sample._replace(body={**sample.body, "plan": "Basic"})
    assert problem(world.ask("quote", both), 400)["where"] == "plan"


# Cursors


@pytest.mark.parametrize(
    ("name", "query", "kind"),
    [
        ("accounts", "limit=1", "accounts"),
        ("entries", "limit=1", "entries"),
        ("entries", "limit=1&newest=true", "newest entries"),
        ("usage", "limit=1", "usage"),
    ],
)
def test_a_list_takes_no_cursor_but_its_own(fresh: World, name: str, query: str, kind: str):
    world = fresh
    world.ask("charge")
    own = asked(world, name, query).json["next"]
    assert asked(world, name, f"{query}&cursor={own}").status == 200
    others = [cursors.encode(each, 1) for each in ("entries", "newest entries", "usage", "x")]
    others.append(cursors.encode("accounts", "ada"))
    place = "ada" if kind == "accounts" else 1
    bad = [each for each in others if each != cursors.encode(kind, place)]
    bad += [own[:-1], own[1:], own + "A", own + "=", own.swapcase(), own * 50]
    bad += [cursors.encode(kind, each) for each in (None, True, 1.5, [1], {}, "\x00")]  # type: ignore[arg-type]
    bad += [cursors.encode(kind, 1 if kind == "accounts" else "ada"), cursors.encode(kind, -1)]
    for each in bad:
        found = problem(asked(world, name, f"{query}&cursor={quote(each)}"), 400)
        assert found["where"] == "cursor", (each, found)


# Headers

NO_KEYS: list[str | bytes] = [
    *("", "Bearer", "Bearer ", "Basic YTpi", "bearer", "tk_small_x", "Bearer x", "Bearer tk_"),
    *("Bearer tk_small_" + "a" * 50, "Bearer tk__" + "a" * 50, "Bearer " + "x" * 50_000),
    *(b"Bearer \xff\xfe", "Bearer é", "Bearer tk_small_" + "é" * 50, "Bearer a b", "\x00"),
]


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_key_that_is_none_opens_nothing(world: World, name: str):
    endpoint = BY_NAME[name]
    for given in NO_KEYS:
        headers = [*world.headers(endpoint, api_key=None), ("authorization", given)]
        path = path_of(endpoint, world.sample(name))
        body = body_of(endpoint, world.sample(name))
        reply = world.caller.ask(endpoint.method, path, body, headers)
        assert problem(reply, 401)["code"] == "unauthorized"
        assert reply.header("www-authenticate") == "Bearer"


WRITES = [each.name for each in ENDPOINTS if each.writes]
REQUEST_KEYS: list[str | bytes] = [
    *("", " ", " x", "x ", "x" * 256, "a\tb", "a\x00b", "a\x7fb", "é", b"\xff", "☃", "x" * 50_000)
]


@pytest.mark.parametrize("name", WRITES)
def test_a_request_key_that_cannot_be_one_is_refused(world: World, name: str):
    before = world.rows_written()
    for key in REQUEST_KEYS:
        reply = world.ask(name, key=key)
        assert problem(reply, 400)["where"] == "Idempotency-Key"
    assert world.rows_written() == before


@pytest.mark.parametrize("header", ["Authorization", "Idempotency-Key", "Content-Type"])
def test_a_header_that_counts_stands_once(world: World, header: str):
    before = world.rows_written()
    headers = world.headers(BY_NAME["top_up"], key="k")
    twice = [*headers, *(each for each in headers if each[0] == header.lower())]
    path = path_of(BY_NAME["top_up"], world.sample("top_up"))
    reply = world.caller.ask("POST", path, b'{"credits": 50}', twice)
    assert problem(reply, 400)["where"] == header
    assert world.rows_written() == before


@pytest.mark.parametrize("sent", ["a\r\nb: c", "é", "x" * 65, "", "a b", "<script>", '"', "%0d%0a"])
def test_a_request_id_is_ours_unless_it_is_plain(world: World, sent: str):
    headers = [*world.headers(BY_NAME["clock"]), ("x-request-id", sent)]
    said = world.caller.ask("GET", "/v1/clock", headers=headers).header("x-request-id")
    assert said is not None
    assert said != sent
    assert said.isalnum()
    headers = [*world.headers(BY_NAME["clock"]), ("x-request-id", "mine-1.a_b")]
    reply = world.caller.ask("GET", "/v1/clock", headers=headers)
    assert reply.header("x-request-id") == "mine-1.a_b"


# Sizes and methods


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.method == "POST"])
def test_a_body_that_is_too_large_is_not_read(world: World, name: str):
    before = world.rows_written()
    path = path_of(BY_NAME[name], world.sample(name))
    large = b" " * 200_001
    for body in (large, [large], [b" " * 1_000] * 201, [large[1:], b"", b"  "]):
        reply = world.caller.ask("POST", path, body, world.headers(BY_NAME[name]))
        assert problem(reply, 413)["code"] == "body_too_large"
    assert world.rows_written() == before


def test_a_body_in_chunks_is_read_like_any_other(fresh: World):
    path = path_of(BY_NAME["top_up"], fresh.sample("top_up"))
    parts = [b'{"cre', b"", b'dits"', b": 50}"]
    assert fresh.caller.ask("POST", path, parts, fresh.headers(BY_NAME["top_up"])).status == 201


@pytest.mark.parametrize("path", sorted({each.path for each in ENDPOINTS}))
def test_a_method_that_an_address_does_not_take_is_refused(world: World, path: str):
    taken = {each.method for each in ENDPOINTS if each.path == path}
    names = {"account": "ada", "hold": "h1", "receipt": "r1", "member": "mia", "grant": "g1"}
    here = path.format(**names, entry=1, version=1, id="a1")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "X"} - taken:
        reply = world.caller.ask(method, here, b"{}", world.headers(BY_NAME["top_up"]))
        assert problem(reply, 405)["code"] == "method_not_allowed"
        assert set((reply.header("allow") or "").split(", ")) == {*taken, "OPTIONS"}
    reply = world.caller.ask("OPTIONS", here)
    assert (reply.status, set((reply.header("allow") or "").split(", "))) == (
        204,
        {*taken, "OPTIONS"},
    )
