"""Results are typed values whose fields are the JSON fields of the interface."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tallystick import results

BALANCE = {
    *("account", "seq", "as_of", "available", "held", "sources", "grants", "cycle"),
    *("subscription", "owed", "due"),
}
SOURCE = {"source", "available", "held", "expires_at"}
CYCLE = {"plan", "package", "allotment", "used", "started_at", "renews_at", "time_zone"}
QUOTE = {
    *("quote", "expires_at", "credits", "min", "max", "lines", "catalog", "allowed", "refusal"),
    *("burns", "balance_before", "balance_after", "epoch"),
}
LINE = {"model", "rate", "unit", "quantity", "credits"}


def read(result: Any) -> dict[str, Any]:
    return json.loads(result.to_json())


def test_a_balance_has_the_fields_of_the_interface(credits: Any):
    credits.hold("ada", "Clip", seconds=2)
    balance = read(credits.balance("ada"))
    assert balance.keys() == BALANCE
    assert [each.keys() for each in balance["sources"]] == [SOURCE, SOURCE]
    assert balance["cycle"].keys() == CYCLE
    assert balance["sources"] == [
        {
            "source": "free",
            "available": 0,
            "held": 10,
            "expires_at": "2026-02-01T00:00:00Z",
        },
        {
            "source": "subscription",
            "available": 90,
            "held": 10,
            "expires_at": "2026-02-28T10:00:00Z",
        },
    ]
    assert balance["as_of"] == "2026-01-31T10:00:00Z"
    assert balance["cycle"] == {
        "plan": "Basic",
        "package": 100,
        "allotment": 100,
        "used": 0,
        "started_at": "2026-01-31T10:00:00Z",
        "renews_at": "2026-02-28T10:00:00Z",
        "time_zone": "UTC",
    }


def test_a_quote_has_the_fields_of_the_interface(credits: Any):
    quote = read(credits.quote("Clip", account="ada", seconds=2))
    assert quote.keys() == QUOTE | {"account", "seq"}
    assert quote["lines"][0].keys() >= LINE
    assert quote["catalog"] == {"platform": "small", "version": 1}
    assert quote["burns"][0].keys() == {"grant", "source", "credits"}
    refused = read(credits.quote("Clip", account="ada", seconds=200))
    assert refused.keys() == quote.keys()
    assert refused["refusal"].keys() == {
        *("code", "message", "shortfall", "credits", "available", "ways_out")
    }
    assert {way["kind"] for way in refused["refusal"]["ways_out"]} <= {
        *("wait", "top_up", "upgrade", "less", "cheaper")
    }


@pytest.mark.parametrize(
    "verb", ["charge", "hold", "settle", "release", "grant", "adjust", "cancel", "set_member"]
)
def test_every_reply_about_an_account_carries_its_seq(credits: Any, verb: str):
    hold = credits.hold("ada", "Dot").hold
    reply = {
        "charge": lambda: credits.charge("ada", "Dot"),
        "hold": lambda: credits.hold("ada", "Dot"),
        "settle": lambda: credits.settle("ada", hold),
        "release": lambda: credits.release("ada", hold),
        "grant": lambda: credits.grant("ada", 5),
        "adjust": lambda: credits.adjust("ada", -5, "by mistake"),
        "cancel": lambda: credits.cancel("ada"),
        "set_member": lambda: credits.set_member("ada", "tom"),
    }[verb]()
    assert read(reply)["seq"] == reply.seq == credits.entries("ada", newest=True)[0].seq
    assert read(reply)["account"] == "ada"


def test_amounts_are_plain_numbers_whole_ones_without_a_point(credits: Any):
    credits.grant("ada", "2.5")
    balance = credits.balance("ada")
    assert (balance.available, type(balance.available)) == (Decimal("112.5"), Decimal)
    assert b'"available":112.5,' in balance.to_json()
    credits.adjust("ada", "-0.500000", "by mistake")
    balance = credits.balance("ada")
    assert (balance.available, type(balance.available)) == (112, int)
    assert b'"available":112,' in balance.to_json()
    credits.grant("ada", "0.000001")
    assert b'"available":112.000001,' in credits.balance("ada").to_json()
    assert b"E" not in credits.grant("ada", 1_000_000_000).to_json().partition(b'"credits"')[2]


def test_instants_are_aware_and_in_utc(credits: Any):
    grant = credits.grant("ada", 5, expires_at="2026-07-01T02:00:00+02:00")
    assert grant.expires_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert grant.expires_at.utcoffset().total_seconds() == 0
    assert read(grant)["expires_at"] == "2026-07-01T00:00:00Z"
    aware = datetime.fromisoformat("2026-07-01T02:00:00+02:00")
    assert credits.grant("ada", 5, expires_at=aware).expires_at == grant.expires_at


def test_the_same_answer_is_the_same_bytes(credits: Any):
    charge = credits.charge("ada", "Clip", seconds=2, labels={"b": "1", "a": "2"}, key="k")
    assert (
        charge.to_json()
        == credits.charge("ada", "Clip", seconds=2, labels={"b": "1", "a": "2"}, key="k").to_json()
    )
    assert credits.balance("ada").to_json() == credits.balance("ada").to_json()


def test_results_cannot_be_changed(credits: Any):
    charge = credits.charge("ada", "Dot")
    with pytest.raises(AttributeError):
        charge.credits = 0


def test_what_is_done_to_the_settings_of_an_answer_changes_no_other_answer(credits: Any):
    first = credits.quote("Shot", resolution="1080p", seconds=2).lines[0]
    first.settings.clear()
    again = credits.quote("Shot", resolution="1080p", seconds=2).lines[0]
    assert again.settings == {"resolution": "1080p"}


def test_lists_of_results_are_json_too(credits: Any):
    entries = json.loads(results.to_json(credits.entries("ada")))
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert entries[0].keys() == {
        *("account", "seq", "at", "kind", "text", "credits", "balance_before", "balance_after"),
        *("postings", "receipt", "hold", "key", "hash"),
    }


def test_two_json_documents_of_one_kind_have_the_same_fields(credits: Any):
    """What a program reads by name is there, also when it is empty."""
    plain, rich = credits.quote("Dot"), credits.quote("Dot", account="ada")
    assert read(plain).keys() == read(rich).keys()
    before = read(credits.balance("ada")).keys()
    credits.cancel("ada")
    assert read(credits.balance("ada", as_of="2027-01-01T00:00:00Z")).keys() == before
