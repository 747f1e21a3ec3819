"""Refusals: a closed list, in a documented order, with facts and ways out (docs/spec.md 6)."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from tallystick.core import refusals
from tallystick.core.account import account_rules, cap_rules, rules
from tallystick.core.credits import MAX, show
from tallystick.core.instants import DAY
from tallystick.core.refusals import BY_CODE, REFUSALS, Refused
from tests.core.story import BARE, TOY, Story

ORDER = [refused.code for refused in REFUSALS]
PLAN = """
    2026-01-10 10:00  open ann                      -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
                      member ann cap=50             -> subscription 1000
"""
LEASED = """
    2026-01-10 10:00  open                          -> nothing
                      grant promo 100               -> promo 100
                      lease l 100                   -> 100; held 100
"""
QUOTED = "quote q Portrait images=40 -> 1920\n"


def test_the_list_is_closed_and_every_code_is_there_once():
    classes = {
        each
        for each in vars(refusals).values()
        if inspect.isclass(each) and issubclass(each, Refused) and each is not Refused
    }
    assert set(REFUSALS) == classes
    assert len(ORDER) == len(set(ORDER)) == len(BY_CODE)
    assert all(inspect.getdoc(each) for each in REFUSALS)


# Where two rules say no, the one that stands first in the list answers


@pytest.mark.parametrize(
    ("story", "asked", "answers", "instead_of"),
    [
        ("", "charge Picture images=1", "account_not_found", "subscription_required"),
        ("", "settle h7", "account_not_found", "hold_not_found"),
        ("", "cancel", "account_not_found", "no_subscription"),
        ("", "reverse 7", "account_not_found", "entry_not_found"),
        (
            PLAN + "quote q Picture images=1 account=acct_2 -> 24\n",
            "+1d charge quote=q",
            "quote_for_another_account",
            "quote_expired",
        ),
        (
            PLAN
            + "quote q Picture images=1 -> 24\ncharge quote=q member=ann -> 24; subscription 976\n",
            "+1d charge quote=q",
            "quote_used",
            "quote_expired",
        ),
        (PLAN + QUOTED, "+1d charge quote=q", "quote_expired", "insufficient_credits"),
        (
            PLAN + "hold h Advice member=ann -> 10; subscription 990, held 10\n",
            "+2d settle h credits=99",
            "hold_closed",
            "settle_outside_range",
        ),
        (
            "2026-01-10 10:00 open -> nothing\n",
            "charge Clip audio=on seconds=99",
            "tool_not_in_plan",
            "insufficient_credits",
        ),
        (
            "2026-01-10 10:00 open ann -> nothing\n",
            "charge Portrait images=1 member=zoe",
            "model_requires_subscription",
            "member_unknown",
        ),
        (
            PLAN,
            "charge Picture images=99 member=zoe",
            "member_unknown",
            "insufficient_credits",
        ),
        (
            PLAN,
            "charge Picture images=99 member=ann",
            "member_cap_reached",
            "insufficient_credits",
        ),
        (
            PLAN + "hold h Advice member=ann -> 10; subscription 990, held 10\n",
            "settle h credits=11",
            "settle_outside_range",
            "settle_above_hold",
        ),
        ("", "draw h7 Picture images=1", "account_not_found", "hold_not_found"),
        (LEASED, "+1d draw l Clip audio=on seconds=1", "hold_closed", "tool_not_in_plan"),
        (LEASED, "draw l Clip audio=on seconds=99", "tool_not_in_plan", "lease_exhausted"),
        (LEASED, "draw l Portrait images=9", "model_requires_subscription", "lease_exhausted"),
        (PLAN, "lease l 2000 member=zoe", "member_unknown", "insufficient_credits"),
        (PLAN, "lease l 2000 member=ann", "member_cap_reached", "insufficient_credits"),
    ],
)
def test_the_rules_are_asked_in_the_order_of_the_list(
    story: str, asked: str, answers: str, instead_of: str
):
    Story(BARE).tell(f"{story}{asked} -> no {answers}")
    assert ORDER.index(answers) < ORDER.index(instead_of)


CODES = sorted(ORDER, key=len, reverse=True)
"""The longest first: no code is taken for one that it begins with."""
RULES = {
    name: rule
    for module in (rules, cap_rules, account_rules)
    for name, rule in inspect.getmembers(module, inspect.isfunction)
    if rule.__module__ == module.__name__ and not name.startswith("_")
}


OF_PLATFORMS = {"clock_not_test", "clock_backwards", "version_not_scheduled"}
"""What is refused to a whole platform, by no rule of an account."""


def code_of(rule: str) -> str | None:
    """The refusal that a rule is named after."""
    return next((code for code in CODES if rule == code or rule.startswith(f"{code}_")), None)


def core_functions() -> dict[str, ast.FunctionDef]:
    """Every function of the account's modules, by name."""
    modules = Path(inspect.getfile(rules)).parent.glob("*.py")
    return {
        node.name: node
        for module in sorted(modules)
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def asked_rules(functions: dict[str, ast.FunctionDef], name: str) -> list[str]:
    """The rules that a function asks, those of the functions it calls in their places."""
    calls = [node for node in ast.walk(functions[name]) if isinstance(node, ast.Call)]
    asked: list[str] = []
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        called = ast.unparse(call.func)
        if called.startswith(("rules.", "cap_rules.")):
            asked.append(called.partition(".")[2])
        elif called in functions:
            asked += asked_rules(functions, called)
    return asked


@pytest.mark.parametrize("name", RULES)
def test_every_rule_says_no_with_the_refusal_it_is_named_after(name: str):
    said = re.findall(r'(?:Refusal\(\s*|asked, )"(\w+)"', inspect.getsource(RULES[name]))
    assert said == [code_of(name)]


def test_the_rules_stand_in_the_documented_order():
    said = set()
    for module in (rules, cap_rules, account_rules):
        own = [rule for rule in RULES.values() if rule.__module__ == module.__name__]
        lines = {inspect.getsourcelines(rule)[1]: code_of(rule.__name__) for rule in own}
        places = [ORDER.index(code) for _, code in sorted(lines.items()) if code]
        assert places == sorted(places)
        said |= {ORDER[place] for place in places}
    assert said == {*ORDER} - OF_PLATFORMS


def test_no_other_module_of_the_account_makes_a_refusal():
    made = {
        path.name
        for path in Path(inspect.getfile(rules)).parent.glob("*.py")
        if re.search(r"\bRefusal\(", path.read_text("utf-8"))
    }
    assert made == {"rules.py", "account_rules.py", "cap_rules.py"}


DECIDERS = [name for name in core_functions() if name.startswith("decide_")]


@pytest.mark.parametrize("decider", DECIDERS)
def test_every_decider_asks_the_rules_in_the_documented_order(decider: str):
    """`account_not_found` is asked before any of them, by `decide`."""
    asked = [code_of(rule) for rule in asked_rules(core_functions(), decider)]
    places = [ORDER.index(code) for code in asked if code]
    assert places == sorted(places), asked


def test_without_a_default_plan_a_subscription_is_required():
    story = Story(BARE, {"default_plan: free\n": "", "  - {id: free, name: Free, tools: [image, "
                         "voice], pro_models: false}\n": ""})  # fmt: skip
    story.tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          grant promo 100                 -> promo 100
                          charge Picture images=1         -> no subscription_required tool=image
        """
    )
    assert [way.kind for way in story.refusal.ways_out].count("upgrade") == 3


def test_exhausted_and_not_in_plan_are_never_the_same_answer():
    """At zero, with and without the entitlement."""
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          charge Picture images=1         -> no insufficient_credits shortfall=24
                          charge Clip audio=on seconds=1  -> no tool_not_in_plan tool=video
        """
    )


def test_no_top_ups_are_sold():
    without = {"top_ups: {requires_subscription: true, bundles: [{credits: 500}, {credits: "
               "2000}]}\n": ""}  # fmt: skip
    Story(BARE, without).tell(
        """
        2026-01-10 10:00  open        -> nothing
                          top_up 500  -> no top_ups_not_sold
        """
    )


def test_opening_twice():
    Story(BARE).tell("2026-01-10 10:00 open -> nothing\nopen -> no account_exists account=acct_1")


def test_the_largest_balance_there_is():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          top_up 9007199254              -> no balance_limit balance=1000
                          grant promo 9007199254         -> no balance_limit
                          adjust 9007199254              -> no balance_limit
                          adjust -1000                   -> nothing
        """
    )


def test_no_balance_ever_passes_the_largest_amount():
    """Not by a renewal either, nor by the free credits of a new day."""
    story = Story().tell(
        """
        2026-01-10 10:00  open                           -> free 100
                          subscribe basic 1000 monthly   -> free 100, subscription 1000
                          charge Clip audio=off seconds=60 -> 600; subscription 500
        """
    )
    for amount in (9_007_199_254, 9_007_198_754, 9_007_198_654, 9_007_198_000):
        story.ask(["top_up", str(amount)])
    for _ in range(40):
        story.now += DAY
        story.ask(["charge", "Picture", "images=1"])
        assert story.account.available + story.account.held <= MAX


# Entries that are undone


def test_only_an_untouched_grant_is_undone():
    Story().tell(
        """
        2026-01-10 10:00  open                         -> free 100
                          grant promo 50               -> free 100, promo 50
                          reverse grant                -> free 100
                          reverse grant                -> no entry_final
                          grant promo 50               -> free 100, promo 50
                          charge Picture images=5      -> 120; promo 30
                          reverse grant                -> no entry_final
                          adjust 10                    -> promo 30, adjustment 10
                          hold h Picture images=1      -> 24; promo 6, adjustment 10, held 24
                          reverse adjust               -> promo 6, held 24
                          reverse 1                    -> no entry_final entry=0.000001
                          reverse 2000                 -> no entry_not_found
        """
    )


def test_what_is_taken_back_must_be_there():
    Story().tell(
        """
        2026-01-10 10:00  open        -> free 100
                          adjust -101 -> no insufficient_credits available=100 shortfall=1
                          adjust -40  -> free 60
                          adjust 0    -> invalid must not be zero
        """
    )


# Ways out


def ways(story: Story) -> list[str]:
    """Ways out as words: kind, and what it says."""
    from tallystick.core.instants import text

    said = []
    for way in story.refusal.ways_out:
        parts = [way.kind]
        parts += [text(way.at)] if way.at else []
        parts += [way.plan] if way.plan else []
        parts += [way.model] if way.model else []
        parts += [f"{name}={value}" for name, value in (way.settings or {}).items()]
        parts += [str(show(way.credits))] if way.credits is not None else []
        parts += [f"then {show(way.available)}"] if way.available is not None else []
        said.append(" ".join(parts))
    return said


def test_not_enough_credits_wait_top_up_upgrade_or_something_cheaper():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                              -> free 100
                          subscribe basic 1000 monthly      -> free 100, subscription 1000
                          charge Picture images=39          -> 936; subscription 164
                          charge Clip audio=on seconds=10
            -> no insufficient_credits credits=200 available=164 shortfall=36
        """
    )
    assert ways(story) == [
        "wait 2026-01-11T00:00:00Z then 264",
        "top_up 500",
        "upgrade Basic 4000 then 4164",
        "upgrade Max 4000 then 4164",
        "upgrade Max 24000 then 24164",
        "cheaper Clip audio=off 100",
        "less 160",
    ]


def test_waiting_names_the_first_instant_at_which_it_is_affordable():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                                -> free 100
                          subscribe basic 1000 monthly        -> free 100, subscription 1000
                          charge Picture images=45            -> 1080; subscription 20
                          charge Clip audio=off seconds=101
            -> no insufficient_credits shortfall=990
        """
    )
    assert ways(story)[0] == "wait 2026-02-10T10:00:00Z then 1100"
    story.tell("charge Clip audio=off seconds=999 -> no insufficient_credits")
    assert not any(way.startswith("wait") for way in ways(story))


def test_a_top_up_is_only_offered_where_it_may_be_bought_and_covers():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          charge Picture images=1             -> no insufficient_credits
        """
    )
    assert not any(way.startswith("top_up") for way in ways(story))
    story.tell(
        """
        subscribe basic 1000 monthly          -> subscription 1000
        charge Picture images=100             -> no insufficient_credits shortfall=1400
        """
    )
    assert "top_up 2000" in ways(story)
    story.tell("charge Picture images=1000 -> no insufficient_credits shortfall=23000")
    assert not any(way.startswith("top_up") for way in ways(story))


def test_not_in_the_plan_which_plans_are():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          charge Clip audio=on seconds=9  -> no tool_not_in_plan plan=Free
        """
    )
    assert ways(story) == [
        "upgrade Basic 1000 then 1000",
        "upgrade Basic 4000 then 4000",
        "upgrade Max 4000 then 4000",
    ]
    story.tell("charge Portrait images=1 -> no model_requires_subscription model=Portrait")
    assert ways(story)[0] == "upgrade Basic 1000 then 1000"


def test_a_pro_model_has_cheaper_ones_beside_it():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                      -> free 100
                          charge Portrait images=2  -> no model_requires_subscription
        """
    )
    assert "cheaper Picture 48" in ways(story)


def test_what_an_upgrade_promises_is_what_it_gives():
    """Each way out is taken: the balance is the one that was said, and the charge goes through."""
    for at in range(3):
        story = Story(TOY).tell(
            """
            2026-01-10 10:00  open                              -> free 100
                              subscribe basic 1000 monthly      -> free 100, subscription 1000
                              charge Picture images=39          -> 936; subscription 164
                              charge Clip audio=on seconds=10   -> no insufficient_credits
            """
        )
        way = [each for each in story.refusal.ways_out if each.kind == "upgrade"][at]
        story.ask(["change", way.plan, str(show(way.credits)), way.interval])
        assert story.account.available == way.available
        assert not story.ask(["charge", "Clip", "audio=on", "seconds=10"]).startswith("no")
