"""What falls due takes effect at its own instant, in a fixed order, however late anybody looks
(`docs/spec.md` 3.2, 4.2, 4.3)."""

import pytest

from tests.core.story import BARE, TOY, Story, kind

BERLIN = {"time_zone: UTC": "time_zone: Europe/Berlin"}


# Free credits


def test_daily_credits_are_a_new_grant_each_day_and_never_add_up():
    Story().tell(
        """
        2026-01-10 10:00  open                      -> free 100
                          charge Picture images=1   -> 24; free 76
        2026-01-10 23:59:59.999999  look            -> free 76
        2026-01-11 00:00  look                      -> free 100
                          charge Picture images=2   -> 48; free 52
        +7d               charge Picture images=4   -> 96; free 4
                          charge Picture images=1   -> no insufficient_credits available=4
        """
    )


def test_an_idle_account_has_no_lines_for_idle_days():
    story = Story().tell(
        """
        2026-01-10 10:00  open                     -> free 100
        +90d              look                     -> free 100
        +90d              charge Picture images=1  -> 24; free 76
        """
    )
    assert [kind(entry) for entry in story.entries] == ["account_opened", "granted", "charged"]


@pytest.mark.parametrize(
    ("zone", "day_ends"),
    [
        ("UTC", "2026-03-29 00:00"),
        ("Europe/Berlin", "2026-03-28 23:00"),
        ("America/New_York", "2026-03-29 04:00"),
        ("Asia/Kolkata", "2026-03-28 18:30"),
    ],
)
def test_the_day_is_the_platforms(zone: str, day_ends: str):
    story = Story(changes={"time_zone: UTC": f"time_zone: {zone}"})
    story.tell(
        f"""
        2026-03-28 12:00  open                     -> free 100
                          charge Picture images=4  -> 96; free 4
        {day_ends}        look                     -> free 100
        """
    )
    assert story.journal(3) == [f"{day_ends} grant_expired"]


@pytest.mark.parametrize(("morning", "hours"), [("2026-03-28 23:00", 23), ("2026-10-24 22:00", 25)])
def test_a_day_of_23_and_one_of_25_hours(morning: str, hours: int):
    Story(changes=BERLIN).tell(
        f"""
        {morning}             open                     -> free 100
                              charge Picture images=4  -> 96; free 4
        +{hours - 1}h59m59s   look                     -> free 4
        +1s                   look                     -> free 100
        """
    )


def test_monthly_free_credits_run_in_the_accounts_own_months():
    monthly = {"free_credits: [{credits: 100, every: day}]": "free_credits: [{credits: 200, "
               "every: month, plans: [free]}]"}  # fmt: skip
    Story(changes=monthly).tell(
        """
        2026-01-31 10:00  open                           -> free 200
                          charge Picture images=8        -> 192; free 8
        2026-02-28 09:59  look                           -> free 8
        2026-02-28 10:00  look                           -> free 200
                          charge Picture images=8        -> 192; free 8
        2026-03-31 09:59  look                           -> free 8
        2026-03-31 10:00  look                           -> free 200
                          subscribe basic 1000 monthly   -> free 200, subscription 1000
        2026-04-30 10:00  look                           -> subscription 1000
        """
    )


# The order at one instant


def test_at_one_instant_holds_time_out_then_grants_expire_then_plans_change_then_grants_come():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          subscribe basic 4000 monthly    -> subscription 4000
                          grant promo 50 ends=2026-02-10/10:00 -> subscription 4000, promo 50
                          change basic 1000 monthly       -> subscription 4000, promo 50
        2026-02-09 10:00  hold h Picture images=2 ttl=86400
            -> 48; subscription 3952, promo 50, held 48
        2026-02-10 10:00  look                            -> subscription 1000
        """
    )
    assert story.journal(6) == [
        "2026-02-10 10:00 released",
        "2026-02-10 10:00 grant_expired",
        "2026-02-10 10:00 grant_expired",
        "2026-02-10 10:00 plan_changed",
        "2026-02-10 10:00 cycle_started",
    ]


def test_of_several_each_instant_is_worked_off_before_the_next():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          subscribe basic 1000 monthly        -> subscription 1000
                          grant promo 5 ends=2026-01-20       -> subscription 1000, promo 5
                          grant promo 6 ends=2026-02-15       -> subscription 1000, promo 11
                          grant promo 7 ends=2026-01-15       -> subscription 1000, promo 18
                          hold a Picture images=1 ttl=7200
            -> 24; subscription 976, promo 18, held 24
                          hold b Picture images=1 ttl=3600
            -> 24; subscription 952, promo 18, held 48
                          cancel
            -> subscription 952, promo 18, held 48
        2026-08-01 00:00  look                                -> nothing
        """
    )
    assert story.journal(9) == [
        "2026-01-10 11:00 released",
        "2026-01-10 12:00 released",
        "2026-01-15 00:00 grant_expired",
        "2026-01-20 00:00 grant_expired",
        "2026-02-10 10:00 grant_expired",
        "2026-02-10 10:00 subscription_ended",
        "2026-02-15 00:00 grant_expired",
    ]


def test_two_holds_that_time_out_at_once_do_so_by_age():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                             -> nothing
                          grant promo 100                  -> promo 100
                          hold a Picture images=1 ttl=60   -> 24; promo 76, held 24
                          hold b Picture images=1 ttl=60   -> 24; promo 52, held 48
        +1d               look                             -> promo 100
        """
    )
    assert [entry.event.hold for entry in story.entries[-2:]] == [3, 4]


# Edges of a grant's life


def test_a_grant_is_spendable_from_its_instant_until_just_before_its_end():
    Story(BARE).tell(
        """
        2026-01-10 10:00            open                          -> nothing
                                    grant promo 48 ends=2026-01-10/11:00 -> promo 48
                                    charge Picture images=1       -> 24; promo 24
        2026-01-10 10:59:59.999999  charge Picture images=1       -> 24; nothing
                                    grant promo 24 ends=2026-01-10/11:00 -> promo 24
        2026-01-10 11:00            charge Picture images=1
            -> no insufficient_credits available=0
        """
    )


def test_what_expired_a_moment_ago_is_gone_without_any_sweep():
    """Nobody looked for months; the next charge finds nothing of it, and the ledger says when."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          grant promo 500 ends=2026-02-01     -> promo 500
        2026-07-01 00:00  grant promo 24                      -> promo 24
                          charge Picture images=2
            -> no insufficient_credits available=24
        """
    )
    assert "2026-02-01 00:00 grant_expired" in story.journal()


def test_a_refusal_leaves_what_had_fallen_due_to_the_next_command():
    """A refusal changes nothing: its answer knows what has lapsed, the ledger not yet."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          grant promo 500 ends=2026-02-01     -> promo 500
        2026-07-01 00:00  charge Picture images=1
            -> no insufficient_credits available=0
        """
    )
    assert len(story.entries) == 2
    story.tell("grant promo 1 -> promo 1")
    assert story.journal(2) == ["2026-02-01 00:00 grant_expired", "2026-07-01 00:00 granted"]


def test_time_never_runs_back_for_an_account():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                            -> nothing
                          grant promo 100 ends=2026-01-10/12:00 -> promo 100
        2026-01-10 11:00  charge Picture images=1         -> 24; promo 76
        2026-01-10 09:00  charge Picture images=1         -> 24; promo 52
                          hold h Picture images=1 ttl=60  -> 24; promo 28, held 24
        2026-01-10 11:01  look                            -> promo 52
        """
    )
    times = [entry.at for entry in story.entries]
    assert times == sorted(times)


# Cycles


def test_an_annual_plan_hands_out_one_month_at_a_time():
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                           -> nothing
                          subscribe basic 1000 yearly    -> subscription 1000
        2026-02-28 09:59  charge Picture images=1        -> 24; subscription 976
        2026-02-28 10:00  look                           -> subscription 1000
        2027-01-30 00:00  look                           -> subscription 1000
        """
    )
    resets = [entry[:16] for entry in story.journal() if "cycle_started" in entry]
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    assert resets == [f"2026-{month:02}-{day} 10:00" for month, day in enumerate(days, start=1)]


@pytest.mark.parametrize(
    ("interval", "paid"),
    [("monthly", "2026-02-28"), ("quarterly", "2026-04-30"), ("yearly", "2027-01-31")],
)
def test_every_interval_resets_monthly_and_is_paid_for_its_length(interval: str, paid: str):
    from tallystick.core.instants import text

    story = Story(BARE).tell(
        f"""
        2026-01-31 10:00  open                           -> nothing
                          subscribe basic 1000 {interval} -> subscription 1000
        """
    )
    bought = story.account.subscription
    assert bought is not None
    assert text(bought.paid_through) == f"{paid}T10:00:00Z"
    assert text(bought.renews_at) == "2026-02-28T10:00:00Z"


def test_resets_keep_the_wall_time_of_the_platform():
    story = Story(BARE, BERLIN).tell(
        """
        2026-01-29 01:30  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
        2026-06-01 00:00  look                           -> subscription 1000
        """
    )
    assert [entry[:16] for entry in story.journal() if "cycle_started" in entry] == [
        "2026-01-29 01:30",
        "2026-02-28 01:30",
        "2026-03-29 01:00",
        "2026-04-29 00:30",
        "2026-05-29 00:30",
    ]


def test_credits_do_not_expire_days_early_in_another_time_zone():
    """Bought late on the 31st in New York: there it is still January, in UTC February."""
    Story(BARE, {"time_zone: UTC": "time_zone: America/New_York"}).tell(
        """
        2026-02-01 04:30  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Picture images=1        -> 24; subscription 976
        2026-02-28 23:59  look                           -> subscription 976
        2026-03-01 04:29  look                           -> subscription 976
        2026-03-01 04:30  look                           -> subscription 1000
        2026-04-01 03:29  charge Picture images=1        -> 24; subscription 976
        2026-04-01 03:30  look                           -> subscription 1000
        """
    )


def test_ten_years_of_resets_at_once():
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                          -> nothing
                          subscribe basic 1000 yearly   -> subscription 1000
        2036-01-31 10:00  look                          -> subscription 1000
        """
    )
    assert len([entry for entry in story.entries if kind(entry) == "cycle_started"]) == 121
    assert len(story.account.grants) == 1


def test_looking_often_and_looking_once_write_the_same():
    table = """
        2026-01-31 10:00  open                            -> free 100
                          subscribe basic 1000 quarterly  -> free 100, subscription 1000
                          hold h Clip audio=on seconds=9 ttl=86400
            -> 180; subscription 920, held 180
                          grant promo 9 ends=2026-03-15   -> subscription 920, promo 9, held 180
                          cancel                          -> subscription 920, promo 9, held 180
        """
    once = Story(TOY).tell(table).tell("2026-09-01 00:00 look -> free 100")
    often = Story(TOY).tell(table)
    for _ in range(1_000):
        often.now += 6 * 3_600 * 1_000_000
        often.ask(["look"])
    assert often.entries == once.entries
    assert often.account == once.account
