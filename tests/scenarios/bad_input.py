"""Bad input, by verb and parameter: for each a call that is right, and values that spoil it.

`test_bad_input` holds the table against the verbs' signatures: a verb or a parameter without a
row fails there.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.scenarios.bad_subscriptions import SUBSCRIPTIONS
from tests.scenarios.bad_values import (
    AMOUNT,
    CHANGE_PACKAGE,
    FLAG,
    GRANT,
    ID,
    INFINITY,
    KEY,
    LABELS,
    MEMBERS,
    MOMENT,
    NAME,
    NAMES,
    NAN,
    NEGATIVE,
    NOT_A_NUMBER,
    NOT_TEXT,
    NOT_WHOLE,
    NUMBER,
    NUMBER_OF_5000_DIGITS,
    ODD,
    PAST,
    PRICE,
    QUANTITY,
    REASON,
    REQUIRED_NAME,
    REQUIRED_REASON,
    SIGNED,
    TEN_MEGABYTES,
    TOKEN,
    UNKNOWN_NAME,
    WHOLE,
)
from tests.scenarios.small import small

CATALOG = small("free_credits: [{credits: 10, every: day}]\n")
SCHEDULED = "2028-01-01T00:00:00Z"
"""From when version 2 is in force."""
API_KEY_ID = "spare00000"
"""An API key that is there."""
OTHER_PLATFORM = CATALOG.replace("platform: small", "platform: other")

FILM = {"model": "Shot", "resolution": "720p", "seconds": 2}
REQUEST = [
    *({**FILM, "seconds": bad} for bad in QUANTITY),
    *({**FILM, "resolution": bad} for bad in [None, "", "8k", True, 720, 1.5, [], ODD]),
    {**FILM, "resolution": TEN_MEGABYTES},
    {**FILM, "resolution": NUMBER_OF_5000_DIGITS},
    {**FILM, "colour": "red"},
    {**FILM, TEN_MEGABYTES: 1},
    {**FILM, "minutes": 0},
    {**FILM, "characters": 5},
    {**FILM, "text": "hello"},
    {"model": "Shot", "seconds": 2},
    {"model": "Shot", "resolution": "720p"},
    *({"model": "Voice", "text": bad} for bad in [None, "", 5, b"abc", ["a"], TEN_MEGABYTES, ODD]),
    {"model": "Voice", "text": "hello", "characters": 5},
    {"model": "Voice", "characters": 1.5},
    {"model": "Voice"},
    {"model": "Dot", "images": "1.5"},
    {"model": "Consultation", "seconds": 5},
]


def delivered(quantity: str, *others: dict[str, Any], nothing: bool = False) -> list[Any]:
    """Quantities that were not delivered so; of `nothing` a settlement can say 0."""
    bad = [each for each in QUANTITY if each is not None][2 if nothing else 0 :]
    said = [(quantity, each) for each in bad] + [("colour", "red"), (TEN_MEGABYTES, 1)]
    return [*({"credits": None, name: value} for name, value in said), *others]


SETTLED = delivered(
    "seconds",
    *({"credits": None, "resolution": "8k"}, {"credits": 5, "seconds": 1}),
    *({"credits": 5, "outcome": "timeout"}, {"credits": None, "outcome": "partial"}),
    nothing=True,
)
INCREASED = delivered("seconds", {"credits": 60, "seconds": 9}, {"credits": None}, nothing=True)
REFUNDED = delivered("images", {"credits": 1, "images": 1})
CAPS: list[Any] = [
    *(5, True, "50/day", b"x", {}, ODD, [5], ["50/day"], [None], [{}], [ODD]),
    *([{"credits": bad}] for bad in NUMBER if bad is not None),
    *([{"credits": 5, "every": bad}] for bad in ("year", "", 5, None, [1])),
    *([{"credits": 5, "tools": bad}] for bad in ("image", [], ["nothing"], [5], 5)),
    *([{"credits": 5, "colour": "red"}], [{"credits": 5}, {"credits": 6}], [{"credits": 5}] * 21),
]
LINES: list[Any] = [
    *(None, 5, True, "", "1 x Dot", b"x", [], {}, {"1 x Dot": 1}, ODD, [None], [5], [b"x"], [ODD]),
    *([""], ["Dot"], ["1 x"], ["0 x Dot"], ["-1 x Dot"], ["1.5 x Dot"], ["1 x nonsense"]),
    *(["1 x Shot seconds=2"], ["1 x Shot resolution=720p seconds=NaN"], [TEN_MEGABYTES]),
    *([(1,)], [(1, "Dot", 3)], [(1, "Dot", "abc")], [(1, "Dot", {}, 4)], [(True, "Dot")]),
    *([("1", "Dot")], [(0, "Dot")], [(2**63, "Dot")], [(1, 5)], [(1, "Dot", {5: 5})]),
    *([(1_000_000_000, "Dot", {"outputs": 1_000})], ["1 x Dot"] * 1_001),
]
DURATION = ["", "1", "3 parsecs", "1d2", "-1d", "1.5h", "9999999d", "999999y", 5, 1.5, True, b"1d"]
DURATION += [timedelta(-1), [1], ODD, TEN_MEGABYTES, NUMBER_OF_5000_DIGITS]
CATALOG_FILE: list[Any] = [
    *(None, 5, True, b"platform: small\n", ["a"], ODD, "", "nowhere.yaml"),
    *(Path("nowhere") / "at.yaml", Path()),
    *("platform: [broken\n", "\n", "just text\n", "- 1\n- 2\n", CATALOG + "colour: red\n"),
    *(CATALOG, OTHER_PLATFORM, CATALOG.replace("credits: 1,", "credits: .nan,"), "\x00\n"),
    *(TEN_MEGABYTES, TEN_MEGABYTES + "\n", "a: &a [*a, *a]\n"),
]
NOT_COMMANDS = [None, 5, True, "abc", b"abc", {}, ODD]

Row = tuple[dict[str, Any], dict[str, list[Any]]]
ACCOUNT, KEYED = {"account": REQUIRED_NAME}, {"key": KEY}
SPEND = {
    "model": UNKNOWN_NAME,
    "outputs": [None, 1_001, *WHOLE],
    "tool": UNKNOWN_NAME,
    "quote": TOKEN,
    "member": NAME,
    "labels": LABELS,
    "settings_and_quantities": REQUEST,
}

TABLE: dict[str, Row] = {
    "quote": (
        {**FILM},
        {
            "model": [None, *UNKNOWN_NAME],
            "account": NAME,
            "plan": UNKNOWN_NAME,
            "tool": UNKNOWN_NAME,
            "outputs": [None, 1_001, *WHOLE],
            "settings_and_quantities": REQUEST,
        },
    ),
    "open_account": (
        {"id": "new"},
        {
            "id": ACCOUNT["account"],
            "name": NAME,
            "time_zone": ["Mars", *NAME],
            "members": MEMBERS,
            **KEYED,
        },
    ),
    "account": ({"account": "ada"}, ACCOUNT),
    "accounts": ({}, {"after": NOT_TEXT, "limit": [None, 1_001, *WHOLE]}),
    "set_member": (
        {"account": "ada", "member": "mia"},
        {**ACCOUNT, "member": REQUIRED_NAME, "cap": NUMBER, "caps": CAPS, **KEYED},
    ),
    "remove_member": (
        {"account": "ada", "member": "mia"},
        {**ACCOUNT, "member": REQUIRED_NAME, **KEYED},
    ),
    "balance": ({"account": "ada"}, {**ACCOUNT, "as_of": MOMENT}),
    "entries": (
        {"account": "ada"},
        {**ACCOUNT, "after": [None, *NOT_WHOLE], "limit": [None, 1_001, *WHOLE], "newest": FLAG},
    ),
    "receipt": ({"account": "ada", "receipt": "r8"}, {**ACCOUNT, "receipt": ID}),
    "holds": ({"account": "ada"}, ACCOUNT),
    **SUBSCRIPTIONS,
    "top_up": (
        {"account": "ada", "credits": 50},
        {
            **ACCOUNT,
            "credits": [51, *AMOUNT],
            "custom": FLAG,
            "price": PRICE,
            "payment": NAME,
            **KEYED,
        },
    ),
    "grant": (
        {"account": "ada", "credits": 50},
        {
            **ACCOUNT,
            "credits": AMOUNT,
            "source": [None, "subscription", "carry_over", *UNKNOWN_NAME],
            "expires_at": [*PAST, *MOMENT],
            "priority": [101, *WHOLE],
            "reason": REASON,
            "effective_at": [*PAST, *MOMENT],
            "tools": NAMES,
            "models": NAMES,
            "price": PRICE,
            "payment": NAME,
            **KEYED,
        },
    ),
    "adjust": (
        {"account": "ada", "credits": -5, "reason": "goodwill"},
        {
            **ACCOUNT,
            "credits": SIGNED,
            "reason": REQUIRED_REASON,
            "grant": GRANT,
            "source": UNKNOWN_NAME,
            "used": FLAG,
            "expires_at": [*PAST, *MOMENT],
            "receipt": [each for each in ID if each is not None],
            "full": [True, *FLAG],
            **KEYED,
        },
    ),
    "reverse": (
        {"account": "ada", "entry": 5, "reason": "by mistake"},
        {**ACCOUNT, "entry": [None, *GRANT], "reason": REQUIRED_REASON, **KEYED},
    ),
    "void": (
        {"account": "ada", "grant": "g5", "reason": "charged back"},
        {**ACCOUNT, "grant": [None, *GRANT], "reason": REQUIRED_REASON, "owe": FLAG, **KEYED},
    ),
    "set_expiry": (
        {"account": "ada", "grant": "g5", "expires_at": "2027-01-01", "reason": "they asked"},
        {
            **ACCOUNT,
            "grant": [None, *GRANT],
            "expires_at": [*PAST, *MOMENT],
            "reason": REQUIRED_REASON,
            **KEYED,
        },
    ),
    "hold": (
        {"account": "ada", **FILM},
        {**ACCOUNT, **SPEND, "ttl_seconds": [86_401, *WHOLE], **KEYED},
    ),
    "settle": (
        {"account": "ada", "hold": "h7", "credits": 10},
        {
            **ACCOUNT,
            "hold": ID,
            "credits": NUMBER,
            "outcome": [None, *UNKNOWN_NAME],
            "quantities": SETTLED,
            **KEYED,
        },
    ),
    "refund": (
        {"account": "ada", "receipt": "r8", "reason": "by mistake"},
        {
            **ACCOUNT,
            "receipt": ID,
            "credits": [0, *NUMBER],
            "reason": REQUIRED_REASON,
            "quantities": REFUNDED,
            **KEYED,
        },
    ),
    "set_limits": ({"account": "ada"}, {**ACCOUNT, "caps": CAPS, "held": NUMBER, **KEYED}),
    "increase": (
        {"account": "ada", "hold": "h7", "credits": 60},
        {**ACCOUNT, "hold": ID, "credits": [0, *NUMBER], "quantities": INCREASED, **KEYED},
    ),
    "release": ({"account": "ada", "hold": "h7"}, {**ACCOUNT, "hold": ID, **KEYED}),
    "extend": (
        {"account": "ada", "hold": "h7", "ttl_seconds": 60},
        {**ACCOUNT, "hold": ID, "ttl_seconds": [None, 86_401, *WHOLE], **KEYED},
    ),
    "charge": (
        {"account": "ada", **FILM},
        {**ACCOUNT, **SPEND, "credits": NUMBER, **KEYED},
    ),
    "lease": (
        {"account": "ada", "credits": 10},
        {
            **ACCOUNT,
            "credits": AMOUNT,
            "ttl_seconds": [86_401, *WHOLE],
            "member": NAME,
            "labels": LABELS,
            "flush_seconds": [0, 0.0, -1, 61, NAN, INFINITY, "1", True, None, [1], ODD],
            "low_water": NUMBER,
            "max_unwritten": [None, 1_000_001, *WHOLE],
            **KEYED,
        },
    ),
    "draw": (
        {"account": "ada", "hold": "h9", **FILM},
        {
            **ACCOUNT,
            "hold": ["h7", *ID],
            "model": [None, *UNKNOWN_NAME],
            "tool": UNKNOWN_NAME,
            "outputs": [None, 1_001, *WHOLE],
            "credits": NUMBER,
            "labels": LABELS,
            "settings_and_quantities": REQUEST,
            **KEYED,
        },
    ),
    "catalog": ({}, {"at": MOMENT, "version": [3, *WHOLE]}),
    "prices": ({}, {"at": MOMENT, "version": [3, *WHOLE]}),
    "clock": ({}, {}),
    "publish": (
        {"file_or_text": CATALOG.replace("credits: 10, per", "credits: 12, per")},
        {
            "file_or_text": CATALOG_FILE,
            "effective_at": [*PAST, *MOMENT],
            "dry_run": FLAG,
            "key": KEY,
            "by": NAME,
        },
    ),
    "withdraw": ({"version": 2}, {"version": [None, 3, *WHOLE], "key": KEY}),
    "rollback": (
        {"version": 1, "effective_at": "2030-01-01T00:00:00Z"},
        {
            "version": [None, 2, 3, *WHOLE],
            "effective_at": [*PAST, *MOMENT],
            "dry_run": FLAG,
            "key": KEY,
            "by": NAME,
        },
    ),
    "usage": (
        {"account": "ada"},
        {
            **ACCOUNT,
            "since": MOMENT,
            "until": MOMENT,
            "tool": UNKNOWN_NAME,
            "model": UNKNOWN_NAME,
            "member": NAME,
            "labels": LABELS[:11],
        },
    ),
    "execute": ({"asked": []}, {"asked": NOT_COMMANDS, "all_or_nothing": FLAG}),
    "estimate": (
        {"lines": ["1 x Dot"]},
        {
            "lines": LINES,
            "days": [None, 3_661, *WHOLE],
            "buffer": ["20%%", "-1%", "x%", "%", 11, "1001%", *NOT_A_NUMBER, *NEGATIVE],
            "plan": UNKNOWN_NAME,
            "tool": UNKNOWN_NAME,
        },
    ),
    "capacity": (
        {"plan": "Basic"},
        {"plan": [None, *UNKNOWN_NAME], "package": CHANGE_PACKAGE, "tool": UNKNOWN_NAME},
    ),
    "advance_clock": (
        {"to": "2026-03-01T00:00:00Z"},
        {"to": MOMENT, "by": [{"to": None, "by": each} for each in DURATION], "key": KEY},
    ),
    "api_keys": ({}, {}),
    "create_api_key": (
        {"name": "web"},
        {
            "name": REQUIRED_NAME,
            "scopes": [[], ["all of it"], ["read", 5], 5],
            "expires_at": [*PAST, *MOMENT],
            "by": NAME,
            "key": KEY,
        },
    ),
    "rotate_api_key": (
        {"id": API_KEY_ID},
        {"id": REQUIRED_NAME, "overlap": ["91d", *MOMENT], "by": NAME, "key": KEY},
    ),
    "revoke_api_key": ({"id": API_KEY_ID}, {"id": REQUIRED_NAME, "by": NAME, "key": KEY}),
    "verify": (
        {},
        {
            "archive": ["", "nowhere/at/all", "a\x00b", 5, True, b"a", [1], ODD],
            "every_platform": FLAG,
            "expect": ["", "1:2", "nowhere/at/all", "a\x00b", 5, True, b"a", [1], ODD],
            "progress": [5, True, "progress", ODD],
        },
    ),
}

WHOLE_REQUESTS = frozenset(
    {
        ("quote", "settings_and_quantities"),
        ("hold", "settings_and_quantities"),
        ("charge", "settings_and_quantities"),
        ("draw", "settings_and_quantities"),
        ("settle", "quantities"),
        ("refund", "quantities"),
        ("increase", "quantities"),
        ("advance_clock", "by"),
    }
)
"""Parameters whose bad values are several arguments at once."""

HTTP = "http:" + "//"
CONNECT: dict[str, list[Any]] = {
    "url": [
        *(
            None,
            *NOT_TEXT,
            "",
            " ",
            "localhost",
            "127.0.0.1:8700",
            "//localhost",
            "ftp://localhost",
        ),
        *(
            HTTP,
            f"{HTTP}/v1",
            f"{HTTP}:8700",
            "http://localhost:port",
            "http://localhost:99999",
        ),
        *("http://localhost:0", f"{HTTP}[::1", f"{HTTP}a b", "http://localhost\n", f"{HTTP}l\\v1"),
        *("http://localhost/?key=1", "http://localhost/#top", f"{HTTP}ada@localhost", f"{HTTP}é"),
        *(f"{HTTP}ada:secret@localhost:8700", "unix:///run/t.sock", TEN_MEGABYTES),
        f"{HTTP}{TEN_MEGABYTES}",
    ],
    "api_key": [
        *(None, *NOT_TEXT, "", " ", "tk_", "tk_small_", "small", "tk_small_short", TEN_MEGABYTES),
        *(f"tk_small_{'a' * 49}", f"tk_small_{'a' * 51}", f"tk_small_{'a' * 49}\n", "a" * 50),
        *(f"tk_small_{'a' * 49}é", f"tk__{'a' * 50}", f"Bearer tk_small_{'a' * 50}"),
        *(f"tk_small_{'a' * 24}\r\nx: y{'a' * 20}", f"tk_small_{'a' * 49} "),
        *(f"tk_sm\nall_{'a' * 50}", f"tk_sm all_{'a' * 50}", f"tk_smáll_{'a' * 50}"),
    ],
    "timeout": [
        *(None, True, "5", "", 0, 0.0, -1, NAN, INFINITY, 3_601, 1e300, NUMBER_OF_5000_DIGITS),
        *([1], {}, b"1", ODD, Decimal(5), timedelta(seconds=5)),
    ],
}
"""The parameters of `connect`, and values that spoil it."""
