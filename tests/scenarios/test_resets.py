"""Cycles: anchored on the purchase, monthly whatever the billing, on time however late."""

import pytest

from tallystick import Tallystick, commands, results
from tests.scenarios.story import Story, Tell, instant


def resets(story: Story, months: int) -> list[str]:
    """The starts of the next cycles, without anybody having looked in between."""
    started: list[str] = []
    while len(started) < months:
        story.clock.advance_to(story.balance().cycle.renews_at)
        started.append(story.balance().cycle.started_at.isoformat()[:16])
    return started


THROUGH_A_LEAP_YEAR = {
    "2027-11-29T10:00:00Z": [
        *("2027-12-29T10:00", "2028-01-29T10:00", "2028-02-29T10:00", "2028-03-29T10:00"),
        *("2028-04-29T10:00", "2028-05-29T10:00"),
    ],
    "2027-11-30T10:00:00Z": [
        *("2027-12-30T10:00", "2028-01-30T10:00", "2028-02-29T10:00", "2028-03-30T10:00"),
        *("2028-04-30T10:00", "2028-05-30T10:00"),
    ],
    "2027-10-31T10:00:00Z": [
        *("2027-11-30T10:00", "2027-12-31T10:00", "2028-01-31T10:00", "2028-02-29T10:00"),
        *("2028-03-31T10:00", "2028-04-30T10:00", "2028-05-31T10:00"),
    ],
    "2026-01-31T10:00:00Z": ["2026-02-28T10:00", "2026-03-31T10:00", "2026-04-30T10:00"],
    "2028-02-29T10:00:00Z": ["2028-03-29T10:00", "2028-04-29T10:00"],
}


@pytest.mark.parametrize(("bought", "started"), THROUGH_A_LEAP_YEAR.items(), ids=str)
@pytest.mark.parametrize("interval", ["monthly", "yearly"])
def test_a_cycle_starts_on_the_day_of_the_purchase_or_the_last_of_the_month(
    tell: Tell, bought: str, started: list[str], interval: str
):
    story = tell("artlist", at=bought)
    story.subscribe("AI Suite Starter", 40_000, interval)
    assert resets(story, len(started)) == started


def test_a_leap_day_comes_back_after_four_years(tell: Tell):
    story = tell("artlist", at="2028-02-29T12:00:00Z")
    story.subscribe("AI Suite Starter", 40_000, "yearly")
    year = {entry.at.date().isoformat() for entry in _cycles(story, "2032-03-01T00:00:00Z")}
    assert {"2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"} <= year


def _cycles(story: Story, until: str) -> list[results.Entry]:
    story.until(until)
    return [entry for entry in story.ledger() if entry.kind == "cycle_started"]


@pytest.mark.parametrize(
    ("platform", "plan", "interval"),
    [
        ("artlist", "AI Suite Starter", "yearly"),
        ("imagineart", "Standard", "quarterly"),
        ("imagineart", "Standard", "yearly"),
        ("videodraft", "Studio", "yearly"),
    ],
)
def test_yearly_and_quarterly_plans_reset_monthly(
    tell: Tell, platform: str, plan: str, interval: str
):
    """Twelve months are twelve allotments, one at a time; what is left of each expires."""
    story = tell(platform, at="2026-01-31T10:00:00Z")
    package = 40_000 if platform == "artlist" else None
    story.subscribe(plan, package, interval)
    monthly = story.balance().cycle.allotment
    story.until("2027-01-30T00:00:00Z")
    assert story.sources()["subscription"] == monthly
    granted = [entry for entry in story.ledger() if entry.kind == "cycle_started"]
    lapsed = [entry for entry in story.ledger() if entry.text == "Expired: subscription credits"]
    assert [entry.credits for entry in granted] == [monthly] * 12
    assert [entry.credits for entry in lapsed] == [-monthly] * 11
    assert [one.at for one in lapsed] == [next_.at for next_ in granted[1:]], "at one instant"


def test_paid_through_moves_by_the_interval(tell: Tell):
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", interval="quarterly")
    assert story.balance().subscription.paid_through == instant("2026-04-30T10:00:00Z")
    story.until("2026-04-29T00:00:00Z")
    assert story.balance().subscription.paid_through == instant("2026-04-30T10:00:00Z")
    story.until("2026-04-30T10:00:00Z")
    assert story.balance().subscription.paid_through == instant("2026-07-31T10:00:00Z")


def test_used_counts_against_the_running_cycle_only(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Suite Starter", 40_000)
    story.charge("Initial Voice Clone")
    cycle = story.balance().cycle
    assert (cycle.used, cycle.allotment, cycle.time_zone) == (500, 40_000, "UTC")
    story.until("2026-02-28T10:00:00Z")
    assert story.balance().cycle.used == 0


def test_credits_are_spendable_up_to_their_end_and_not_at_it(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Suite Starter", 40_000)
    story.cancel()
    story.until("2026-02-28T09:59:59.999999Z")
    assert story.quote("Nano Banana").allowed
    story.until("2026-02-28T10:00:00Z")
    assert not story.quote("Nano Banana").allowed


def a_year(tell: Tell, looks: list[str]) -> list[results.Entry]:
    """The ledger of a year in which somebody acts in March and looks at the given instants."""
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", interval="yearly")
    story.hold("Example Video", key="h", ttl_seconds=86_400)
    for moment in sorted([*looks, "2026-03-15T00:00:00Z"]):
        story.until(moment)
        if moment == "2026-03-15T00:00:00Z":
            story.charge("Example Image")
            story.cancel()
        else:
            story.credits.execute([commands.Advance(story.account)])
    story.until("2027-02-01T00:00:00Z")
    return story.ledger()


def test_a_ledger_is_the_same_whether_somebody_looked_every_week_or_never(tell: Tell):
    weekly = [
        f"2026-{month:02}-{day:02}T06:00:00Z"
        for month in range(2, 13)
        for day in (1, 8, 15, 22, 28)
    ]
    boundaries = ["2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2027-01-31T10:00:00Z"]
    lazy = a_year(tell, [])
    assert a_year(tell, weekly) == lazy, "line for line, hashes included"
    assert a_year(tell, boundaries) == lazy
    assert lazy[-1].kind == "subscription_ended"


def test_what_has_fallen_due_is_shown_before_anybody_writes_it(tell: Tell):
    story = tell("artlist", at="2026-01-31T10:00:00Z")
    story.subscribe("AI Suite Starter", 40_000)
    story.until("2026-04-15T00:00:00Z")
    shown = story.ledger()
    assert [entry.at.isoformat()[:10] for entry in shown[3:]] == ["2026-02-28"] * 2 + [
        "2026-03-31"
    ] * 2
    story.charge("Nano Banana")
    assert story.ledger()[: len(shown)] == shown, "and it is written as it was shown"


def test_a_balance_of_the_past_or_the_future_counts_what_fell_due_by_then(tell: Tell):
    """Also where nobody has written it yet."""
    story = tell("imagineart", at="2026-01-31T10:00:00Z")
    story.subscribe("Basic", interval="yearly")
    story.hold("Example Video", ttl_seconds=3_600)
    story.until("2026-04-15T00:00:00Z")
    for moment, held, sources in (
        ("2026-01-31T10:30:00Z", 210, {"subscription": 9_890}),
        ("2026-01-31T11:00:00Z", 0, {"free": 100, "subscription": 10_000}),
        ("2026-03-15T00:00:00Z", 0, {"free": 100, "subscription": 10_000}),
        ("2026-05-15T00:00:00Z", 0, {"free": 100, "subscription": 10_000}),
    ):
        balance = story.balance(as_of=moment)
        assert (balance.held, balance.as_of) == (held, instant(moment))
        assert story.sources(as_of=moment) == sources, moment
        assert balance.cycle.started_at <= balance.as_of < balance.cycle.renews_at


@pytest.mark.parametrize(
    ("zone", "bought", "renewals"),
    [
        # Paris: 10:00 by the clock on the wall, also after the change to summer time.
        (
            "Europe/Paris",
            "2026-01-31T09:00:00Z",
            ["2026-02-28T09:00", "2026-03-31T08:00", "2026-04-30T08:00"],
        ),
        # 02:30 does not exist on 29 March 2026: the next time that does is 03:00.
        ("Europe/Paris", "2026-01-29T01:30:00Z", ["2026-02-28T01:30", "2026-03-29T01:00"]),
        # 02:30 occurs twice on 25 October 2026: the first.
        ("Europe/Paris", "2026-08-25T00:30:00Z", ["2026-09-25T00:30", "2026-10-25T00:30"]),
    ],
    ids=["wall-clock time is kept", "a time that does not exist", "a time that occurs twice"],
)
def test_cycles_follow_the_wall_clock_of_the_platform(
    tell: Tell, zone: str, bought: str, renewals: list[str]
):
    story = tell(catalog=CLOCKED.format(zone=zone), at=bought)
    story.subscribe("Basic")
    assert resets(story, len(renewals)) == renewals


CLOCKED = """
platform: clocked
name: Clocked
time_zone: {zone}
tools: [{{id: image, name: Image}}]
models: [{{name: Dot, tool: image, rates: [{{credits: 1, per: image}}]}}]
plans: [{{id: basic, name: Basic, packages: [{{credits: 100}}]}}]
"""


class Wound:
    """A machine's clock that is set back."""

    def __init__(self, *instants: int):
        self._instants = iter(instants)
        self._at = 0

    def now(self) -> int:
        self._at = next(self._instants, self._at)
        return self._at


def test_time_never_runs_backwards_for_an_account():
    day = 86_400_000_000
    later = 20_000 * day
    credits = Tallystick.open(":memory:", "artlist", clock=Wound(later, later, later, later - day))
    credits.open_account("ada")
    credits.subscribe("ada", "AI Suite Starter", 40_000)
    charge = credits.charge("ada", "Nano Banana")
    instants = [entry.at for entry in credits.entries("ada")]
    assert instants == sorted(instants)
    assert charge.at == instants[0]
    assert credits.verify()
    credits.close()
