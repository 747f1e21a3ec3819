"""Settings: a flag before the environment before the file before the default, and each mistake
said with its place."""

import re
from pathlib import Path
from typing import Any

import pytest

from tallystick import config
from tallystick.config import SETTINGS, ConfigSetting

PAGE = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text("utf-8")


def other(setting: ConfigSetting) -> Any:
    """A value that is allowed and not the default."""
    if setting.choices:
        return setting.choices[-1]
    if setting.kind is bool:
        return not setting.default
    if setting.kind is str:
        return "other.example.com"
    return setting.kind(setting.most)


def word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def listed(ran: Any) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in ran.json["settings"]}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.name)
def test_the_strongest_that_says_something_is_taken(shell, folder, monkeypatch, setting):
    name, value, default = setting.name, other(setting), setting.default
    found = listed(shell("config --json"))[name]
    assert (found["value"], found["source"], found["place"]) == (default, "default", None)

    (folder / "tallystick.toml").write_text(f"# mine\n{name} = {toml(value)}\n", "utf-8")
    found = listed(shell("config --json"))[name]
    assert (found["value"], found["source"]) == (value, "file")
    assert found["place"] == "tallystick.toml:2"

    monkeypatch.setenv(setting.variable, word(default))
    found = listed(shell("config --json"))[name]
    assert (found["value"], found["source"]) == (default, "environment")
    assert found["place"] == setting.variable

    found = listed(shell(f"config {setting.flag} {word(value)} --json"))[name]
    assert (found["value"], found["source"], found["place"]) == (value, "flag", setting.flag)


def wrong() -> list[Any]:
    """For every setting, values it does not take."""
    rows = []
    for each in SETTINGS:
        if each.choices or each.kind is bool:
            words = ["loud"]
        elif each.kind is str:
            continue
        else:
            words = [str(each.most + 1), "many", "-1", "nan", "1e3", ""]
            words += ["1.5"] if each.kind is int else []
            words += [str(each.least - 1)] if each.least else []
        rows += [pytest.param(each, word, id=f"{each.name}={word}") for word in words if word]
    return rows


@pytest.mark.parametrize(("setting", "word"), wrong())
def test_what_is_out_of_bounds_is_said_with_its_place(shell, monkeypatch, setting, word):
    ran = shell(f"config {setting.flag}={word} --json")
    assert (ran.code, ran.json["where"]) == (2, setting.name)
    assert ran.json["message"].startswith(f"{setting.flag}: {setting.name} must be ")
    monkeypatch.setenv(setting.variable, word)
    assert shell("config").err.startswith(f"Error: {setting.variable}: {setting.name} must be ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nprot = 8800", "tallystick.toml:2: unknown setting 'prot'; did you mean port"),
        ("[server]\nport = 8800", "tallystick.toml:1: unknown setting 'server'"),
        ('port = "8800"', "tallystick.toml:1: port must be a whole number from 0 to 65,535"),
        ("port = 8800.0", "tallystick.toml:1: port must be a whole number"),
        ("port = true", "tallystick.toml:1: port must be a whole number"),
        ("metrics = 1", "tallystick.toml:1: metrics must be on or off"),
        ("db = 5", "tallystick.toml:1: db must be text"),
        ('db = ""', "tallystick.toml:1: db must be text"),
        ("min_seq_seconds = nan", "tallystick.toml:1: min_seq_seconds must be a number"),
        ('\n\nlog_level = "loud"', "tallystick.toml:3: log_level must be one of debug, info"),
        ("port = ", "tallystick.toml: this is not TOML: "),
    ],
)
def test_a_mistake_in_the_file_is_said_with_its_line(shell, folder, text, said):
    (folder / "tallystick.toml").write_text(text, "utf-8")
    for command in ("config", "serve", "account list"):
        ran = shell(command)
        assert ran.code == 2
        assert ran.err.startswith(f"Error: {said}")


def test_a_whole_number_of_seconds_is_a_number(shell, folder):
    (folder / "tallystick.toml").write_text("drain_seconds = 5", "utf-8")
    assert listed(shell("config --json"))["drain_seconds"]["value"] == 5


def test_a_file_is_named_by_option_or_environment(shell, folder, monkeypatch):
    (folder / "sub").mkdir()
    (folder / "sub/one.toml").write_text('port = 1\ndb = "credits.db"', "utf-8")
    (folder / "tallystick.toml").write_text("port = 2", "utf-8")
    assert listed(shell("config --json"))["port"]["value"] == 2
    found = listed(shell("config --config sub/one.toml --json"))
    assert (found["port"]["value"], found["db"]["value"]) == (1, "sub/credits.db")
    monkeypatch.setenv("TALLYSTICK_CONFIG", "sub/one.toml")
    assert "one.toml:1" in shell("config").out
    ran = shell("config --config nowhere.toml --json")
    assert (ran.code, ran.json["where"]) == (2, "config")


def test_the_database_of_the_file_holds_for_every_command(shell, folder):
    (folder / "tallystick.toml").write_text('db = "credits.db"', "utf-8")
    assert shell("account list --json").json["message"] == "there is no database credits.db"
    assert shell("init artlist --json").json["db"] == "credits.db"
    assert shell("account list --json").json == []
    assert "--db" not in shell("account open acct_1").out
    assert {each.name for each in folder.iterdir()} == {
        "credits.db",
        "credits.db-epoch",
        "tallystick.toml",
    }
    assert shell("account list --db other.db").code == 3


def test_a_password_is_never_shown(shell, folder, monkeypatch):
    address = "postgresql://ada:s3cret@127.0.0.1:1/credits?sslpassword=s3cret"
    (folder / "tallystick.toml").write_text(f'db = "{address}"', "utf-8")
    lines = ["config", "config --json", "account list", "serve", "keys list artlist"]
    lines += [f"{line} --db {address}" for line in lines]
    lines += [f"init artlist --db {address}", f"catalog list --db {address} --json"]
    for line in lines:
        ran = shell(line)
        assert "s3cret" not in ran.out + ran.err, line
    assert "ada:***@127.0.0.1:1/credits" in shell("config").out
    monkeypatch.setenv("TALLYSTICK_PORT", address)
    assert "s3cret" not in shell("config").err


def test_a_variable_that_is_no_setting_is_pointed_at(shell, monkeypatch):
    monkeypatch.setenv("TALLYSTICK_PROT", "8800")
    assert shell("config --json").json["unread"] == ["TALLYSTICK_PROT"]
    assert "did you mean TALLYSTICK_PORT" in shell("config").out


def test_the_values_reach_the_server():
    flags = {each.name: word(other(each)) for each in SETTINGS}
    settings = config.load(flags).server
    for each in SETTINGS:
        assert getattr(settings, each.name, other(each)) == other(each)


KINDS = {int: "whole number", float: "number", bool: "switch", str: "text"}
ROW = re.compile(r"^\| `(\w+)` \| ([\w ]+) \| `(.+?)` \| (.*?) ?\| (.+) \|$", re.MULTILINE)


def row(setting: ConfigSetting) -> tuple[str, ...]:
    """A setting as the page writes it."""
    default = word(setting.default).removesuffix(".0")
    bounds = ", ".join(setting.choices)
    if setting.most is not None:
        bounds = f"{setting.least:,} to {setting.most:,}"
    return setting.name, KINDS[setting.kind], default, bounds, setting.said


def test_the_page_has_every_setting_as_it_is():
    assert ROW.findall(PAGE) == [row(each) for each in SETTINGS]


def test_the_variables_of_the_page_are_those_that_are_read():
    others = set(re.findall(r"TALLYSTICK_[A-Z_]+", PAGE.partition("## Other variables")[2]))
    assert others == config._READ - {each.variable for each in SETTINGS}
