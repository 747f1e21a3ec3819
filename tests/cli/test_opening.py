"""Which database and platform a command works on, and that none comes about by accident."""

import pytest

PRICE = "sora-2 seconds=8 --json"


@pytest.mark.parametrize(
    "line",
    [
        "account list",
        "verify",
        "clock show",
        "charge acct_1 sora-2",
        "usage acct_1",
        "catalog show",
    ],
)
def test_without_a_database_nothing_is_made(shell, folder, line):
    ran = shell(line)
    assert (ran.code, ran.out) == (3, "")
    assert "there is no database tallystick.db" in ran.err
    assert "tallystick init artlist" in ran.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        f"quote artlist {PRICE}",
        "estimate artlist --line '1 x sora-2 seconds=8' --json",
        "capacity videodraft studio --json",
        "catalog show imagineart --json",
        "catalog list --json",
    ],
)
def test_prices_of_shipped_platforms_need_no_database(shell, folder, line):
    assert shell(line).code == 0
    assert list(folder.iterdir()) == []


def test_a_price_comes_from_the_database_that_has_the_platform(shell, folder):
    catalog = """\
platform: artlist
name: Artlist
tools: [{id: video, name: Video}]
models: [{name: Sora 2, tool: video, rates: [{credits: 7, per: second}]}]
"""
    (folder / "cheap.yaml").write_text(catalog, "utf-8")
    assert shell("init artlist --catalog cheap.yaml").code == 0
    assert shell(f"quote artlist {PRICE}").json["credits"] == 56
    assert shell(f"quote artlist {PRICE} --db :memory:").json["credits"] == 1600
    assert shell("quote videodraft kling --json").json["credits"] == 25
    named = shell("quote videodraft kling --json --db tallystick.db")
    assert (named.code, named.json["where"]) == (2, "platform")


def test_an_account_is_asked_for_in_a_database_only(shell):
    assert shell(f"quote artlist {PRICE} --account acct_1").code == 3


def test_a_price_of_an_unknown_platform_names_the_shipped_ones(shell):
    ran = shell(f"quote nowhere {PRICE}")
    assert ran.code == 2
    assert ran.json["allowed"] == ["artlist", "imagineart", "videodraft"]


def test_the_only_platform_needs_no_name_and_several_do(shell, monkeypatch):
    shell("init artlist")
    assert shell("account list --json").json == []
    shell("init videodraft")
    ran = shell("account list --json")
    assert ran.code == 2
    assert ran.json["allowed"] == ["artlist", "videodraft"]
    assert shell("account open acct_1 --platform videodraft").code == 0
    assert shell("account list --platform artlist --json").json == []
    monkeypatch.setenv("TALLYSTICK_PLATFORM", "videodraft")
    assert shell("account list --json").json == ["acct_1"]
    assert shell("clock show --json").json["platform"] == "videodraft"
    assert shell("verify --json").json["platforms"] == 1
    assert shell("verify --all --json").json["platforms"] == 2
    monkeypatch.delenv("TALLYSTICK_PLATFORM")
    assert shell("verify --json").json["platforms"] == 2


def test_a_platform_that_is_not_there_is_not_made(shell):
    shell("init artlist")
    ran = shell("account list --platform videodraft")
    assert ran.code == 2
    assert "tallystick init videodraft" in ran.err
    assert [each["platform"] for each in shell("catalog list --json").json["published"]] == [
        "artlist"
    ]


def test_init_twice_says_how_to_publish_instead(shell):
    shell("init artlist")
    ran = shell("init artlist")
    assert ran.code == 2
    assert "tallystick catalog publish FILE" in ran.err


def test_init_of_a_platform_nobody_ships_asks_for_its_catalog(shell, folder):
    ran = shell("init paint")
    assert ran.code == 2
    assert "--catalog FILE" in ran.err
    assert list(folder.iterdir()) == []


def test_the_database_is_named_by_option_or_environment(shell, folder, monkeypatch):
    assert shell("init artlist --db one.db").code == 0
    assert "--db one.db" in shell("account open acct_1 --db one.db").out
    monkeypatch.setenv("TALLYSTICK_DB", "one.db")
    said = shell("account show acct_1").out
    assert "account balance acct_1" in said
    assert "--db" not in said
    assert shell("account list --db sqlite:///one.db --json").json == ["acct_1"]
    assert not (folder / "tallystick.db").exists()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("notes.txt", 3, "not_a_database"),
        ("mysql://127.0.0.1/credits", 2, "invalid_request"),
        ("postgresql://127.0.0.1:1/credits", 3, "unreachable"),
        (".", 3, None),
        ("nowhere/credits.db", 3, "no_database"),
    ],
)
def test_what_is_no_database_is_said(shell, folder, name, code, said):
    (folder / "notes.txt").write_text("Not a database. " * 100, "utf-8")
    ran = shell(f"account list --db {name} --json")
    assert ran.code == code
    assert ran.json["code"] == (said or ran.json["code"])


def test_a_database_of_a_newer_version_is_left_alone(shell):
    import apsw

    shell("init artlist")
    with apsw.Connection("tallystick.db") as connection:
        connection.pragma("user_version", 9_999)
    ran = shell("account list --json")
    assert (ran.code, ran.json["code"]) == (3, "newer_database")


def test_a_database_that_is_not_there_names_those_that_are(shell, folder):
    (folder / "notes.db").write_text("not a database")
    assert shell("account balance ana").err.startswith(
        "Error: there is no database tallystick.db\n"
    )
    shell("init artlist --db studio.db")
    said = " ".join(shell("account balance ana").err.split())
    assert "there is no database tallystick.db; studio.db is there: name one with --db" in said
