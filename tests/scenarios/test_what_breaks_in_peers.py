"""Faults that other credit systems have had, each as a test that would have found it.

Those that catalogs and time zones bring are in `test_catalog_changes` and `test_time_zones`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick import InvalidRequest, KeyConflict, Tallystick, commands, refusals
from tests.scenarios.small import small
from tests.scenarios.story import Story, Tell

FREE_DAILY = "free_credits: [{credits: 10, every: day}]\n"
MAXIMUM = 9_007_199_254

# A key that was used before

FIRST_USES: dict[str, Callable[[Story], Any]] = {
    "a grant": lambda story: story.grant(50, key="k"),
    "a top-up": lambda story: story.top_up(50, key="k"),
    "a subscription": lambda story: story.subscribe("Basic", key="k"),
    "an adjustment": lambda story: story.adjust(5, "goodwill", key="k"),
    "a hold": lambda story: story.hold("Dot", key="k"),
    "another charge": lambda story: story.charge("Dot", outputs=2, key="k"),
    "a member": lambda story: story.set_member("mia", key="k"),
}


@pytest.mark.parametrize("first", FIRST_USES)
def test_a_key_cannot_be_used_again_for_a_charge(tell: Tell, first: str):
    """A key known from a grant would else make the charge a repetition: free usage."""
    story = tell(catalog=small())
    story.top_up(100)
    FIRST_USES[first](story)
    before = (story.ledger(), story.balance())
    with pytest.raises(KeyConflict) as conflict:
        story.charge("Dot", key="k")
    assert (conflict.value.account, conflict.value.key) == ("ada", "k")
    assert (story.ledger(), story.balance()) == before
    assert story.charge("Dot", key="k2").credits == 1


OTHER_AMOUNTS: dict[str, Callable[[Story, int], Any]] = {
    "top-up": lambda story, amount: story.top_up(amount, key="k"),
    "grant": lambda story, amount: story.grant(amount, key="k"),
    "adjustment": lambda story, amount: story.adjust(amount, "goodwill", key="k"),
    "charge": lambda story, amount: story.charge("Dot", outputs=amount, key="k"),
    "hold": lambda story, amount: story.hold("Clip", seconds=amount, key="k"),
    "range": lambda story, amount: story.charge("Consultation", credits=amount, key="k"),
    "settlement": lambda story, amount: story.settle("h3", credits=amount, key="k"),
}


@pytest.mark.parametrize("what", OTHER_AMOUNTS)
def test_the_same_key_with_another_amount_conflicts(tell: Tell, what: str):
    story = tell(catalog=small())
    story.top_up(100)
    story.hold("Dot", outputs=10)
    ask = OTHER_AMOUNTS[what]
    first = ask(story, 6)
    before = (story.ledger(), story.balance())
    assert ask(story, 6) == first, "the same request gives the first answer again"
    with pytest.raises(KeyConflict):
        ask(story, 7)
    assert (story.ledger(), story.balance()) == before


def test_a_key_belongs_to_one_account(tell: Tell):
    story = tell(catalog=small())
    story.credits.open_account("bob")
    assert story.top_up(5, key="k").account == "ada"
    assert story.credits.top_up("bob", 7, key="k", custom=True).credits == 7


def test_a_repeated_request_is_answered_to_the_byte_as_the_first_time(tell: Tell):
    story = tell(catalog=small())
    story.top_up(100)
    first = story.charge("Clip", seconds=2, labels={"project": "film"}, key="k").to_json()
    story.subscribe("Studio")
    story.credits.publish(small().replace("credits: 10, per", "credits: 20, per"))
    story.clock.advance("2y")
    assert story.charge("Clip", seconds=2, labels={"project": "film"}, key="k").to_json() == first


# What expired, and nobody swept


@pytest.mark.parametrize("spend", ["charge", "hold"])
def test_a_lot_that_expired_a_moment_ago_cannot_be_spent(tell: Tell, spend: str):
    story = tell(catalog=small())
    story.grant(5, expires_at="2026-01-10T00:00:00Z")
    story.grant(3)
    token = story.quote("Dot", outputs=4).quote
    story.until("2026-01-09T23:59:59.999999Z")
    assert story.available() == 8
    late = story.quote("Dot", outputs=4).quote
    story.until("2026-01-10T00:00:00Z")
    assert story.available() == 3
    for request in ({"model": "Dot", "outputs": 4}, {"quote": late}):
        with pytest.raises(refusals.InsufficientCredits):
            getattr(story, spend)(**request)
    with pytest.raises(refusals.QuoteExpired):
        getattr(story, spend)(quote=token)
    with pytest.raises(refusals.InsufficientCredits):
        story.adjust(-4, "taken back")
    assert story.charge("Dot", outputs=3).balance_after == 0
    assert [entry.kind for entry in story.ledger()][-2:] == ["grant_expired", "charged"]


# What is over must not cost time


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "small.db"


def state_of(file: Path, account: str = "small/ada") -> str:
    """The account as it stands in its row."""
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return next(connection.execute("select state from accounts where account = ?", (account,)))[
            0
        ]
    finally:
        connection.close()


def test_three_thousand_spent_lots_leave_nothing_behind(file: Path):
    """Every command reads and writes the account's document: it must not grow with its past."""
    with Tallystick.open(file, catalog=small()) as credits:
        credits.open_account("ada")
        credits.grant("ada", 1)
        small_state = state_of(file)
        credits.charge("ada", "Dot")
        for _ in range(6):
            credits.execute([commands.GrantCredits("ada", 1)] * 500)
            credits.execute([commands.Charge("ada", "Dot", outputs=100)] * 5)
        credits.grant("ada", 1)
        assert credits.entries("ada", newest=True, limit=1)[0].seq > 3_000
        assert len(credits.balance("ada").grants) == 1
        digits_of_larger_ids = 2 * len("3000")
        assert len(state_of(file)) <= len(small_state) + digits_of_larger_ids


def test_years_of_daily_credits_leave_nothing_behind(tell: Tell):
    story = tell(catalog=small(FREE_DAILY))
    sizes = set()
    for _ in range(1_000):
        story.charge("Dot")
        balance = story.balance()
        sizes.add((len(balance.grants), balance.available))
        story.clock.advance(days=1)
    assert sizes == {(1, 9)}


def test_a_thousand_open_holds_are_not_in_the_accounts_document(file: Path):
    with Tallystick.open(file, catalog=small()) as credits:
        credits.open_account("ada")
        credits.grant("ada", 2_000)
        credits.hold("ada", "Dot")
        before = state_of(file)
        credits.execute([commands.PlaceHold("ada", "Dot")] * 999)
        assert len(credits.holds("ada")) == 1_000
        assert len(state_of(file)) <= len(before) + len("0000" * 4)


# Amounts


def test_the_largest_amount_is_exact_and_the_next_is_refused(tell: Tell):
    story = tell(catalog=small())
    assert story.grant(MAXIMUM - 1).credits == MAXIMUM - 1
    assert story.grant("0.999999").balance_after == Decimal("9007199253.999999")
    assert story.grant("0.000001").balance_after == MAXIMUM
    assert f'"balance_after":{MAXIMUM}'.encode() in story.ledger()[-1].to_json()
    before = story.ledger()
    with pytest.raises(refusals.BalanceLimit) as limit:
        story.top_up("0.000001")
    assert limit.value.limit == MAXIMUM
    with pytest.raises(refusals.BalanceLimit):
        story.subscribe("Basic")
    assert story.ledger() == before
    assert story.charge("Dot").balance_after == MAXIMUM - 1
    hold = story.hold("Dot", outputs=999)
    with pytest.raises(refusals.BalanceLimit):
        story.grant(2)
    assert story.settle(hold.hold, outputs=1).balance_after == MAXIMUM - 2


@pytest.mark.parametrize(
    "amount", [MAXIMUM + 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, "9007199254740994", 1e300]
)
def test_amounts_past_two_to_the_53_are_refused(tell: Tell, amount: Any):
    story = tell(catalog=small())
    for give in (story.grant, story.top_up, lambda credits: story.adjust(credits, "goodwill")):
        with pytest.raises(InvalidRequest, match=r"9,?007,?199,?254"):
            give(amount)
    assert len(story.ledger()) == 1


def test_a_price_past_the_largest_amount_is_refused(tell: Tell):
    dear = small().replace("credits: 1, per: image", "credits: 9000000, per: image")
    story = tell(catalog=dear)
    assert story.credits.quote("Dot", outputs=1_000).credits == 9_000_000_000
    with pytest.raises(InvalidRequest, match="largest amount"):
        story.credits.quote("Dot", images=2, outputs=1_000)
    with pytest.raises(InvalidRequest, match="largest amount"):
        story.credits.estimate([(1_000, "Dot", {"outputs": 2})])


def test_a_balance_never_grows_past_the_largest_amount_by_itself(tell: Tell):
    """Neither by a renewal nor by free credits."""
    story = tell(catalog=small(FREE_DAILY))
    story.subscribe("Basic")
    story.charge("Dot", outputs=60)
    for amount in (MAXIMUM - 50, MAXIMUM - 110, 1_000):
        try:
            story.top_up(amount)
        except refusals.BalanceLimit:
            continue
    for _ in range(3):
        story.clock.advance("1mo")
        story.charge("Dot")
        assert story.available() <= MAXIMUM


# Many at once


@pytest.mark.parametrize("handles", [1, 8], ids=["one handle", "a handle each"])
def test_eight_threads_cannot_overspend(file: Path, handles: int):
    with ExitStack() as stack:
        opened = [stack.enter_context(Tallystick.open(file, catalog=small()))]
        opened[0].open_account("ada")
        opened[0].top_up("ada", 100, custom=True)
        opened += [stack.enter_context(Tallystick.open(file)) for _ in range(handles - 1)]

        def spend(thread: int) -> int:
            spent = 0
            for _ in range(20):
                try:
                    spent += int(opened[thread % handles].charge("ada", "Dot").credits)
                except refusals.InsufficientCredits:
                    return spent
            return spent

        with ThreadPoolExecutor(8) as threads:
            spent = sum(threads.map(spend, range(8)))
        assert spent == 100
        assert opened[0].balance("ada").available == 0
        assert len(opened[-1].usage("ada")) == 100
        assert opened[0].verify()


def test_eight_threads_with_one_key_charge_once(file: Path):
    with Tallystick.open(file, catalog=small()) as credits, ThreadPoolExecutor(8) as threads:
        credits.open_account("ada")
        credits.top_up("ada", 100, custom=True)
        answers = set(
            threads.map(lambda _: credits.charge("ada", "Dot", key="k").to_json(), range(32))
        )
        assert len(answers) == 1
        assert credits.balance("ada").available == 99


# Upgrades


def never_negative(story: Story) -> None:
    """Replay the postings: no grant and no hold is negative after any entry."""
    standing: dict[str, Decimal] = {}
    for entry in story.ledger():
        assert min(entry.balance_before, entry.balance_after) >= 0, entry.text
        for posting in entry.postings:
            if ":" in posting.account:  # a grant or a hold; the others are where credits end
                before = standing.get(posting.account, Decimal())
                standing[posting.account] = before + posting.credits
        assert min(standing.values(), default=0) >= 0, entry.text


@pytest.mark.parametrize("used", [0, 1, 60, 99, 100])
@pytest.mark.parametrize("held", [0, 1, 40])
@pytest.mark.parametrize("rule", ["add_full_keep_leftover", "deduct_used"])
def test_no_upgrade_shows_a_negative_balance_on_the_way(
    tell: Tell, used: int, held: int, rule: str
):
    restart = "true" if rule == "add_full_keep_leftover" else "false"
    terms = f"from: monthly, to: monthly, credits: {rule}, restart_cycle: {restart}"
    story = tell(catalog=small(f"upgrades: [{{{terms}}}]\n"))
    story.subscribe("Basic")
    if used:
        story.charge("Dot", outputs=used)
    if held and used + held <= 100:
        story.hold("Dot", outputs=held, ttl_seconds=86_400)
    story.change_plan("Studio")
    story.clock.advance("2mo")
    story.charge("Dot")
    never_negative(story)


def test_an_annual_plan_does_not_hand_out_twelve_months_at_once(tell: Tell):
    story = tell(catalog=small(), at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", interval="yearly")
    for month in range(36):
        assert story.sources() == {"subscription": 100}, month
        story.clock.advance_to(story.balance().cycle.renews_at)
    granted = [entry for entry in story.ledger() if entry.credits > 0]
    assert len(granted) == 37
    assert {entry.credits for entry in granted} == {100}
    assert len({entry.at for entry in granted}) == 37
