"""Every command at a server says what it says in a database; and what only a server can say."""

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli import commands
from tallystick.core.api_keys import read, write
from tallystick.service.startup import open_engine
from tests.cli import examples
from tests.cli.conftest import Ran, Shell
from tests.cli.test_json import REFUSED, STORY, WRONG
from tests.serving import Serving

CHANCE = [
    (re.compile(r'"key":"auto-\w+"'), '"key":null'),
    (re.compile(r'"hash":"\w{64}"'), '"hash":"..."'),
    (re.compile(r"q_[\w-]{20,}"), "q_..."),
    (re.compile(r'"(began_at|now)":"[^"]+"'), r'"\1":"..."'),
    (re.compile(r"journal-\w{64}"), "journal-..."),
    (re.compile(r"(\d+:\d+):\w{64}"), r"\1:..."),
]
"""What differs: the key that the client gives a command without one, and what is made of it."""


class Servers:
    """A server for each database of this folder, from when a command first works in it."""

    def __init__(self, shell: Shell, scopes: Any = "all"):
        self._shell = shell
        self._scopes = scopes
        self._running = ExitStack()
        self._known: dict[str, tuple[str, str, str]] = {}

    def at(self, line: str) -> Ran:
        """Type a command, at the server of the database that it names where it can be."""
        words = shlex.split(line)
        db = words[words.index("--db") + 1] if "--db" in words else "tallystick.db"
        if not self._can_be(words) or not Path(db).exists():
            return self._shell(line)
        url, api_key, platform = self._known.get(db) or self._started(db)
        if words[0] in PRICES and words[1] != platform:
            return self._shell(line)
        if "--db" in words:
            del words[words.index("--db") : words.index("--db") + 2]
        ran = self._shell(shlex.join([*words, "--server", url, "--api-key", api_key]))
        assert api_key not in ran.out + ran.err
        return ran

    def _can_be(self, words: list[str]) -> bool:
        names = (" ".join(words[:length]) for length in (3, 2, 1))
        shared: tuple[str, ...] = next((t for t in map(commands.TAKES.get, names) if t), ())
        return commands.SERVER in shared and "--all" not in words

    def _started(self, db: str) -> tuple[str, str, str]:
        engine, platform = open_engine(db, None)
        serving = self._running.enter_context(Serving(engine))
        self._known[db] = serving.url, serving.key(platform, self._scopes), platform
        return self._known[db]

    def of(self, db: str = "tallystick.db") -> tuple[str, str]:
        """The address of a database's server, and a key that opens it."""
        return (self._known.get(db) or self._started(db))[:2]

    def close(self) -> None:
        self._running.close()


PRICES = ("quote", "estimate", "capacity")


@pytest.fixture
def servers(shell: Shell) -> Iterator[Servers]:
    made = Servers(shell)
    yield made
    made.close()


def plain(ran: Ran) -> tuple[int, str]:
    text = ran.out
    for pattern, instead in CHANCE:
        text = pattern.sub(instead, text)
    assert ran.err == ""
    return ran.code, text


def as_json(line: str) -> str:
    return line if line.endswith("--json") else f"{line} --json"


def in_two_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, story: Any, shell: Shell, servers: Servers
) -> tuple[list[Any], list[Any]]:
    """What a story's lines say in a database, and at a server. `story` gives them once more."""
    told = []
    for name, typed in (("in a database", shell), ("at a server", servers.at)):
        (folder / name).mkdir()
        monkeypatch.chdir(folder / name)
        told.append([(line, *plain(typed(as_json(line)))) for line in story()])
    return told[0], told[1]


def test_every_example_of_the_reference_says_the_same(folder, monkeypatch, shell, servers):
    page = examples.PAGE.read_text("utf-8")

    def story() -> Iterator[str]:
        for example in examples.examples(page):
            # Keys are for servers; an archive and a backup are where the database is.
            alone = ("keys ", "backup ", "restore ", "verify --expect")
            if not example.typed.startswith(alone) and "--archive" not in example.typed:
                yield example.typed

    here, there = in_two_folders(folder, monkeypatch, story, shell, servers)
    assert len(here) > 60
    assert there == here


def test_every_command_says_the_same(folder, monkeypatch, shell, servers):
    here, there = in_two_folders(
        folder, monkeypatch, lambda: [*STORY, *REFUSED, *WRONG], shell, servers
    )
    assert {code for _, code, _ in here} == {0, 1, 2}
    assert there == here


def test_the_story_has_every_command():
    told = {line.rsplit(" --")[0] for line in [*STORY, *REFUSED, *WRONG]}
    asks = [name for name, shared in commands.TAKES.items() if commands.SERVER in shared]
    untold = [name for name in asks if not any(line.startswith(name) for line in told)]
    assert [name for name in untold if not name.startswith("keys ")] == [], "keys are chance"


def test_keys_are_made_listed_replaced_and_ended_at_a_server(artlist, artlist_server):
    url, key = artlist_server
    there = f"--server {url} --api-key {key} --json"
    made = artlist(f"keys create artlist --name web --scope read --by dana {there}").json
    assert (made["created_by"], made["scopes"]) == ("dana", ["read"])
    assert made["created_key"], "and the key that was used"
    newer = artlist(f"keys rotate artlist {made['id']} --overlap 2h {there}").json
    assert newer["replaces"] == made["id"]
    assert artlist(f"keys revoke artlist {newer['id']} {there}").json["revoked_at"]
    listed = {each["id"] for each in artlist(f"keys list artlist {there}").json}
    assert {made["id"], newer["id"]} <= listed
    ran = artlist(f"keys list videodraft {there}")
    assert (ran.code, ran.json["where"]) == (2, "platform")


# How a server is named, and the key that opens it


@pytest.fixture
def artlist_server(artlist: Shell, servers: Servers) -> tuple[str, str]:
    return servers.of()


def test_the_api_key_is_said_in_each_of_its_ways(artlist, artlist_server, folder, monkeypatch):
    url, api_key = artlist_server
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder / "empty")
    charge = "charge acct_1 sora-2 seconds=1 --json"
    assert artlist(f"account list --server {url} --api-key {api_key} --json").json == ["acct_1"]
    assert artlist(f"account list --server {url} --key {api_key} --json").json == ["acct_1"]
    first = artlist(f"{charge} --server {url} --key {api_key}").json
    keyed = artlist(f"{charge} --server {url} --api-key {api_key} --key one").json
    assert artlist(f"{charge} --server {url} --api-key {api_key} --key one").json == keyed
    assert keyed["seq"] == first["seq"] + 1
    monkeypatch.setenv("TALLYSTICK_SERVER", url)
    monkeypatch.setenv("TALLYSTICK_API_KEY", "tk_artlist_" + "x" * 50)
    assert artlist("account list --json").json["code"] == "unauthorized"
    assert artlist(f"account list --key {api_key} --json").json == ["acct_1"]
    assert artlist(f"{charge} --key {api_key}").json["seq"] == keyed["seq"] + 1
    monkeypatch.setenv("TALLYSTICK_API_KEY", api_key)
    assert artlist("account list --json").json == ["acct_1"]
    assert artlist("account list --db ../tallystick.db --json").json == ["acct_1"]
    assert artlist("account list --db nowhere.db --json").code == 3


def test_what_is_typed_is_stronger_than_the_environment(artlist, artlist_server, monkeypatch):
    url, api_key = artlist_server
    monkeypatch.setenv("TALLYSTICK_DB", "nowhere.db")
    assert artlist(f"account list --server {url} --api-key {api_key} --json").code == 0
    monkeypatch.setenv("TALLYSTICK_SERVER", url)
    ran = artlist(f"account list --api-key {api_key} --json")
    assert (ran.code, ran.json["where"]) == (2, "server")
    assert artlist("account list --db tallystick.db --json").json == ["acct_1"]


@pytest.mark.parametrize(
    ("line", "where", "said"),
    [
        ("account list --server {url}", "api_key", "tallystick keys create PLATFORM"),
        ("account list --server {url} --db x.db --api-key {key}", "server", "--db or --server"),
        ("account list --server {url} --api-key mine", "api_key", "tk_live_<platform>_"),
        ("account list --server 127.0.0.1:1 --api-key {key}", "url", "a server's address"),
        ("account list --platform videodraft", "platform", "the API key opens artlist"),
        ("quote videodraft kling", "platform", "the API key opens artlist"),
        ("clock show videodraft", "platform", "the API key opens artlist"),
        ("verify --all", "every_platform", "where the database is"),
    ],
)
def test_a_server_that_cannot_be_meant_is_wrong_usage(artlist, artlist_server, line, where, said):
    url, key = artlist_server
    typed = line.format(url=url, key=key)
    if "--server" not in typed:
        typed += f" --server {url} --api-key {key}"
    ran = artlist(f"{typed} --json")
    assert (ran.code, ran.json["where"]) == (2, where)
    assert said in ran.json["message"]
    assert key not in artlist(typed).err


def test_the_platform_may_be_named_if_it_is_the_keys(artlist, artlist_server, monkeypatch):
    url, key = artlist_server
    there = f"--server {url} --api-key {key} --json"
    assert artlist(f"account list --platform artlist {there}").code == 0
    monkeypatch.setenv("TALLYSTICK_PLATFORM", "videodraft")
    assert artlist(f"account list {there}").json["where"] == "platform"


# What a server says no to


def test_a_key_that_does_not_open_it_says_what_would(artlist, servers):
    servers._scopes = "read"
    url, key = servers.of()
    line = f"charge acct_1 sora-2 seconds=1 --server {url} --api-key {key}"
    ran = artlist(f"{line} --json")
    assert (ran.code, ran.json["code"], ran.json["allowed"]) == (2, "forbidden", ["spend"])
    assert ran.json["where"] == "api_key"
    said = artlist(line).err
    assert "tallystick keys create artlist --scope spend" in said
    assert artlist(f"account list --server {url} --api-key {key}").code == 0


def test_a_revoked_key_and_an_unknown_one_open_nothing(artlist, artlist_server):
    url, key = artlist_server
    artlist(f"keys revoke artlist {read(key).id}")
    for api_key in (key, write("test", "artlist", "a" * 10, "b" * 40)):
        ran = artlist(f"account list --server {url} --api-key {api_key} --json")
        assert (ran.code, ran.json["code"], ran.json["allowed"]) == (2, "unauthorized", [])


def test_what_was_done_is_said_by_a_key_that_opens_nothing_more(artlist, servers):
    servers._scopes = ["grant"]
    url, key = servers.of()
    ran = artlist(f"account open acct_2 --server {url} --api-key {key}")
    assert (ran.code, ran.err) == (0, "")
    assert "Account acct_2 is open." in ran.out


def test_a_refusal_is_said_by_a_key_that_opens_nothing_more(artlist, servers):
    servers._scopes = ["spend"]
    url, key = servers.of()
    ran = artlist(f"charge acct_1 'Veo 3.1' audio=on seconds=100 --server {url} --api-key {key}")
    assert ran.code == 1
    assert "10,000 are missing" in ran.err


def test_a_server_that_is_not_there_ends_with_3(artlist, artlist_server, monkeypatch):
    monkeypatch.setattr("tallystick.client.exchange.RETRIES_MAX", 0)
    _, key = artlist_server
    line = f"account list --server http://127.0.0.1:1 --api-key {key}"
    ran = artlist(f"{line} --json")
    assert (ran.code, ran.json["code"]) == (3, "unreachable")
    assert "tallystick serve" in artlist(line).err


def test_a_server_that_fails_ends_with_3(artlist, artlist_server, monkeypatch):
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tallystick.http.pages.wanted", broken)
    url, key = artlist_server
    ran = artlist(f"account list --server {url} --api-key {key} --json")
    assert (ran.code, ran.json["code"]) == (3, "server_error")


def test_a_request_that_is_still_running_ends_with_3(artlist, artlist_server, monkeypatch):
    from tallystick.core.errors import StillRunning

    def busy(*_: Any) -> None:
        raise StillRunning("ask again in a moment, with the same key")

    monkeypatch.setattr("tallystick.client.exchange.RETRIES_MAX", 0)
    monkeypatch.setattr("tallystick.http.in_flight.InFlight.alone", busy)
    url, key = artlist_server
    line = f"charge acct_1 sora-2 seconds=1 --server {url} --api-key {key} --json"
    ran = artlist(line)
    assert (ran.code, ran.json["code"]) == (3, "request_in_flight")


def test_pages_lead_back_to_the_server_without_the_key(artlist, artlist_server, monkeypatch):
    url, key = artlist_server
    ran = artlist(f"hold acct_1 sora-2 seconds=1 --server {url} --key {key}")
    assert f"tallystick settle acct_1 h4 --server {url} --api-key KEY" in ran.out
    assert key not in ran.out
    monkeypatch.setenv("TALLYSTICK_SERVER", url)
    monkeypatch.setenv("TALLYSTICK_API_KEY", key)
    assert re.search(
        r"tallystick settle acct_1 h4$", artlist("account holds acct_1").out, re.MULTILINE
    )
