"""A batch of one account of which all is written, or nothing."""

from typing import Any

import pytest

from tallystick import InvalidRequest, UnknownModel, commands, refusals, results


def charge(outputs: int, key: str | None = None) -> commands.Charge:
    return commands.Charge("ada", "Dot", outputs=outputs, key=key)


def test_all_of_it_is_written_in_order_and_replays_under_its_keys(credits: Any):
    asked = [
        commands.TopUp("ada", 30, key="t", custom=True),
        charge(5, "a"),
        commands.PlaceHold("ada", "Clip", {"seconds": 2}, key="h"),
    ]
    answers = credits.execute(asked, all_or_nothing=True)
    assert [type(each) for each in answers] == [results.Grant, results.Charge, results.Hold]
    assert answers[0].seq < answers[1].seq < answers[2].seq
    before = credits.balance("ada")
    again = credits.execute(asked, all_or_nothing=True)
    assert [each.to_json() for each in again] == [each.to_json() for each in answers]
    assert credits.balance("ada") == before


def test_if_one_is_refused_nothing_is_written_and_each_answer_says_so(credits: Any):
    before = credits.balance("ada")
    asked = [commands.TopUp("ada", 30, key="t", custom=True), charge(900, "a"), charge(1, "b")]
    first, second, third = credits.execute(asked, all_or_nothing=True)
    assert isinstance(second, refusals.InsufficientCredits)
    for other in (first, third):
        assert isinstance(other, InvalidRequest)
        assert "nothing was written, because of commands[1]" in str(other)
    assert credits.balance("ada") == before
    retried = credits.execute([asked[0], charge(2, "a"), asked[2]], all_or_nothing=True)
    assert [type(each) for each in retried] == [results.Grant, results.Charge, results.Charge]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [(commands.Charge("ada", "Dott"), UnknownModel), (charge(0), InvalidRequest)],
    ids=["unknown model", "no outputs"],
)
def test_bad_input_keeps_the_others_from_being_written(credits: Any, wrong: Any, kind: type):
    before = credits.balance("ada")
    good, bad = credits.execute([charge(1), wrong], all_or_nothing=True)
    assert isinstance(bad, kind)
    assert "commands[1]" in str(good)
    assert credits.balance("ada") == before


def test_an_earlier_refusal_under_a_key_counts_as_one(credits: Any):
    (refused,) = credits.execute([commands.Release("ada", "h99", key="r")])
    answers = credits.execute(
        [charge(1), commands.Release("ada", "h99", key="r")], all_or_nothing=True
    )
    assert [type(each) for each in answers] == [InvalidRequest, type(refused)]


def test_it_is_for_one_account(credits: Any):
    with pytest.raises(InvalidRequest, match="one account"):
        credits.execute([charge(1), commands.Charge("bob", "Dot")], all_or_nothing=True)
    assert credits.execute([], all_or_nothing=True) == []


def test_it_is_true_or_false_and_has_a_limit(credits: Any):
    with pytest.raises(InvalidRequest, match="true or false"):
        credits.execute([charge(1)], all_or_nothing="no")
    with pytest.raises(InvalidRequest, match="at most 1,000"):
        credits.execute([charge(1)] * 1_001, all_or_nothing=True)
