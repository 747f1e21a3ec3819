"""The tree of errors, and the subclass of each refusal code."""

import pickle
from typing import Any

import pytest

import tallystick
from tallystick import errors, refusals

TREE = {
    "TallystickError": Exception,
    "InvalidRequest": errors.TallystickError,
    "UnknownModel": errors.InvalidRequest,
    "InvalidCatalog": errors.InvalidRequest,
    "KeyConflict": errors.TallystickError,
    "AccessDenied": errors.TallystickError,
    "StillRunning": errors.TallystickError,
    "SpendsNotWritten": errors.TallystickError,
    "StoreError": errors.TallystickError,
    "Unreachable": errors.StoreError,
    "ServerError": errors.StoreError,
    "NotADatabase": errors.StoreError,
    "ReadOnlyDatabase": errors.StoreError,
    "NewerDatabase": errors.StoreError,
    "UnsafeDatabase": errors.StoreError,
    "DatabaseBusy": errors.StoreError,
    "FullDatabase": errors.StoreError,
    "WrongClock": errors.StoreError,
    "DamagedDatabase": errors.StoreError,
}

IN_THE_ORDER_OF_THE_RULES = [
    *("account_not_found", "account_exists", "quote_for_another_account", "quote_used"),
    *("quote_expired", "entry_not_found", "hold_not_found", "hold_closed", "grant_not_found"),
    *("nothing_left", "subscription_required", "tool_not_in_plan", "model_requires_subscription"),
    *("fair_use_reached", "settle_outside_range", "settle_above_hold", "refund_above_charge"),
    *("member_required", "member_unknown", "member_cap_reached", "account_cap_reached"),
    *("held_limit_reached", "insufficient_credits", "lease_exhausted", "already_subscribed"),
    *("no_subscription", "no_change", "trial_used", "subscription_paused", "no_running_cycle"),
    *("nothing_scheduled", "top_ups_not_sold"),
    *("top_up_requires_subscription", "balance_limit", "entry_final", "clock_not_test"),
    *("clock_backwards", "version_not_scheduled"),
]


def test_the_tree_is_the_one_that_is_drawn():
    found = {
        name: member
        for name, member in vars(errors).items()
        if isinstance(member, type) and issubclass(member, Exception)
    }
    assert {name: member.__base__ for name, member in found.items()} == TREE
    for name in TREE:
        assert name in (errors.__doc__ or ""), f"{name} is not drawn"


def test_every_code_has_its_subclass_in_a_closed_ordered_list():
    assert [refused.code for refused in refusals.REFUSALS] == IN_THE_ORDER_OF_THE_RULES
    for refused in refusals.REFUSALS:
        assert refused.__base__ is refusals.Refused
        assert issubclass(refused, errors.TallystickError)
        assert refused.code == "".join(
            f"_{letter.lower()}" if letter.isupper() else letter for letter in refused.__name__
        ).removeprefix("_")
        assert refused.__doc__, refused.code
        assert getattr(refusals, refused.__name__) is refused
        assert getattr(tallystick, refused.__name__) is refused


def test_public_names_are_there_and_nothing_else_is():
    for name in tallystick.__all__:
        assert getattr(tallystick, name) is not None
    with pytest.raises(AttributeError):
        _ = tallystick.Tallystik  # type: ignore[attr-defined]
    for name in ("TallystickError", "InvalidRequest", "KeyConflict", "Refused"):
        assert name in tallystick.__all__


def raised(call: Any) -> Any:
    with pytest.raises(errors.TallystickError) as error:
        call()
    return error.value


def test_a_refusal_has_its_facts_as_attributes(credits: Any):
    refusal = raised(lambda: credits.charge("ada", "Dot", outputs=111))
    assert type(refusal) is tallystick.InsufficientCredits is refusals.InsufficientCredits
    assert (refusal.code, refusal.shortfall, refusal.available) == ("insufficient_credits", 1, 110)
    assert refusal.facts == {"credits": 111, "available": 110, "shortfall": 1}
    assert str(refusal) == refusal.message
    with pytest.raises(AttributeError):
        _ = refusal.no_such_fact


def test_bad_input_says_where_and_what_is_allowed(credits: Any):
    error = raised(lambda: credits.quote("Shot", resolution="8k", seconds=2))
    assert (error.where, error.allowed) == ("resolution", ("720p", "1080p"))
    assert str(error) == error.message == "Shot: resolution must be 720p or 1080p, not '8k'"


def test_a_reused_key_names_itself(credits: Any):
    credits.charge("ada", "Dot", key="k")
    error = raised(lambda: credits.charge("ada", "Dot", outputs=2, key="k"))
    assert (type(error), error.account, error.key) == (errors.KeyConflict, "ada", "k")


def test_an_invalid_catalog_lists_every_problem(credits: Any):
    error = raised(lambda: credits.publish("platform: small\nname: [x]\ncolour: red\n"))
    assert type(error) is errors.InvalidCatalog
    assert len(error.problems) >= 3, "all at once, not the first"
    assert error.where == "catalog"


def test_errors_survive_being_sent_to_another_process(credits: Any):
    credits.charge("ada", "Dot", key="k")
    for call in (
        lambda: credits.charge("ada", "Dot", outputs=111),
        lambda: credits.quote("Shot", resolution="8k", seconds=2),
        lambda: credits.quote("Dott"),
        lambda: credits.charge("ada", "Dot", outputs=2, key="k"),
        lambda: credits.publish("platform: small\n"),
    ):
        error = raised(call)
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is type(error)
        assert str(back) == str(error)
        assert {k: str(v) for k, v in vars(back).items()} == {
            k: str(v) for k, v in vars(error).items()
        }
