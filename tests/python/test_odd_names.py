"""Names and keys of every kind reach a server as they are: none is an address, or a header."""

from datetime import timedelta
from typing import Any

import pytest

from tallystick import Tallystick
from tests.python.sameness import OWN_KEY, said
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import small

NAMES = [
    *("a/b", "..", ".", "...", "a b", "é", "日本", "😀", "a?b", "a#b", "%2E", "%2e%2e", "a%2Fb"),
    *("a\\b", "a;b", "a+b", "*", "a:b", "~", "a=b", "=", "a&b", "{account}", "ada/balance"),
    *("a//b", "/", "//", "?", "#", "'", '"', "<b>", "null", "0", "-", "x" * 128, "é" * 128),
]


@pytest.fixture(scope="module")
def platforms() -> Any:
    opened = [
        TRANSPORTS[transport](":memory:", catalog=small(), test_clock="2026-01-31T10:00:00Z")
        for transport in ("called", "called over HTTP")
    ]
    yield opened
    for each in opened:
        assert each.verify()
        each.close()


def story(credits: Tallystick, name: str) -> list[Any]:
    """Everything that can be called by a name, called by this one."""
    short = name[:64]
    return [
        credits.open_account(name, name=name, members=[name], key=name),
        credits.grant(name, 20, reason=name, key=f"{name}!"),
        credits.charge(name, "Dot", member=name, labels={short: name, "a": "b"}, key=f"{name}?"),
        credits.account(name),
        credits.balance(name),
        credits.usage(name, member=name, labels={short: name}),
        credits.usage(name, labels={short: "another"}),
        credits.set_member(name, f"{name[:100]} too", cap=1),
        credits.remove_member(name, name),
        credits.accounts(after=name, limit=3),
        credits.subscribe(name, "Basic", preview=True, key=name),
        [
            each.key
            for each in credits.entries(name)
            if not (each.key or OWN_KEY).startswith(OWN_KEY)
        ],
    ]


def given(key: str | None) -> bool:
    return key is not None and not key.startswith(OWN_KEY)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_address(platforms: Any, name: str):
    embedded, over_http = platforms
    assert said(story(over_http, name)) == said(story(embedded, name))


@pytest.mark.parametrize(
    "by", [timedelta(milliseconds=1_500), timedelta(days=400), timedelta(0), timedelta(1, 2, 3)]
)
def test_a_duration_arrives_to_the_microsecond(platforms: Any, by: timedelta):
    embedded, over_http = platforms
    assert over_http.advance_clock(by=by).at == embedded.advance_clock(by=by).at
