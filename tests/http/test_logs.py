"""The log of a server: silent until it is told where to go, and never with a secret in it."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tallystick.core.errors import StoreError
from tallystick.engine import Engine, keys
from tallystick.http import logs
from tallystick.http.app import application
from tallystick.http.masks import masked
from tallystick.service.startup import open_engine
from tests.growth import faster_than_linear
from tests.http.caller import Caller, Reply
from tests.serving import Serving

TEXT = "the quick brown fox that nobody may read"
KEY = "tk_artlist_" + "A1b2C3d4E5" * 5
QUOTE = "q_" + "Zm9vYmFy" * 8


@pytest.fixture(params=["json", "console"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Every line there is, in each of the formats."""
    to = io.StringIO()
    with logs.configured("debug", request.param, to):
        yield to


@pytest.fixture
def lines() -> Iterator[Any]:
    """The lines of a log in JSON, so far."""
    to = io.StringIO()
    with logs.configured("info", "json", to):
        yield lambda: [json.loads(line) for line in to.getvalue().splitlines()]


class Server:
    """An application without a socket: a reply has come when its line is written."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self.app = application(engine)
        self.caller = Caller(self.app)
        made = keys.create(engine, "artlist", "test", "all")
        self.api_key, self.key_id = made.api_key, made.id
        self.secret = made.api_key.rpartition("_")[2]

    def get(self, path: str, query: str = "", **headers: str) -> Reply:
        return self.ask("GET", path, query=query, **headers)

    def post(self, path: str, **body: Any) -> Reply:
        return self.ask("POST", path, json.dumps(body).encode())

    def ask(
        self, method: str, path: str, body: bytes = b"", query: str = "", **headers: str
    ) -> Reply:
        given = {"authorization": f"Bearer {self.api_key}", **headers}
        named = [(name.replace("_", "-"), value) for name, value in given.items()]
        kind = [("content-type", "application/json")] if body else []
        return self.caller.ask(method, path, body, [*named, *kind], query)


@pytest.fixture
def server() -> Iterator[Server]:
    engine, _ = open_engine(":memory:", "artlist", None, None, "2026-01-31T10:00:00Z")
    server = Server(engine)
    server.post("/v1/accounts", id="acct_1")
    server.post("/v1/accounts/acct_1/subscription", plan="AI Suite Starter", package=40_000)
    yield server
    server.caller.close()


# What a line tells


def test_a_request_is_one_line(lines, server):
    server.get("/v1/accounts/acct_1/balance", x_request_id="mine")
    line = lines()[-1]
    assert line.pop("milliseconds") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "mine",
        "verb": "balance",
        "method": "GET",
        "status": 200,
        "platform": "artlist",
        "account": "acct_1",
        "key_id": server.key_id,
    }


def test_a_refusal_says_its_code_and_an_account_its_own_name(lines, server):
    server.get("/v1/accounts/caf%C3%A9%2F1/balance")
    line = lines()[-1]
    assert (line["status"], line["code"]) == (404, "account_not_found")
    assert line["account"] == "café/1"


def test_who_could_not_be_known_is_left_out(lines, server):
    server.get("/v1/accounts/acct_1/balance", authorization=f"Bearer {KEY}")
    assert lines()[-1]["code"] == "unauthorized"
    assert not {"platform", "key_id"} & lines()[-1].keys()


@pytest.mark.parametrize("level", ["info", "debug"])
def test_what_machines_ask_all_day_is_for_debugging(server, level):
    to = io.StringIO()
    with logs.configured(level, "json", to):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert server.get(path).status == 200
    assert to.getvalue().count("request_id") == (3 if level == "debug" else 0)


def test_less_than_the_level_is_not_written(server):
    to = io.StringIO()
    with logs.configured("error", "json", to):
        server.get("/v1/accounts")
        logging.getLogger("uvicorn.error").warning("less than an error")
    assert to.getvalue() == ""


# What no line tells


def failing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever is asked end in a fault whose words and variables tell all there is."""

    async def fail(incoming: Any, who: Any) -> None:
        authorization, body = incoming.header("authorization"), incoming.body.decode()
        try:
            raise KeyError(authorization)
        except KeyError as error:
            raise ValueError(f"{authorization} {body}") from error

    monkeypatch.setattr(server.app.service, "_answer", fail)


def test_a_fault_tells_its_places_and_neither_words_nor_variables(log, server, monkeypatch):
    failing(server, monkeypatch)
    assert server.post("/v1/quotes", model=TEXT, quote=QUOTE).status == 500
    said = log.getvalue()
    for part in ("ValueError", "KeyError", "test_logs.py", "which led to", "verb", "quote"):
        assert part in said
    for secret in (server.api_key, server.secret, "Bearer", QUOTE, TEXT, "quick"):
        assert secret not in said


def test_an_error_outside_every_handler_is_told_by_uvicorn_in_the_same_way(
    log, server, monkeypatch
):
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError(f"{dict(scope['headers'])[b'authorization']!r} {TEXT}")

    with Serving(server.engine) as serving:
        monkeypatch.setattr(serving._server._app, "app", fail)
        headers = {"authorization": f"Bearer {server.api_key}"}
        assert httpx2.get(f"{serving.url}/v1/catalog", headers=headers).status_code == 500
    said = log.getvalue()
    assert "uvicorn.error" in said
    assert "RuntimeError" in said
    for secret in (server.api_key, server.secret, TEXT):
        assert secret not in said


def test_whatever_is_asked_no_secret_is_told(log, server):
    api_key = server.api_key
    priced = {"model": "Eleven v2", "quantities": {"characters": 40}}
    quote = server.post("/v1/quotes", account="acct_1", **priced).json["quote"]
    asked = [
        server.post("/v1/accounts/acct_1/charges", quote=quote),
        server.post("/v1/accounts/acct_1/holds", quote=QUOTE),
        server.post("/v1/accounts/acct_1/charges", model=TEXT, text=TEXT),
        server.get(f"/v1/accounts/{api_key}/balance"),
        server.get(f"/v1/accounts/acct_1/receipts/{quote}"),
        server.get("/v1/accounts", f"after={api_key}", x_request_id=api_key),
        server.get(f"/nowhere/{api_key}"),
        server.get("/v1/catalog", authorization=f"Basic {api_key}"),
        server.get("/v1/catalog", authorization=f"Bearer {KEY}"),
    ]
    assert [each.status for each in asked] == [201, 400, 400, 404, 400, 200, 404, 401, 401]
    said = log.getvalue()
    assert said.count("request_id") > len(asked)
    for secret in (api_key, api_key[11:], quote, QUOTE, KEY, TEXT):
        assert secret not in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key={KEY}&x", "key=tk_***&x"),
        (f"'{KEY[:30]}...' (61 characters)", "'tk_***...' (61 characters)"),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer ***"),
        ("authorization: bearer abc.def", "authorization: Bearer ***"),
        (f'{{"quote":"{QUOTE}"}}', '{"quote":"q_***"}'),
        ("postgresql://ada:s3c@ret/x@db:5432/credits", "postgresql://ada:***@db:5432/credits"),
        ("postgresql:///credits?password=s3cret&a=b", "postgresql:///credits?password=***&a=b"),
        ("sslpassword=s3cret", "sslpassword=***"),
        ("http://127.0.0.1:8700 ada@example.com", "http://127.0.0.1:8700 ada@example.com"),
        ('"http://127.0.0.1:8700","a@b"', '"http://127.0.0.1:8700","a@b"'),
        ("postgresql://ada@db/credits", "postgresql://ada@db/credits"),
        ("seq_not_reached, tk_ and q_ alone", "seq_not_reached, tk_ and q_ alone"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize("part", ["a", "://", "://a:", "://a:b@", "q_", "tk_", "bearer ", " "])
def test_secrets_are_looked_for_in_one_pass(part: str):
    def sized(size: int) -> Callable[[], Any]:
        line = "bearer password= " + part * (size // len(part))
        return lambda: masked(line)

    assert faster_than_linear(sized, [8_192, 65_536, 524_288]) is None


# Libraries, and silence


def test_libraries_speak_through_the_same_lines(lines):
    logging.getLogger("uvicorn.error").warning("of %s", KEY)
    logging.getLogger("litestar").error("broken", exc_info=ValueError(TEXT))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", UserWarning, stacklevel=1)
    first, second, third = lines()
    assert (first["event"], first["logger"]) == ("of tk_***", "uvicorn.error")
    assert (second["level"], second["exception"].splitlines()[-1]) == ("error", "ValueError")
    assert "old" in third["event"]


ODD = "ada\u202egpj.exe\u2066\u200f\u061c\u2028\x1b[2J\x07\r\nforged\x85\x7f\U000e0041"


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_shows_itself_as_another(server, form):
    """Control characters and overrides of the direction of writing are escaped, letters are not."""
    to = io.StringIO()
    with logs.configured("info", form, to):
        server.get(f"/v1/accounts/caf%C3%A9{quote(ODD)}/balance")
        logging.getLogger("a library").warning("of %s", ODD)
        logs.lines().error("request", exc_info=OSError(28, ODD))
    said = to.getvalue()
    assert said.count("\\u202e") == said.count("\\u001b") == 3
    assert "café" in said
    assert [each for each in said if not each.isprintable() and each != "\n"] == []
    assert not [line for line in said.split("\n") if line.startswith("forged")]
    if form == "json":
        first, second, third = map(json.loads, said.splitlines())
        assert first["account"] == f"café{ODD}"
        assert second["event"] == f"of {ODD}"
        assert "forged" in third["exception"].splitlines()[-1]


def test_an_error_of_the_machine_is_told_in_words(lines):
    logs.lines().error("request", exc_info=StoreError("credits.db has no room left"))
    logs.lines().error("request", exc_info=OSError(28, "No space left on device"))
    first, second = (each["exception"] for each in lines())
    assert first.endswith("StoreError: credits.db has no room left")
    assert second.endswith("OSError: [Errno 28] No space left on device")


def test_a_log_that_nobody_reads_any_more_ends_no_reply(server):
    to = io.StringIO()
    with logs.configured("info", "json", to):
        to.close()
        assert server.get("/v1/catalog").status == 200


def test_a_library_says_nothing_until_it_is_told_where(server, capfd, monkeypatch):
    failing(server, monkeypatch)
    assert server.get("/v1/catalog").status == 500
    with logs.configured("info", "json", io.StringIO()):
        pass
    assert server.get("/v1/catalog").status == 500
    assert capfd.readouterr() == ("", "")


def test_the_log_leaves_nothing_behind():
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    with logs.configured("debug", "console", io.StringIO()):
        assert root.handlers != before[1]
    assert (root.level, list(root.handlers)) == before


def test_auto_is_json_where_nobody_watches():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for to, is_json in ((io.StringIO(), True), (Terminal(), False)):
        with logs.configured("info", "auto", to):
            logs.lines().info("listening", port=8700)
        assert to.getvalue().startswith("{") == is_json
