"""Bad input to every verb and parameter: a clear error, and the journal unchanged."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import apsw
import pytest

from tallystick import InvalidRequest, Tallystick, UnknownModel, commands, refusals
from tallystick.client import verbs
from tests.scenarios.bad_input import (
    API_KEY_ID,
    CATALOG,
    SCHEDULED,
    TABLE,
    TEN_MEGABYTES,
    WHOLE_REQUESTS,
)

LONGEST_MESSAGE = 700
OPENING = {"open", "connect", "close"}
OPENED: dict[str, Any] = {"catalog": CATALOG, "test_clock": "2026-02-01T00:00:00Z"}
CASES = [(verb, parameter) for verb, (_, spoiled) in TABLE.items() for parameter in spoiled]


@pytest.fixture
def credits(tmp_path: Path) -> Iterator[Tallystick]:
    """A test platform with accounts in every state that the table's right calls need."""
    opened = Tallystick.open(tmp_path / "small.db", **OPENED)
    furnish(opened)
    yield opened
    opened.close()


def furnish(opened: Any) -> None:
    """Bring the accounts about."""
    opened.open_account("ada", members=["mia"])
    opened.subscribe("ada", "Basic")
    opened.top_up("ada", 200)
    opened.grant("ada", 50)
    hold = opened.hold("ada", "Clip", seconds=2)
    charge = opened.charge("ada", "Dot")
    lease = opened.lease("ada", 50)
    assert (hold.hold, charge.receipt, lease.hold) == ("h7", "r8", "h9")
    opened.open_account("bob")
    opened.open_account("eve")
    opened.subscribe("eve", "Basic")
    opened.cancel("eve")
    opened.publish(CATALOG.replace("credits: 10, per", "credits: 11, per"), SCHEDULED)
    with mock.patch("tallystick.engine.keys._random", lambda size: API_KEY_ID.ljust(size, "0")):
        assert opened.create_api_key("spare").id == API_KEY_ID


def stored(credits: Tallystick) -> dict[str, list[Any]]:
    """Every row of every table."""
    return rows(credits._transport.engine.store.path)  # type: ignore[attr-defined]


def rows(path: str) -> dict[str, list[Any]]:
    """Every row of every table in a file, by a connection of its own."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = [row[1] for row in connection.execute("pragma table_list")]
        assert {"accounts", "journal", "holds", "refusals", "catalogs", "platforms"} <= set(names)
        return {
            name: sorted(connection.execute(f'select * from "{name}"'), key=repr)
            for name in names
            if not name.startswith("sqlite_")
        }
    finally:
        connection.close()


def shown(value: Any) -> str:
    try:
        said = repr(value)
    except ValueError:
        return "a number of too many digits to be written"
    return said if len(said) <= 80 else f"{said[:60]}... ({len(said):,})"


def complaint(error: BaseException | None) -> str | None:
    """What is wrong with the answer to bad input; None when it is as it should be."""
    if error is None:
        return "was accepted"
    if not isinstance(error, InvalidRequest):
        return f"raised {type(error).__name__}: {str(error)[:100]}"
    if not error.where:
        return "does not say where"
    if not 10 < len(str(error)) <= LONGEST_MESSAGE:
        return f"has a message of {len(str(error)):,} characters"
    return None


def requests(verb: str, parameter: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each bad value of a parameter, and the arguments of the call that it spoils."""
    right, spoiled = TABLE[verb]
    for value in spoiled[parameter]:
        given = value if (verb, parameter) in WHOLE_REQUESTS else {parameter: value}
        if parameter != "settings_and_quantities":
            yield value, {**right, **given}
            continue
        named = {name: right[name] for name in ("account", "hold") if name in right}
        yield value, {**named, **given}


def error_of(credits: Any, verb: str, request: dict[str, Any]) -> Exception | None:
    try:
        getattr(credits, verb)(**request)
    except Exception as raised:  # noqa: BLE001 (whatever it is, it is the answer)
        return raised
    return None


@pytest.mark.parametrize("verb", TABLE)
def test_the_right_call_is_right(credits: Tallystick, verb: str):
    """Else the table would prove nothing."""
    getattr(credits, verb)(**TABLE[verb][0])
    assert credits.verify()


@pytest.mark.parametrize(("verb", "parameter"), CASES)
def test_bad_input_is_refused_and_changes_nothing(credits: Tallystick, verb: str, parameter: str):
    before = stored(credits)
    wrong = []
    for value, request in requests(verb, parameter):
        said = complaint(error_of(credits, verb, request))
        if said is not None:
            wrong.append(f"{shown(value)} {said}")
        if stored(credits) != before:
            wrong.append(f"{shown(value)} changed what is stored")
            before = stored(credits)
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_verb_and_every_parameter_has_its_row():
    offered = {name for name in vars(Tallystick) if not name.startswith("_")} - OPENING
    parameters = {name: set(inspect.signature(getattr(verbs, name)).parameters) for name in offered}
    assert {name: set(spoiled) for name, (_, spoiled) in TABLE.items()} == parameters


# What the errors say


def test_an_unknown_model_names_the_nearest(credits: Tallystick):
    with pytest.raises(UnknownModel) as unknown:
        credits.quote("Consulation")
    assert unknown.value.where == "model"
    assert unknown.value.allowed[0] == "Consultation"
    assert "Consultation" in str(unknown.value)
    with pytest.raises(UnknownModel) as unknown:
        credits.charge("ada", "no such thing")
    assert set(unknown.value.allowed) <= {"Dot", "Consultation", "Voice", "Clip", "Shot"}
    assert unknown.value.allowed


def test_nearest_names_on_the_shipped_catalog():
    with Tallystick.open(":memory:", "artlist") as artlist:
        for typed, meant in (("Veo 3", "Veo 3.1"), ("nano bannana", "Nano Banana"),
                             ("hailou 2.3", "Hailuo 2.3"), ("flux", "Flux 2.0")):  # fmt: skip
            with pytest.raises(UnknownModel) as unknown:
                artlist.quote(typed)
            assert meant in unknown.value.allowed, typed
            assert meant in str(unknown.value)


def test_an_unknown_setting_names_the_ones_there_are(credits: Tallystick):
    with pytest.raises(InvalidRequest) as unknown:
        credits.quote("Shot", resolutoin="720p", seconds=2)
    assert unknown.value.where == "resolutoin"
    assert unknown.value.allowed == ("resolution", "seconds", "minutes")
    assert "did you mean resolution?" in str(unknown.value)
    with pytest.raises(InvalidRequest) as unknown:
        credits.quote("Shot", resolution="4k", seconds=2)
    assert (unknown.value.where, unknown.value.allowed) == ("resolution", ("720p", "1080p"))
    with pytest.raises(InvalidRequest) as missing:
        credits.quote("Shot", seconds=2)
    assert (missing.value.where, missing.value.allowed) == ("resolution", ("720p", "1080p"))


@pytest.mark.parametrize(
    ("call", "where", "allowed"),
    [
        (lambda c: c.subscribe("bob", "Gold"), "plan", ("Basic", "Studio")),
        (lambda c: c.subscribe("bob", "Basic", interval="weekly"), "interval",
         ("monthly", "yearly")),
        (lambda c: c.subscribe("bob", "Basic", 7), "package", ("100",)),
        (lambda c: c.grant("ada", 5, source="gift"), "source",
         ("promo", "adjustment", "topup", "free")),
        (lambda c: c.settle("ada", "h7", outcome="failed"), "outcome",
         ("succeeded", "provider_error", "timeout", "canceled_before_start", "moderated",
          "partial")),
        (lambda c: c.capacity("Gold"), "plan", ("Free", "Basic", "Studio")),
        (lambda c: c.quote("Dot", plan="Gold"), "plan", ("Free", "Basic", "Studio")),
    ],
    ids=["plan", "interval", "package", "source", "outcome", "capacity", "quote"],
)  # fmt: skip
def test_an_unknown_word_names_the_ones_there_are(
    credits: Tallystick, call: Any, where: str, allowed: tuple[str, ...]
):
    with pytest.raises(InvalidRequest) as unknown:
        call(credits)
    assert (unknown.value.where, unknown.value.allowed) == (where, allowed)


def test_arguments_that_exclude_each_other_are_refused(credits: Tallystick):
    token = credits.quote("Dot", account="ada").quote
    before = stored(credits)
    for call in (
        lambda: credits.charge("ada", "Dot", quote=token),
        lambda: credits.charge("ada", quote=token, outputs=2),
        lambda: credits.hold("ada", quote=token, seconds=2),
        lambda: credits.charge("ada"),
        lambda: credits.quote("Dot", account="ada", plan="Basic"),
        lambda: credits.catalog(at="2026-02-01T00:00:00Z", version=1),
        lambda: credits.prices(at="2026-02-01T00:00:00Z", version=1),
        credits.advance_clock,
        lambda: credits.advance_clock(to="2026-03-01T00:00:00Z", by="1d"),
    ):
        with pytest.raises(InvalidRequest):
            call()
    assert stored(credits) == before


NOT_THERE: dict[str, tuple[type[refusals.Refused], Callable[[Tallystick, str | None], Any]]] = {
    "an account": (
        refusals.AccountNotFound,
        lambda credits, key: credits.charge("nobody", "Dot", key=key),
    ),
    "an account to open": (
        refusals.AccountExists,
        lambda credits, key: credits.open_account("ada", key=key),
    ),
    "a hold": (refusals.HoldNotFound, lambda credits, key: credits.settle("ada", "h99", key=key)),
    "a hold far away": (
        refusals.HoldNotFound,
        lambda credits, key: credits.release("ada", "h999999999999999", key=key),
    ),
    "an entry": (
        refusals.EntryNotFound,
        lambda credits, key: credits.reverse("ada", 999, "mistake", key=key),
    ),
    "a member to remove": (
        refusals.MemberUnknown,
        lambda credits, key: credits.remove_member("ada", "zoe", key=key),
    ),
    "a member who spends": (
        refusals.MemberUnknown,
        lambda credits, key: credits.charge("ada", "Dot", member="zoe", key=key),
    ),
    "a lease": (
        refusals.HoldNotFound,
        lambda credits, key: credits.draw("ada", "h99", "Dot", key=key),
    ),
    "so much on a lease": (
        refusals.LeaseExhausted,
        lambda credits, key: credits.draw("ada", "h9", "Dot", outputs=51, key=key),
    ),
    "so many credits": (
        refusals.InsufficientCredits,
        lambda credits, key: credits.charge("ada", "Dot", outputs=999, key=key),
    ),
}


@pytest.mark.parametrize("what", NOT_THERE)
def test_what_is_well_said_but_not_there_is_a_refusal_and_changes_nothing(
    credits: Tallystick, what: str
):
    refusal, call = NOT_THERE[what]
    before = stored(credits)
    with pytest.raises(refusal):
        call(credits, None)
    assert stored(credits) == before
    with pytest.raises(refusal):
        call(credits, "a key")
    after = stored(credits)
    known = refusal is not refusals.AccountNotFound
    for table in ("refusals", "refusal_tallies"):
        assert len(after.pop(table)) - len(before.pop(table)) == known, "remembered by its key"
    counted = before.pop("epochs") != after.pop("epochs")
    assert counted == known, "counted, so that its loss is noticed"
    assert after == before


def test_bad_input_under_a_key_leaves_the_key_free(credits: Tallystick):
    with pytest.raises(InvalidRequest):
        credits.charge("ada", "Clip", seconds=-1, key="k")
    assert credits.charge("ada", "Clip", seconds=1, key="k").credits == 10


made: Any = commands
BY_HAND: list[Any] = [
    made.Charge("ada", "Dot", params=None),
    made.Charge("ada", "Dot", params="seconds=2"),
    made.Charge("ada", "Dot", params={5: 5}),
    made.Charge("ada", "Dot", params={"seconds": 1j}, key="k"),
    made.Charge("ada", "Dot", labels=None),
    made.Charge("ada", "Dot", labels=[]),
    made.Charge("ada", "Dot", labels={"a": 5}),
    made.Charge("ada", "Dot", outputs=True),
    made.Charge("ada", "Dot", key=5),
    made.Charge(5, "Dot"),
    made.PlaceHold("ada", "Dot", labels=None),
    made.PlaceHold("ada", "Dot", params=[("seconds", 2)]),
    made.Settle("ada", "h7", params=5),
    made.Settle("ada", "h7", outcome=[]),
    made.Settle("ada", "h9"),
    made.Lease("ada", None),
    made.Lease("ada", 5, labels=None),
    made.Draw("ada", "h9", None),
    made.Draw("ada", "h9", "Dot", params=None),
    made.Draw("ada", "h9", "Dot", labels=[]),
    made.Draw("ada", "h7", "Dot"),
    made.OpenAccount("new", members=None),
    made.OpenAccount("new", members=["mia"]),
    made.Command("ada"),
]


@pytest.mark.parametrize("number", range(len(BY_HAND)), ids=lambda number: str(BY_HAND[number]))
def test_a_command_built_by_hand_is_checked_as_well(credits: Tallystick, number: int):
    before = stored(credits)
    (answer,) = credits.execute([BY_HAND[number]])
    assert complaint(answer) is None, answer
    assert stored(credits) == before
    assert credits.verify()


def test_a_text_of_ten_megabytes_is_neither_stored_nor_said(credits: Tallystick):
    with pytest.raises(InvalidRequest, match="10,000,000"):
        credits.charge("ada", "Voice", text=TEN_MEGABYTES, key="long")
    credits.charge("ada", "Voice", text="a secret of the creator", key="short")
    assert "secret" not in repr(stored(credits))
