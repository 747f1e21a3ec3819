"""In the shell a platform with coins never says credits, beside the names of options and codes."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import START, Shell
from tests.scenarios.own_words import CATALOG, speaks_of_credits

TYPED = re.compile(r"^.*(tallystick |code: ).*$", re.MULTILINE)
"""A command to type next, and a code: they are the same on every platform."""

LINES = (
    "account balance ana",
    "account entries ana",
    "account receipt ana {receipt}",
    "account holds ana",
    "account members list ana",
    "catalog show small",
    "catalog diff own.yaml dearer.yaml",
    "quote small Dot outputs=3",
    "quote small Dot outputs=3 --account ana",
    "quote small Dot outputs=900 --account ana",
    "estimate small --line '30 x Dot' --buffer 20%",
    "capacity small Studio",
    "charge ana Dot",
    "charge ana Dot outputs=900",
    "charge new Dot outputs=900",
    "hold ana Dot outputs=2",
    "settle ana {hold}",
    "settle ana {hold}",
    "lease ana 20",
    "lease ana 5000",
    "grant ana 5",
    "adjust ana 5 --reason x",
    "adjust ana -5 --reason x",
    "adjust ana -5000 --reason x",
    "reverse ana 1 --reason x",
    "top-up ana 50",
    "top-up ana 9007199254 --custom",
    "subscribe new Studio --package 7",
    "change-plan ana Studio --preview",
    "change-plan ana Studio",
    "cancel ana",
    "resume ana",
    "account members set ana mia --cap 1",
    "charge ana Dot outputs=2 --member mia",
    "usage ana",
    "account open eve",
    "publish_dearer",
)


@pytest.fixture
def coins(shell: Shell) -> Shell:
    """A shell beside a platform that sells coins: ana is on Basic, with a hold; new is on Free."""
    dearer = CATALOG.replace("credits: 1, per: image", "credits: 2, per: image")
    Path("own.yaml").write_text(CATALOG)
    Path("dearer.yaml").write_text(dearer.replace("credits: 20,", "credits: 30,"))
    assert shell(f"init small --catalog own.yaml --test-clock {START}").code == 0
    for line in ("account open ana", "account open new", "subscribe ana Basic"):
        assert shell(line).code == 0
    return shell


def test_every_page_is_in_coins(coins: Shell):
    named = {
        "receipt": coins("charge ana Voice text=hello --json").json["receipt"],
        "hold": coins("hold ana Dot --json").json["hold"],
    }
    for line in LINES:
        ran = coins(line.format(**named).replace("publish_dearer", "catalog publish dearer.yaml"))
        assert ran.code in (0, 1, 2), ran
        page = TYPED.sub("", ran.out + ran.err)
        assert page.strip(), line
        assert not speaks_of_credits(page), f"{line}\n{page}"


def test_amounts_are_counted_in_coins(coins: Shell):
    assert "ana: 120 coins available" in coins("account balance ana").out
    assert "1 coin charged" in coins("charge ana Dot").out
    assert "buy 50 coins once" in coins("charge ana Dot outputs=150").err
    assert "given as refill" in coins("top-up ana 50").out
    assert " coins " in coins("account entries ana").out.splitlines()[0] + " "


def test_a_document_has_the_names_of_the_interface(coins: Shell):
    assert coins("charge ana Dot --json").json["credits"] == 1
