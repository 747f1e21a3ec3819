"""Every verb, through every transport: the same answers, the same types, the same ledger."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from tallystick import AsyncTallystick, InvalidRequest, Tallystick, commands, results
from tallystick.client import verbs
from tallystick.results.estimates import Capacity, Estimate
from tallystick.results.prices import PricePage
from tallystick.results.verification import Report
from tallystick.testing import TestClock
from tests.python.conftest import FREE_DAILY, TRANSPORTS
from tests.python.sameness import said
from tests.scenarios.small import small

DEARER = small(FREE_DAILY).replace("credits: 1, per: image", "credits: 2, per: image")

SOURCES = Path(__file__).parents[2] / "src"
HELD, LEASED, BOUGHT, GIFT, MADE = object(), object(), object(), object(), object()
"""What stands for the hold that was placed last, the lease, the entry of the top-up, and the grant
that was given."""

CALLS: dict[str, tuple[type, tuple[Any, ...], dict[str, Any]]] = {
    "quote": (results.Quote, ("Dot",), {"account": "ada", "outputs": 2}),
    "open_account": (results.AccountView, ("bob",), {"name": "Bob", "time_zone": "Europe/Rome"}),
    "account": (results.AccountView, ("ada",), {}),
    "accounts": (list, (), {}),
    "set_member": (results.MemberChange, ("ada", "tom"), {"cap": 5, "key": "m1"}),
    "remove_member": (results.MemberChange, ("ada", "tom"), {}),
    "balance": (results.Balance, ("ada",), {"as_of": "2026-02-10T00:00:00Z"}),
    "top_up": (results.Grant, ("ada", 50), {"key": "t1"}),
    "grant": (results.Grant, ("ada", 20), {"expires_at": "2027-01-01T00:00:00Z", "priority": 5}),
    "adjust": (results.Adjustment, ("ada", -5, "by mistake"), {}),
    "set_expiry": (results.ExpiryChange, ("ada", GIFT, "2027-01-01", "they asked"), {}),
    "reverse": (results.Adjustment, ("ada", BOUGHT, "a duplicate"), {}),
    "void": (results.Void, ("ada", GIFT, "charged back"), {"owe": True}),
    "hold": (results.Hold, ("ada", "Clip"), {"seconds": 2, "member": "mia"}),
    "holds": (list, ("ada",), {}),
    "set_limits": (results.AccountLimits, ("ada", [{"credits": 5_000}]), {"held": 900}),
    "increase": (results.Increase, ("ada", HELD, 30), {"key": "i1"}),
    "extend": (results.Extension, ("ada", HELD, 3_600), {}),
    "settle": (results.Settlement, ("ada", HELD), {"seconds": 1}),
    "charge": (results.Charge, ("ada", "Dot"), {"labels": {"project": "film"}, "key": "c1"}),
    "lease": (results.Lease, ("ada", 12.5), {"ttl_seconds": 600, "member": "mia", "key": "l1"}),
    "draw": (results.Draw, ("ada", LEASED, "Voice"), {"text": "hello, all", "outputs": 2}),
    "receipt": (results.Receipt, ("ada", HELD), {}),
    "refund": (results.Refund, ("ada", HELD, 1), {"reason": "goodwill", "key": "b1"}),
    "usage": (list, ("ada",), {"labels": {"project": "film"}}),
    "change_plan": (results.PlanChange, ("ada", "Studio"), {"preview": True}),
    "cancel": (results.PlanChange, ("ada",), {}),
    "resume": (results.PlanChange, ("ada",), {}),
    "pay": (results.PlanChange, ("ada",), {"paid_through": "2026-06-30T10:00:00Z"}),
    "pause": (results.PlanChange, ("ada",), {"until": "2028-06-30T10:00:00Z", "preview": True}),
    "reset_cycle": (results.PlanChange, ("ada", "a wrong start"), {"preview": True}),
    "end": (results.PlanChange, ("ada", "charged back"), {"preview": True}),
    "subscribe": (results.PlanChange, ("bob", "Studio"), {"interval": "yearly"}),
    "entries": (list, ("ada",), {"newest": True, "limit": 3}),
    "catalog": (results.CatalogView, (), {}),
    "prices": (PricePage, (), {"version": 1}),
    "publish": (results.Publication, (DEARER, "2028-01-01T00:00:00Z"), {"key": "p1"}),
    "rollback": (results.Publication, (1, "2029-01-01T00:00:00Z"), {"dry_run": True}),
    "withdraw": (results.Withdrawal, (2,), {"key": "w1"}),
    "execute": (list, ([commands.Charge("ada", "Dot"), commands.Cancel("bob")],), {}),
    "estimate": (Estimate, (["2 x Dot"],), {"days": 3, "buffer": "20%"}),
    "capacity": (Capacity, ("Basic",), {}),
    "create_api_key": (results.NewApiKey, ("web", "read"), {"expires_at": "90d"}),
    "rotate_api_key": (results.NewApiKey, (MADE,), {"overlap": "1h"}),
    "revoke_api_key": (results.ApiKeyView, (MADE,), {"by": "dana"}),
    "api_keys": (list, (), {}),
    "clock": (results.ClockView, (), {}),
    "advance_clock": (results.ClockView, (), {"by": "1mo", "key": "k1"}),
    "release": (results.Release, ("ada", HELD), {}),
    "verify": (Report, (), {}),
}


OF_CHANCE = {"create_api_key", "rotate_api_key", "revoke_api_key", "api_keys"}
"""Their ids are chance, their instants real time, and who did it is the key that asks."""


def meant(argument: Any, answers: dict[str, Any]) -> Any:
    if argument in (HELD, LEASED):
        return answers["hold" if argument is HELD else "lease"].hold
    if argument is GIFT:
        return answers["grant"].grant
    if argument is MADE:
        return answers["create_api_key"].id
    return answers["top_up"].seq if argument is BOUGHT else argument


def bare(answer: Any) -> Any:
    """An answer as the transport gave it, not as one that is called."""
    return getattr(answer, "_inner", answer)


def told(open_: Any) -> tuple[dict[str, Any], list[results.Entry]]:
    """The answers of every verb, in a story that needs them all, and the ledger it leaves."""
    credits = open_(":memory:", catalog=small(FREE_DAILY), test_clock="2026-01-31T10:00:00Z")
    credits.open_account("ada", members={"mia": 50})
    credits.subscribe("ada", "Basic")
    answers: dict[str, Any] = {}
    for verb, (_, args, kwargs) in CALLS.items():
        if verb == "release":
            answers["hold"] = bare(credits.hold("ada", "Dot"))
        given = [meant(each, answers) for each in args]
        answers[verb] = bare(getattr(credits, verb)(*given, **kwargs))
    ledger = credits.entries("ada", limit=1_000)
    credits.close()
    return answers, ledger


@pytest.mark.parametrize("transport", sorted(TRANSPORTS.keys() - {"called"}))
def test_every_transport_gives_the_same_answers_and_the_same_ledger(
    answers: dict[str, Any], ledger: list[results.Entry], transport: str
):
    others, other = told(TRANSPORTS[transport])
    for verb in answers.keys() - OF_CHANCE:
        assert said(others[verb]) == said(answers[verb]), verb
    assert said(other) == said(ledger)
    if "HTTP" not in transport:
        assert other == ledger, "to the last hash"


@pytest.mark.parametrize("transport", sorted(TRANSPORTS.keys() - {"called"}))
def test_every_transport_gives_the_same_bytes(answers: dict[str, Any], transport: str):
    others, _ = told(TRANSPORTS[transport])
    for verb in CALLS.keys() - {"quote", "execute", "entries", "verify"} - OF_CHANCE:
        assert results.to_json(others[verb]) == results.to_json(answers[verb]), verb


@pytest.mark.parametrize("verb", CALLS)
def test_a_verb_answers_what_it_says(answers: dict[str, Any], verb: str):
    kind, _, _ = CALLS[verb]
    answer = answers[verb]
    assert isinstance(answer, kind)
    assert results.to_json(answer)


@pytest.fixture(scope="module")
def story() -> tuple[dict[str, Any], list[results.Entry]]:
    return told(TRANSPORTS["called"])


@pytest.fixture
def answers(story: tuple[dict[str, Any], list[results.Entry]]) -> dict[str, Any]:
    return story[0]


@pytest.fixture
def ledger(story: tuple[dict[str, Any], list[results.Entry]]) -> list[results.Entry]:
    return story[1]


def test_every_verb_is_called_here():
    offered = {name for name in vars(Tallystick) if not name.startswith("_")}
    assert offered - {"open", "close", "connect"} == CALLS.keys()


def test_both_classes_have_the_same_verbs_with_the_same_parameters_and_words():
    names = {name for name in vars(Tallystick) if not name.startswith("_")}
    assert names == {name for name in vars(AsyncTallystick) if not name.startswith("_")}
    for name in CALLS.keys() - {"hold"}:
        make = getattr(verbs, name)
        for kind in (Tallystick, AsyncTallystick):
            taken = [*inspect.signature(getattr(kind, name)).parameters.values()]
            assert taken[0].name == "self"
            assert taken[1:] == [*inspect.signature(make).parameters.values()], name
            assert getattr(kind, name).__doc__ == make.__doc__
            assert getattr(kind, name).__name__ == name


def test_an_editor_shows_what_a_verb_answers(tmp_path: Path):
    """As a type checker reads the package, which is what editors ask."""
    lines = [
        f"typing.reveal_type({kind}.{name})" for kind in ("called", "awaited") for name in CALLS
    ]
    asked = ["import typing", "from tallystick import AsyncTallystick, Tallystick",
             "called: Tallystick", "awaited: AsyncTallystick", *lines]  # fmt: skip
    (tmp_path / "asked.py").write_text("\n".join(asked), "utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.pyrefly]\n", "utf-8")
    argv = [Path(sys.executable).parent / "pyrefly", "check", "--search-path", SOURCES]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    shown = re.findall(r"revealed type: \(.*\) -> (.+?) \[reveal-type\]", done.stdout)
    assert len(shown) == len(lines), done.stdout
    assert "Call[" not in done.stdout
    assert [name for name, said in zip(CALLS, shown, strict=False) if not _names(said, name)] == []


def _names(said: str, verb: str) -> bool:
    kind, _, _ = CALLS[verb]
    return GIVEN.get(verb, (kind.__name__,))[0] in said


GIVEN = {
    "hold": ("OpenHold", "PendingHold"),
    "lease": ("OpenLease", "PendingLease"),
}


@pytest.mark.parametrize("name", CALLS)
def test_help_on_a_verb_shows_its_answer_and_what_it_takes(name: str):
    said = [inspect.signature(getattr(kind, name)) for kind in (Tallystick, AsyncTallystick)]
    assert all("Call[" not in str(each) for each in said)
    given = tuple(getattr(each.return_annotation, "__name__", "") for each in said)
    assert given == GIVEN.get(name, (given[0], "Awaitable"))
    if name not in GIVEN:
        assert get_args(said[1].return_annotation) == (said[0].return_annotation,)
    kind, _, _ = CALLS[name]
    if name not in (*GIVEN, "adjust"):
        answer = said[0].return_annotation
        assert (get_origin(answer) or answer) is kind


def test_help_on_an_open_platform_keeps_the_first_argument():
    with Tallystick.open(catalog=small(FREE_DAILY)) as credits:
        assert [*inspect.signature(credits.balance).parameters] == ["account", "as_of"]


def test_every_verb_says_what_it_does():
    for name in CALLS:
        assert (getattr(verbs, name).__doc__ or "").strip().endswith("."), name


def test_ids_are_the_seq_of_their_entry(credits: Any):
    hold = credits.hold("ada", "Dot", outputs=20)
    charge = credits.charge("ada", "Dot")
    settled = credits.settle("ada", hold.hold)
    granted = credits.grant("ada", 5)
    assert hold.hold == f"h{hold.seq}"
    assert charge.receipt == f"r{charge.seq}"
    assert settled.receipt == f"r{settled.seq}"
    assert granted.grant == f"g{granted.seq}"
    assert {entry.seq: entry.receipt or entry.hold for entry in credits.entries("ada")}[
        hold.seq
    ] == hold.hold


def test_pages_of_entries_follow_each_other(credits: Any):
    for _ in range(10):
        credits.charge("ada", "Dot")
    everything = credits.entries("ada")
    seqs = [entry.seq for entry in everything]
    assert seqs == list(range(1, len(everything) + 1)), "gapless from 1"
    pages: list[results.Entry] = []
    while page := credits.entries("ada", after=pages[-1].seq if pages else 0, limit=4):
        pages += page
    assert pages == everything
    newest = credits.entries("ada", newest=True, limit=4)
    assert newest == everything[::-1][:4]
    older = credits.entries("ada", after=newest[-1].seq, newest=True, limit=1_000)
    assert older == everything[::-1][4:]


def test_pages_hold_with_lines_that_fell_due_and_are_not_written_yet(
    credits: Any, clock: TestClock
):
    credits.hold("ada", "Dot")
    clock.advance("3mo")
    everything = credits.entries("ada")
    assert {"released", "grant_expired", "cycle_started"} <= {entry.kind for entry in everything}
    for newest in (False, True):
        pages: list[results.Entry] = []
        after = 0
        while page := credits.entries("ada", after=after, limit=2, newest=newest):
            pages += page
            after = page[-1].seq
            if newest and after == 1:
                break
        assert pages == (everything[::-1] if newest else everything)


def test_accounts_are_listed_in_order_in_pages(credits: Any):
    for name in ("zoe", "bob", "Émile", "b/c", "x y"):
        credits.open_account(name)
    everyone = credits.accounts()
    assert sorted(everyone) == sorted(["ada", "zoe", "bob", "Émile", "b/c", "x y"])
    paged: list[str] = []
    while page := credits.accounts(after=paged[-1] if paged else None, limit=2):
        paged += page
    assert paged == everyone


def test_accounts_of_two_platforms_in_one_file_do_not_meet(tmp_path: Path):
    file = tmp_path / "shared.db"
    with (
        Tallystick.open(file, "artlist") as artlist,
        Tallystick.open(file, catalog=DEARER) as other,
    ):
        artlist.open_account("ada", key="k")
        other.open_account("ada", key="k")
        other.grant("ada", 5)
        assert artlist.balance("ada").available == 0
        assert other.balance("ada").available == 15
        assert artlist.accounts() == other.accounts() == ["ada"]
        assert artlist.verify(every_platform=True).platforms == 2


def test_verify_tells_how_far_it_has_come(credits: Any):
    credits.open_account("bob")
    seen: list[tuple[int, int]] = []
    report = credits.verify(progress=lambda far: seen.append((far.accounts, far.of_accounts)))
    assert (report.ok, report.accounts, report.problems) == (True, 2, ())
    assert seen[-1] == (2, 2)
    assert bool(report)


def test_a_report_is_held_against_the_head_of_an_earlier_one(credits: Any):
    head = credits.verify().head
    assert credits.verify(expect=head)
    accounts, entries, digest = head.split(":")
    found = credits.verify(expect=f"{accounts}:{int(entries) + 1}:{digest}")
    assert not found
    assert "1 entry missing" in found.problems[0].message
    with pytest.raises(InvalidRequest) as error:
        credits.verify(expect="1:2:3")
    assert error.value.where == "expect"
