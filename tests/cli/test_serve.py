"""`tallystick serve` before it serves, the page it shows, and the keys that open it."""

import io
import json
import socket
import sys

import pytest

from tallystick import config
from tallystick.cli import server_process
from tallystick.engine import keys
from tallystick.http import logs


@pytest.fixture
def at_once(monkeypatch):
    """Servers that end as soon as they serve."""
    monkeypatch.setattr("tallystick.http.server.serve", lambda *_, **__: True)


def test_it_says_where_it_is_and_what_it_serves(shell, at_once):
    shell("init artlist")
    shell("init videodraft")
    shell("keys create artlist")
    ran = shell("serve --port 0")
    assert (ran.code, ran.err) == (0, "")
    assert "Tallystick serves tallystick.db at http://127.0.0.1:" in ran.out
    assert "/docs\n" in ran.out
    assert "/openapi.json\n" in ran.out
    assert "artlist (1 key); videodraft (no key yet)" in ran.out
    assert "tallystick keys create videodraft\n" in ran.out
    assert "tallystick keys create artlist" not in ran.out


def test_it_says_so_in_one_document(shell, at_once):
    shell("init artlist --db one.db")
    said = shell("serve --db one.db --host localhost --port 0 --json").json
    assert said["platforms"] == {"artlist": 0}
    assert said["url"] == f"http://localhost:{said['port']}"
    assert (said["db"], said["workers"]) == ("one.db", 1)


@pytest.mark.parametrize(("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
def test_the_address_it_says_can_be_opened(shell, at_once, host, reached):
    shell("init artlist")
    ran = shell(f"serve --host {host} --port 0 --json")
    if host == "::1" and ran.code == 3:
        pytest.skip("this machine has no IPv6")
    assert ran.json["url"].rpartition(":")[0].endswith(f"//{reached}")


def test_the_commands_it_shows_name_the_database_that_was_typed(shell, at_once):
    shell("init artlist --db one.db")
    assert "keys create artlist --db one.db\n" in shell("serve --db one.db --port 0").out


def test_the_commands_it_shows_name_the_database_of_a_file_that_was_named(shell, at_once, folder):
    (folder / "one.toml").write_text('db = "one.db"', "utf-8")
    shell("init artlist --db one.db")
    said = shell("serve --config one.toml --port 0").out
    assert "keys create artlist --db one.db\n" in said


def test_a_database_without_a_platform_is_served_and_says_how_to_add_one(shell, at_once):
    import apsw

    shell("init artlist")
    with apsw.Connection("tallystick.db") as connection:
        connection.execute("delete from catalogs")
        connection.execute("delete from platforms")
    said = shell("serve --port 0").out
    assert "none yet" in said
    assert "tallystick init NAME" in said


def test_nothing_is_served_where_nothing_is(shell, folder):
    ran = shell("serve")
    assert (ran.code, ran.out) == (3, "")
    assert "there is no database tallystick.db" in ran.err
    for way in ("tallystick init artlist", "tallystick demo"):
        assert way in ran.err
    assert shell("serve --db :memory: --json").json["where"] == "db"
    assert list(folder.iterdir()) == []


def test_a_taken_port_says_which_and_how_to_choose_another(shell):
    shell("init artlist")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = shell(f"serve --port {port}")
        assert (ran.code, ran.out) == (3, "")
        assert f"port {port} of 127.0.0.1 is taken" in ran.err
        assert "tallystick serve --port 0" in ran.err
        said = shell(f"serve --port {port} --json")
        assert (said.code, said.json["code"], said.json["where"]) == (3, "cannot_listen", "port")


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.example.com"])
def test_an_address_of_another_machine_is_said(shell, monkeypatch, host):
    shell("init artlist")
    ran = shell(f"serve --host {host} --port 0")
    assert ran.code == 3
    assert f"{host} cannot be listened on" in ran.err


def test_several_workers_need_postgresql(shell, monkeypatch):
    monkeypatch.setattr(server_process, "_many", lambda *_: 0)
    shell("init artlist")
    ran = shell("serve --workers 2 --json")
    assert (ran.code, ran.json["where"]) == (2, "workers")
    assert "postgresql://" in ran.json["message"]


def test_a_worker_without_its_database_says_so_and_ends(folder):
    to = io.StringIO()
    settings = config.load({"db": "postgresql://ada:s3cret@127.0.0.1:1/credits"})
    with logs.configured("info", "json", to), socket.create_server(("127.0.0.1", 0)) as bound:
        assert server_process._Work(settings, bound)() == 3
    line = json.loads(to.getvalue())
    assert line["event"] == "the database cannot be used"
    assert "127.0.0.1:1/credits cannot be reached" in line["exception"]
    assert "s3cret" not in to.getvalue()


@pytest.mark.parametrize("part", ["litestar", "uvicorn", "structlog", "prometheus_client"])
def test_a_missing_part_says_how_to_get_it(shell, at_once, monkeypatch, part):
    shell("init artlist")
    monkeypatch.setitem(sys.modules, part, None)
    ran = shell("serve")
    assert ran.code == 2
    assert "pip install 'tallystick[server]'" in ran.err
    assert part in ran.err


# Keys


def test_a_key_is_shown_once(shell):
    shell("init artlist")
    made = shell("keys create artlist --name web --scope read --scope quote --json").json
    assert made["api_key"].startswith(f"tk_live_artlist_{made['id']}")
    assert (made["name"], made["scopes"]) == ("web", ["quote", "read"])
    listed = shell("keys list artlist --json")
    assert [each["id"] for each in listed.json] == [made["id"]]
    assert made["api_key"] not in listed.out
    said = shell("keys create artlist").out
    assert "shown only once" in said
    (api_key,) = [line for line in said.splitlines() if line.startswith("tk_live_artlist_")]
    assert api_key not in shell("keys list artlist").out
    assert api_key not in shell(f"keys revoke artlist {api_key[16:26]}").out


def test_a_key_is_whole_on_the_narrowest_terminal(shell, monkeypatch):
    shell("init artlist")
    monkeypatch.setenv("COLUMNS", "30")
    lines = shell("keys create artlist").out.splitlines()
    assert [len(line) for line in lines if line.startswith("tk_")] == [72]


def test_a_revoked_key_is_listed_as_one(shell):
    shell("init artlist")
    id = shell("keys create artlist --json").json["id"]
    assert shell(f"keys revoke artlist {id} --json").json["revoked_at"]
    assert shell("keys list artlist --json").json[0]["revoked_at"]
    assert "revoked (UTC)" in shell("keys list artlist").out


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("keys create artlist --scope everything", "scopes"),
        ("keys create artlist --name ''", "name"),
        ("keys create videodraft", "platform"),
        ("keys list videodraft", "platform"),
        ("keys revoke artlist nothing", "id"),
    ],
)
def test_a_key_that_cannot_be_says_why(shell, line, where):
    shell("init artlist")
    ran = shell(f"{line} --json")
    assert (ran.code, ran.json["where"]) == (2, where)


def test_keys_are_kept_where_the_database_is(shell, folder):
    for line in ("keys create artlist", "keys list artlist", "keys revoke artlist x"):
        assert shell(line).code == 3
    assert list(folder.iterdir()) == []
    shell("init artlist")
    assert shell("keys list artlist --server http://127.0.0.1:1").code == 2
    assert "no API keys yet" in shell("keys list artlist").out


def test_what_is_typed_for_a_server_is_completed(shell, completed):
    shell("init artlist")
    id = shell("keys create artlist --json").json["id"]
    ended = shell("keys create artlist --json").json["id"]
    shell(f"keys revoke artlist {ended}")
    assert completed("keys create art") == ["artlist"]
    assert completed("keys create artlist --scope ") == [*keys.SCOPES, "all"]
    assert completed("keys revoke artlist ") == [id]
    assert completed("serve --log-for") == ["--log-format"]
    assert completed("serve --log-format ") == ["auto", "json", "console"]
    assert completed("config --metrics o") == ["on", "off"]


def test_the_settings_are_the_flags_of_serve(shell):
    said = shell("serve --help").out
    for each in json.loads(shell("config --json").out)["settings"]:
        assert f"--{each['name'].replace('_', '-')} " in said
