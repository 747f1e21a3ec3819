"""The rows of bad input for the verbs of subscriptions (`bad_input`)."""

from typing import Any

from tests.scenarios.bad_values import (
    CHANGE_PACKAGE,
    FLAG,
    KEY,
    MOMENT,
    PAID,
    PAST,
    REQUIRED_MOMENT,
    REQUIRED_NAME,
    REQUIRED_REASON,
    UNKNOWN_NAME,
)

ACCOUNT, KEYED = {"account": REQUIRED_NAME}, {"key": KEY}
PLAN = {"plan": UNKNOWN_NAME, "package": CHANGE_PACKAGE, "interval": UNKNOWN_NAME}

SUBSCRIPTIONS: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "subscribe": (
        {"account": "bob", "plan": "Basic"},
        {
            **ACCOUNT,
            **PLAN,
            "plan": [None, "Free", *UNKNOWN_NAME],
            "starts_at": ["2010-01-01T00:00:00Z", "2099-01-01T00:00:00Z", *MOMENT],
            "paid_through": [*PAST, "2099-01-01T00:00:00Z", *MOMENT],
            "intervals": PAID,
            "trial": FLAG,
            "preview": FLAG,
            **KEYED,
        },
    ),
    "change_plan": (
        {"account": "ada", "plan": "Studio"},
        {
            **ACCOUNT,
            **PLAN,
            "paid_through": ["2099-01-01T00:00:00Z", *MOMENT],
            "intervals": PAID,
            "paid": FLAG,
            "later": FLAG,
            "preview": FLAG,
            **KEYED,
        },
    ),
    "cancel": ({"account": "ada"}, {**ACCOUNT, "preview": FLAG, **KEYED}),
    "resume": ({"account": "eve"}, {**ACCOUNT, "preview": FLAG, **KEYED}),
    "pay": (
        {"account": "ada", "paid_through": "2027-01-01T00:00:00Z"},
        {
            **ACCOUNT,
            "paid_through": ["2099-01-01T00:00:00Z", *REQUIRED_MOMENT],
            "cycles": PAID,
            "intervals": PAID,
            "preview": FLAG,
            **KEYED,
        },
    ),
    "pause": (
        {"account": "ada"},
        {**ACCOUNT, "until": [*PAST, *MOMENT], "at_once": FLAG, "preview": FLAG, **KEYED},
    ),
    "reset_cycle": (
        {"account": "ada", "reason": "by mistake"},
        {
            **ACCOUNT,
            "reason": REQUIRED_REASON,
            "move_anchor": FLAG,
            "preview": FLAG,
            **KEYED,
        },
    ),
    "end": (
        {"account": "ada", "reason": "charged back"},
        {**ACCOUNT, "reason": REQUIRED_REASON, "void": FLAG, "preview": FLAG, **KEYED},
    ),
}
