"""Batches: many commands at once, each with its own key and its own answer, in order."""

from typing import Any

import pytest

from tallystick import InvalidRequest, KeyConflict, UnknownModel, commands, refusals, results


def test_every_command_has_its_own_answer_in_order(credits: Any):
    answers = credits.execute(
        [
            commands.OpenAccount("bob"),
            commands.Subscribe("bob", "Studio"),
            commands.Charge("bob", "Dot", outputs=10),
            commands.Charge("bob", "Dot", outputs=900),
            commands.Charge("nobody", "Dot"),
            commands.Charge("bob", "Dott"),
            commands.Charge("bob", "Dot", outputs=0),
            commands.TopUp("bob", 5, key="t", custom=True),
            commands.TopUp("bob", 6, key="t", custom=True),
            commands.TopUp("bob", 5, key="t", custom=True),
            commands.PlaceHold("bob", "Clip", {"seconds": 2}),
            commands.Adjust("bob", -1, "by mistake"),
            commands.Advance("bob"),
        ]
    )
    assert [type(answer) for answer in answers] == [
        results.AccountView,
        results.PlanChange,
        results.Charge,
        refusals.InsufficientCredits,
        refusals.AccountNotFound,
        UnknownModel,
        InvalidRequest,
        results.Grant,
        KeyConflict,
        results.Grant,
        results.Hold,
        results.Adjustment,
        type(None),
    ]
    assert answers[7] == answers[9], "the same key, the same answer"
    assert answers[3].shortfall == 400, "10 free credits were there too"
    assert credits.balance("bob").available == 500 + 10 + 5 - 10 - 20 - 1


def test_a_batch_leaves_what_its_commands_leave_one_by_one(credits: Any):
    """The same ledger, whether asked for at once or one after the other."""
    batch = [
        commands.GrantCredits("{}", 100),
        commands.Charge("{}", "Dot", outputs=3, key="a"),
        commands.Charge("{}", "Dot", outputs=999, key="b"),
        commands.PlaceHold("{}", "Clip", {"seconds": 2}, key="c"),
        commands.Charge("{}", "Dot", key="a"),
        commands.Adjust("{}", -5, "by mistake"),
    ]

    def asked_of(account: str) -> list[Any]:
        return [type(each)(account, *_after_the_account(each)) for each in batch]

    for account in ("one", "two"):
        credits.open_account(account)
    one = credits.execute(asked_of("one"))
    two = [credits.execute([command])[0] for command in asked_of("two")]
    assert [type(answer) for answer in one] == [type(answer) for answer in two]

    def shape(account: str) -> list[tuple[Any, ...]]:
        found = credits.entries(account)
        keys = [given(e.key) for e in found]
        assert [key for key in keys if key is not None] == ["a", "c"]
        return [
            (e.seq, e.at, e.kind, e.credits, e.balance_after, e.postings, key)
            for e, key in zip(found, keys, strict=True)
        ]

    assert shape("one") == shape("two")


def given(key: str | None) -> str | None:
    """A key that the caller gave: a client gives each request one, so that it can ask again."""
    return None if key is None or key.startswith("auto-") else key


def _after_the_account(command: Any) -> list[Any]:
    return [getattr(command, name) for name in command.__struct_fields__[1:]]


def test_later_commands_see_what_earlier_ones_did(credits: Any):
    hold = credits.hold("ada", "Clip", seconds=4)
    settled, again, released = credits.execute(
        [
            commands.Settle("ada", hold.hold, 10),
            commands.Settle("ada", hold.hold, 10),
            commands.Release("ada", hold.hold),
        ]
    )
    assert settled.credits == 10
    assert isinstance(again, refusals.HoldClosed)
    assert isinstance(released, refusals.HoldClosed)
    opened, charged = credits.execute(
        [commands.PlaceHold("ada", "Dot"), commands.Charge("ada", "Dot", outputs=99)]
    )
    assert (opened.credits, charged.balance_after) == (1, 0)


def test_a_refusal_touches_no_other_command(credits: Any):
    answers = credits.execute(
        [commands.Charge("ada", "Dot", outputs=each) for each in (60, 60, 40, 20, 10, 1)]
    )
    paid = [getattr(answer, "credits", None) for answer in answers]
    assert [isinstance(answer, refusals.InsufficientCredits) for answer in answers] == [
        *(False, True, False, True, False, True)
    ]
    assert (paid[0], paid[2], paid[4]) == (60, 40, 10)


def test_a_key_holds_within_a_batch_and_after_it(credits: Any):
    first, again = credits.execute([commands.Charge("ada", "Dot", key="k")] * 2)
    assert first == again == credits.charge("ada", "Dot", key="k")
    assert len(credits.usage("ada")) == 1


def test_refusals_under_a_key_are_remembered_within_a_batch(credits: Any):
    """Final ones; those that a command cures are given again as long as they hold."""
    asked = commands.Charge("ada", "Dot", outputs=500, key="k")
    refused, same, _, charged = credits.execute(
        [asked, asked, commands.TopUp("ada", 1_000, custom=True), asked]
    )
    assert (same.message, same.ways_out) == (refused.message, refused.ways_out)
    assert charged.credits == 500
    again = commands.Cancel("ada", key="c")
    _, refused, _, final = credits.execute(
        [commands.Cancel("ada"), again, commands.Resume("ada"), again]
    )
    assert final.message == refused.message


@pytest.mark.parametrize("many", [0, 1, 1_000, 2_500])
def test_a_batch_may_have_any_size(credits: Any, many: int):
    answers = credits.execute([commands.GrantCredits("ada", 1)] * many)
    assert [answer.seq for answer in answers] == list(range(4, 4 + many))


def test_many_accounts_in_one_batch(credits: Any):
    names = [f"account {number}" for number in range(300)]
    credits.execute([commands.OpenAccount(name) for name in names])
    asked = [commands.GrantCredits(name, 5) for name in names] + [
        commands.Charge(name, "Dot") for name in names
    ]
    answers = credits.execute(asked)
    assert [answer.account for answer in answers] == names + names
    assert {answer.balance_after for answer in answers[300:]} == {14}
