"""Answers go where people put them: dicts, pydantic models, FastAPI, notebooks, comparisons."""

from __future__ import annotations

import json
import pickle
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter, ValidationError

from tallystick import InsufficientCredits, MemberCapReached, Refused, Tallystick, results
from tallystick.results import pydantic_schemas
from tests.python.conftest import FREE_DAILY
from tests.python.test_verbs import CALLS, told
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import small


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return told(TRANSPORTS["called"])[0]


def single(answers: dict[str, Any]) -> dict[str, results.Result]:
    """Of every verb an answer, and one of those in a list."""
    found = {verb: each[0] if isinstance(each, list) else each for verb, each in answers.items()}
    return {verb: each for verb, each in found.items() if isinstance(each, results.Result)}


@pytest.fixture
def short(credits: Any) -> Refused:
    """A refusal, with facts and ways out."""
    with pytest.raises(InsufficientCredits) as caught:
        credits.charge("ada", "Clip", seconds=900)
    return caught.value


# As dicts


def test_an_answer_is_a_dict_that_any_json_takes(answers: dict[str, Any]):
    assert len(single(answers)) >= len(CALLS) - 1
    for verb, answer in single(answers).items():
        assert answer.to_dict() == json.loads(answer.to_json()), verb
        assert dict(answer) == answer.to_dict()
        assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()


def test_amounts_and_instants_of_a_dict_are_numbers_and_texts(credits: Any):
    granted = credits.grant("ada", "2.5", expires_at="2026-07-01T00:00:00Z").to_dict()
    assert granted["credits"] == 2.5
    assert granted["balance_before"] == 100
    assert type(granted["balance_before"]) is int
    assert granted["expires_at"] == "2026-07-01T00:00:00Z"
    assert granted["priority"] is None


def test_a_refusal_is_a_dict_with_its_facts_and_ways_out(credits: Any, short: Refused):
    said = short.to_dict()
    assert said["code"] == "insufficient_credits"
    assert said["message"] == str(short)
    assert said["shortfall"] == short.facts["shortfall"] == said["credits"] - said["available"]
    assert {way["kind"] for way in said["ways_out"]} <= {
        *("wait", "top_up", "upgrade", "less", "cheaper")
    }
    assert said == credits.quote("Clip", account="ada", seconds=900).refusal.to_dict()
    assert json.loads(json.dumps(said)) == said


# In pydantic and FastAPI


def test_pydantic_writes_every_answer_as_we_do_and_reads_it_back(answers: dict[str, Any]):
    for verb, answer in single(answers).items():
        adapter = TypeAdapter(type(answer))
        assert adapter.dump_json(answer) == answer.to_json(), verb
        assert adapter.validate_python(answer) is answer
        assert adapter.validate_json(answer.to_json()) == answer
        assert adapter.validate_python(answer.to_dict()) == answer
        assert adapter.json_schema(mode="serialization")["properties"].keys() == {
            *answer.__struct_fields__
        }


class Page(BaseModel):
    """What an application answers with: a balance, what was last spent, and why no more."""

    balance: results.Balance
    spent: list[results.UsageLine | results.Charge] = []
    refusal: results.Refusal | None = None


def test_a_model_has_answers_for_fields(credits: Any):
    refusal = credits.quote("Clip", account="ada", seconds=900).refusal
    page = Page(
        balance=credits.balance("ada"), spent=[credits.charge("ada", "Dot")], refusal=refusal
    )
    assert Page.model_validate_json(page.model_dump_json()) == page
    dumped = page.model_dump()
    assert dumped["balance"]["as_of"] == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert dumped["refusal"].keys() == refusal.to_dict().keys()


def test_amounts_stay_exact_in_python_and_are_numbers_in_json(credits: Any):
    credits.grant("ada", "0.000001")
    balance = credits.balance("ada")
    adapter = TypeAdapter(results.Balance)
    assert adapter.dump_python(balance)["available"] == Decimal("110.000001")
    assert adapter.dump_python(balance, mode="json")["available"] == 110.000001
    assert adapter.validate_json(balance.to_json()).available == Decimal("110.000001")


def test_what_is_not_an_answer_is_refused_with_its_place():
    for value in (7, {"account": "ada"}, {"member": 1}):
        with pytest.raises(ValidationError, match=r"MemberView|member"):
            TypeAdapter(results.MemberView).validate_python(value)


def test_a_schema_names_each_part_and_explains_it():
    schema = TypeAdapter(results.Quote).json_schema(mode="serialization")
    assert {"PricedLine", "TermLine", "CatalogRef", "Burn", "Refusal", "Way"} == schema[
        "$defs"
    ].keys()
    assert schema["title"] == "Quote"
    assert schema["description"].startswith("The price of a request.")
    assert schema["properties"]["credits"] == {"title": "Credits", "type": "number"}
    assert schema["properties"]["expires_at"]["format"] == "date-time"
    assert schema["$defs"]["Way"]["required"] == ["kind"]
    assert pydantic_schemas.Amount.__doc__


@contextmanager
def client() -> Any:
    """A FastAPI application on a platform of its own."""
    credits = Tallystick.open(catalog=small(FREE_DAILY), test_clock="2026-01-31T10:00:00Z")
    credits.open_account("ada")
    app = FastAPI()

    @app.get("/bare")
    def bare():
        return {"balance": credits.balance("ada"), "more": [credits.quote("Dot")]}

    @app.get("/balance")
    def balance() -> results.Balance:
        return credits.balance("ada")

    @app.get("/held")
    def held() -> results.Hold:
        return credits.hold("ada", "Dot")

    @app.get("/entries", response_model=list[results.Entry])
    def entries():
        return credits.entries("ada")

    yield TestClient(app), credits
    credits.close()


def test_a_fastapi_route_returns_an_answer_declared_or_not():
    with client() as (http, credits):
        balance = credits.balance("ada")
        assert http.get("/balance").content == balance.to_json()
        assert http.get("/bare").json()["balance"] == balance.to_dict()
        assert http.get("/held").json()["hold"] == "h3"
        assert [each["seq"] for each in http.get("/entries").json()] == [1, 2, 3]
        assert jsonable_encoder(balance) == balance.to_dict()


def test_fastapi_documents_answers_under_their_names():
    with client() as (http, _):
        document = http.get("/openapi.json").json()
    answered = document["paths"]["/balance"]["get"]["responses"]["200"]
    assert answered["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Balance"
    }
    assert {"Balance", "GrantView", "SourceView", "Hold", "Entry", "Posting"} <= {
        *document["components"]["schemas"]
    }


# Compared


def test_an_open_hold_is_equal_to_the_answer_that_placed_it(credits: Any):
    hold = credits.hold("ada", "Dot", key="k")
    (again,) = credits.execute([Tallystick.hold.__wrapped__("ada", "Dot", key="k").asked])
    assert again == getattr(hold, "_inner", hold)
    assert getattr(hold, "_inner", hold) == again
    assert getattr(hold, "_inner", hold) != credits.hold("ada", "Dot")


def test_refusals_are_equal_if_all_they_say_is(credits: Any, short: Refused):
    with pytest.raises(InsufficientCredits) as again:
        credits.charge("ada", "Clip", seconds=900)
    with pytest.raises(InsufficientCredits) as other:
        credits.charge("ada", "Clip", seconds=901)
    assert short == again.value
    assert {short, again.value} == {short}
    assert short != other.value
    assert short != MemberCapReached(short.message, short.facts, short.ways_out)
    assert pickle.loads(pickle.dumps(short)) == short


# Shown


def test_an_answer_reads_well_in_a_line(credits: Any):
    credits.grant("ada", "2.5", expires_at="2026-07-01T00:00:00Z")
    entry = credits.entries("ada", newest=True)[0]
    assert repr(entry.postings[0]).startswith("Posting(account='")
    assert (
        repr(credits.clock()) == "ClockView(platform='small', at=2026-01-31T10:00:00Z, test=False)"
    )
    grant = credits.balance("ada").grants[-1]
    assert repr(grant) == (
        f"GrantView(grant='{grant.grant}', source='{grant.source}', amount={grant.amount}, "
        f"remaining={grant.remaining}, held=0, effective_at=2026-01-31T10:00:00Z, "
        f"expires_at={grant.expires_at:%Y-%m-%dT%H:%M:%SZ})"
    )
    shown = repr(credits.balance("ada"))
    assert "datetime" not in shown
    assert "Decimal" not in shown
    assert "available=112.5" in shown


def test_a_refusal_reads_well_in_a_line(short: Refused):
    assert repr(short) == (
        f"InsufficientCredits({short.message!r}, available=110, credits=9000, shortfall=8890, "
        "ways_out=[Way(kind='less', credits=110, quantities={'seconds': 11})])"
    )
    offered = InsufficientCredits("no", {"shortfall": 2}, (results.Way(kind="top_up", credits=5),))
    assert repr(offered) == (
        "InsufficientCredits('no', shortfall=2, ways_out=[Way(kind='top_up', credits=5)])"
    )


class Printer:
    """IPython's printer, as far as answers use it: a line for each part, by its depth."""

    def __init__(self):
        self.written = ""
        self.depth = 0

    def text(self, text: str) -> None:
        self.written += text

    def breakable(self) -> None:
        self.written += "\n" + " " * self.depth

    def pretty(self, value: Any) -> None:
        value._repr_pretty_(self, False)

    @contextmanager
    def group(self, indent: int, opening: str, closing: str) -> Any:
        self.text(opening)
        self.depth += indent
        yield
        self.depth -= indent
        self.text(closing)


def test_a_notebook_may_break_its_lines(answers: dict[str, Any]):
    for answer in single(answers).values():
        printer = Printer()
        printer.pretty(answer)
        lines = [line.strip() for line in printer.written.splitlines()]
        assert " ".join(lines) == repr(answer)
