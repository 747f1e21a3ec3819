"""Dates and durations, wherever an instant is taken, in a zone that is not UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tallystick.testing import TestClock
from tests.python.transports import TRANSPORTS
from tests.scenarios.small import small

BERLIN = small("time_zone: Europe/Berlin\n")


@pytest.fixture(params=["called", "called over HTTP"])
def credits(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
    """Ten in the morning in Berlin, on the last day of January."""
    opened = TRANSPORTS[request.param](
        tmp_path / "small.db", catalog=BERLIN, test_clock="2026-01-31T09:00:00Z"
    )
    opened.open_account("ana")
    yield opened
    opened.close()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expires_at"),
    [
        ("2026-05-28", "2026-05-27T22:00"),
        (date(2026, 5, 28), "2026-05-27T22:00"),
        ("30d", "2026-03-02T09:00"),
        (timedelta(hours=36), "2026-02-01T21:00"),
    ],
    ids=repr,
)
def test_a_grant_expires_on_a_date_or_after_a_while(credits: Any, written: Any, expires_at: str):
    assert credits.grant("ana", 5, expires_at=written).expires_at == utc(expires_at)


def test_a_repetition_has_the_instant_of_the_first(credits: Any):
    first = credits.grant("ana", 5, expires_at="30d", key="welcome")
    credits.advance_clock(by="1d")
    assert credits.grant("ana", 5, expires_at="30d", key="welcome") == first
    assert credits.balance("ana").available == 5


def test_what_expires_on_a_day_is_last_spent_on_the_day_before(credits: Any):
    credits.grant("ana", 5, expires_at="2026-02-03")
    credits.advance_clock(to="2026-02-02T22:59:59Z")
    assert credits.charge("ana", "Dot").credits == 1
    credits.advance_clock(to="2026-02-03")
    assert credits.balance("ana").available == 0


def test_a_subscription_starts_and_is_paid_through_a_date(credits: Any):
    bought = credits.subscribe("ana", "Basic", starts_at="2026-02-10", paid_through="2026-03-10")
    assert bought.subscription.paid_through == utc("2026-03-09T23:00")
    assert credits.balance("ana", as_of="2026-02-10").cycle.started_at == utc("2026-02-09T23:00")


def test_a_balance_is_asked_for_a_date_or_in_a_while(credits: Any):
    credits.subscribe("ana", "Basic")
    assert credits.balance("ana", as_of="1mo").as_of == utc("2026-02-28T09:00")
    assert credits.balance("ana", as_of=timedelta(days=3)).as_of == utc("2026-02-03T09:00")
    assert credits.balance("ana", as_of="-1h").available == 0


def test_usage_of_the_last_days_and_of_a_month(credits: Any):
    credits.grant("ana", 50)
    for _ in range(3):
        credits.charge("ana", "Dot")
        credits.advance_clock(by="1d")
    now = utc("2026-02-03T09:00")
    assert [each.at.day for each in credits.usage("ana", since="2d")] == [1, 2]
    assert [each.at.day for each in credits.usage("ana", since=timedelta(days=2))] == [1, 2]
    assert [each.at.day for each in credits.usage("ana", since="3d", until="1d")] == [31, 1]
    month = credits.usage("ana", since="2026-02-01", until=date(2026, 3, 1))
    assert [each.at.day for each in month] == [1, 2]
    assert all(each.at < now for each in month)


def test_a_catalog_comes_into_force_on_a_date(credits: Any):
    dearer = BERLIN.replace("credits: 1, per: image", "credits: 2, per: image")
    published = credits.publish(dearer, effective_at="2026-03-01")
    assert published.effective_at == utc("2026-02-28T23:00")
    assert credits.prices(at="2026-03-01").version == 2
    assert credits.prices(at="27d").version == 1
    assert credits.catalog(at=date(2026, 3, 1)).version == 2


def test_a_test_clock_is_moved_to_a_date_where_the_platform_is(credits: Any):
    assert credits.advance_clock(to="2026-03-30").at == utc("2026-03-29T22:00")
    assert credits.advance_clock(by=timedelta(days=1)).at == utc("2026-03-30T22:00")


def test_a_test_platform_begins_on_a_date(tmp_path: Any):
    opened = TRANSPORTS["called"](tmp_path / "new.db", catalog=BERLIN, test_clock="2026-05-28")
    assert opened.clock().at == utc("2026-05-27T22:00")
    opened.close()
    assert TestClock("2026-05-28").at == utc("2026-05-28T00:00")
