"""Every error through every transport: the same class, words, place, facts and ways out."""

import json
from collections.abc import Callable
from typing import Any

import apsw
import pytest

from tallystick import InvalidRequest, KeyConflict, Refused, UnknownModel, commands, errors
from tallystick.client.exchange import decode_error
from tallystick.wire import json_text, problems
from tests.docs.test_refusals import CAUSES, Shops
from tests.python.sameness import outcome, said
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import PLANS, small

OTHERS = [transport for transport in TRANSPORTS if transport != "called"]


def refusal_through(transport: str, cause: Callable[[Shops], Any]) -> Any:
    shops = Shops(TRANSPORTS[transport])
    try:
        return outcome(lambda: cause(shops))
    finally:
        shops.close()


@pytest.mark.parametrize(
    ("code", "cause"), CAUSES, ids=[f"{code}-{at}" for at, (code, _) in enumerate(CAUSES)]
)
def test_a_refusal_is_the_same_over_http(code: str, cause: Callable[[Shops], Any]):
    embedded = refusal_through("called", cause)
    assert isinstance(embedded, Refused)
    assert embedded.code == code
    assert said(refusal_through("called over HTTP", cause)) == said(embedded)


PRICED = small(
    "free_credits: [{credits: 0.5, every: day}]\n",
    PLANS.replace(
        "{credits: 200}", '{credits: 200.25, price: {amount: "4.99", currency: EUR, sample: true}}'
    ),
)


def fractions(credits: Any) -> Any:
    """A refusal whose amounts are no whole numbers, with every kind of way out."""
    credits.grant("ada", "9007199.000001")
    credits.adjust("ada", "-9007125.9", "spent elsewhere")
    return credits.charge("ada", "Shot", resolution="1080p", seconds=7.3)


def two_grants_under_a_key(credits: Any) -> Any:
    credits.grant("ada", 5, key="k")
    return credits.grant("ada", 6, key="k")


def two_changes_of_the_platform_under_a_key(credits: Any) -> Any:
    credits.advance_clock(by="1d", key="k")
    return credits.advance_clock(by="2d", key="k")


def commands_that_are_refused_each_for_itself(credits: Any) -> Any:
    made: Any = commands
    return credits.execute(
        [
            None,
            "charge",
            made.Charge("ada", "Dot", outputs=900),
            made.Charge("nobody", "Dot"),
            made.Charge("ada", "Dott"),
            made.Charge("ada", "Dot", key=5),
            made.Settle("ada", "x"),
            made.Advance("nobody"),
            made.Advance("ada"),
            made.Subscribe("ada", "Gold"),
        ]
    )


def amounts_of_sixteen_digits(credits: Any) -> Any:
    """More than a float can tell apart."""
    credits.grant("ada", "9007199253.999997")
    return credits.grant("ada", "9007199253.999999")


CAUSED: dict[str, Callable[[Any], Any]] = {
    "fractions of credits": fractions,
    "amounts of sixteen digits": amounts_of_sixteen_digits,
    "a model that is not there": lambda credits: credits.quote("Dott"),
    "a setting that is not there": lambda credits: credits.quote("Shot", colour="red"),
    "a word that is not allowed": lambda credits: credits.quote("Shot", resolution="8k", seconds=2),
    "a plan that is not there": lambda credits: credits.subscribe("ada", "Gold"),
    "a number that is too large": lambda credits: credits.grant("ada", 2**53),
    "a catalog that is broken": lambda credits: credits.publish("platform: small\nname: [x]\n"),
    "two grants under a key": two_grants_under_a_key,
    "two changes of the platform under a key": two_changes_of_the_platform_under_a_key,
    "commands": commands_that_are_refused_each_for_itself,
    "a quote that would be refused": lambda credits: credits.quote(
        "Shot", account="ada", resolution="1080p", seconds=7.3
    ),
}


def caused_through(transport: str, cause: Callable[[Any], Any]) -> Any:
    credits = TRANSPORTS[transport](":memory:", catalog=PRICED, test_clock="2026-01-31T10:00:00Z")
    try:
        credits.open_account("ada")
        return outcome(lambda: cause(credits))
    finally:
        credits.close()


@pytest.mark.parametrize("what", CAUSED)
def test_what_goes_wrong_is_the_same_through_every_transport(what: str):
    embedded = said(caused_through("called", CAUSED[what]))
    for transport in OTHERS:
        assert said(caused_through(transport, CAUSED[what])) == embedded, transport


def test_fractions_stay_exact_and_every_way_out_is_priced():
    refusal = caused_through("called over HTTP", fractions)
    assert str(refusal.shortfall) == "72.399999"
    assert {way.kind for way in refusal.ways_out} >= {"top_up", "upgrade", "cheaper"}
    assert any(way.price for way in refusal.ways_out)


# What crosses as what


CROSSING: dict[type[Exception], tuple[Exception, type[Exception]]] = {
    errors.InvalidRequest: (
        InvalidRequest("x must be 1", where="x", allowed=("1", "2")),
        InvalidRequest,
    ),
    errors.UnknownModel: (
        UnknownModel("no such model", where="model", allowed=("Dot",)),
        UnknownModel,
    ),
    errors.InvalidCatalog: (errors.InvalidCatalog("2 problems"), errors.InvalidCatalog),
    errors.KeyConflict: (KeyConflict("ada", "k"), KeyConflict),
    errors.AccessDenied: (errors.AccessDenied("needs grant", ("grant",)), errors.AccessDenied),
    errors.StillRunning: (errors.StillRunning("still running"), errors.StillRunning),
    errors.DatabaseBusy: (errors.DatabaseBusy("held for too long"), errors.DatabaseBusy),
    errors.WrongClock: (errors.WrongClock("a year ahead"), errors.WrongClock),
    **{
        kind: (kind("what is wrong with it"), errors.ServerError)
        for kind in (
            errors.StoreError,
            errors.NotADatabase,
            errors.ReadOnlyDatabase,
            errors.NewerDatabase,
            errors.FullDatabase,
            errors.UnsafeDatabase,
            errors.DamagedDatabase,
            errors.Unreachable,
            errors.ServerError,
        )
    },
}
"""Each error of the tree, and as what a client hears of it: what is wrong with the database of a
server is the server's own matter, told in words that are for everybody."""


def crossed(error: Exception) -> Exception:
    """An error as a client has it, after a server has said it."""
    document = problems.encode_problem(error)
    return decode_error(json_text.encode(document), document.status, "http://127.0.0.1:8700")


@pytest.mark.parametrize("kind", CROSSING, ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_crosses(kind: type[Exception]):
    error, heard_as = CROSSING[kind]
    heard = crossed(error)
    words = error.public if isinstance(error, errors.StoreError) else str(error)
    assert (type(heard), str(heard)) == (heard_as, words)
    if type(heard) is type(error) and not isinstance(error, errors.StoreError):
        assert said(heard) == said(error)


def test_the_table_of_errors_is_complete():
    tree = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.TallystickError)
    }
    of_the_client = {errors.SpendsNotWritten}
    assert tree - {errors.TallystickError} - of_the_client == CROSSING.keys()


@pytest.mark.parametrize("code", problems.KINDS)
def test_every_code_of_a_server_is_an_error_of_ours(code: str):
    kind = problems.KINDS[code]
    document = {"code": code, "detail": "what went wrong", "status": kind.status, "key": "k"}
    error = decode_error(json.dumps(document).encode(), kind.status, "http://127.0.0.1:8700")
    assert isinstance(error, errors.TallystickError)
    assert str(error) == "what went wrong" or isinstance(error, KeyConflict)


def test_a_fault_of_the_server_says_no_more_than_that():
    error = crossed(ZeroDivisionError("in line 71 of a file of ours"))
    assert type(error) is errors.ServerError
    assert str(error) == "the server failed because of a fault of its own; it was logged"


def test_a_damaged_database_is_told_through_every_transport(tmp_path: Any):
    heard = {}
    for name in ("called", "called over HTTP"):
        file = tmp_path / f"{name}.db"
        credits = TRANSPORTS[name](file, catalog=small())
        if "HTTP" in name:
            credits._transport._pause = lambda seconds: None
        credits.open_account("ada")
        with apsw.Connection(str(file)) as connection:
            connection.execute("update accounts set state = 'x'")
        with pytest.raises(errors.StoreError) as raised:
            credits.balance("ada")
        heard[name] = raised.value
        credits.close()
    assert [type(each) for each in heard.values()] == [errors.DamagedDatabase, errors.ServerError]
    within, over_http = heard.values()
    assert "small/ada cannot be read" in str(within)
    assert str(over_http) == errors.DamagedDatabase.public
