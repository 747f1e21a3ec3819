"""Opening a platform: a new database or an old one, a shipped catalog or a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tallystick import InvalidCatalog, InvalidRequest, StoreError, Tallystick, refusals
from tallystick.testing import TestClock
from tests.scenarios.small import small


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credits.db"


def test_a_shipped_catalog_is_published_when_a_database_is_made(file: Path):
    for platform in ("artlist", "imagineart", "videodraft"):
        with Tallystick.open(file, platform=platform) as credits:
            catalog = credits.catalog()
            assert (catalog.platform, catalog.version, credits.platform) == (platform, 1, platform)
            assert catalog.models > 3


def test_a_catalog_comes_from_a_file_or_its_text(tmp_path: Path):
    source = tmp_path / "prices.yaml"
    source.write_text(small(), encoding="utf-8")
    for catalog in (source, str(source), small()):
        with Tallystick.open(":memory:", catalog=catalog) as credits:
            assert (credits.platform, credits.catalog().source) == ("small", small())


@pytest.mark.parametrize("scheme", ["{}", "sqlite:///{}"])
def test_what_was_written_is_there_when_it_is_opened_again(file: Path, scheme: str):
    where = scheme.format(file)
    with Tallystick.open(where, catalog=small()) as credits:
        credits.open_account("ada")
        credits.grant("ada", 50, key="k")
        hold = credits.hold("ada", "Dot", ttl_seconds=86_400)
        token = credits.quote("Dot", account="ada").quote
    with Tallystick.open(where, platform="small") as credits:
        assert credits.balance("ada").available == 49
        assert credits.grant("ada", 50, key="k").grant == "g2"
        assert credits.settle("ada", hold.hold).credits == 1
        assert credits.charge("ada", quote=token).credits == 1, "a quote outlives the process"
        assert credits.verify()


def test_the_only_platform_of_a_database_need_not_be_named(file: Path):
    with Tallystick.open(file, catalog=small()):
        pass
    with Tallystick.open(file) as credits:
        assert credits.platform == "small"
    with Tallystick.open(file, "artlist"):
        pass
    with pytest.raises(InvalidRequest) as which:
        Tallystick.open(file)
    assert set(which.value.allowed) >= {"artlist", "small"}


def test_a_catalog_of_a_platform_that_is_there_is_not_published_again(file: Path):
    with Tallystick.open(file, catalog=small()):
        pass
    dearer = small().replace("credits: 1, per: image", "credits: 2, per: image")
    with Tallystick.open(file, catalog=dearer) as credits:
        assert (credits.catalog().newest, credits.quote("Dot").credits) == (1, 1)


BAD: dict[str, dict[str, Any]] = {
    "a path that is a number": {"path": 5},
    "no path": {"path": None},
    "an empty path": {"path": ""},
    "a path with a null in it": {"path": "a\x00b"},
    "a database of another kind": {"path": "mysql://localhost/x"},
    "a platform that nobody knows": {"platform": "artlst"},
    "a platform that is a number": {"platform": 5},
    "no platform": {"platform": None},
    "another platform's catalog": {"platform": "artlist", "catalog": small()},
    "a catalog that is a number": {"catalog": 5},
    "a catalog that is nowhere": {"catalog": "nowhere.yaml"},
    "a catalog that is broken": {"platform": None, "catalog": "platform: [\n"},
    "a clock that is none": {"clock": 5},
    "a test clock without a zone": {"test_clock": "2026-01-31T10:00:00"},
    "a test clock that is a number": {"test_clock": 5},
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_opens_nothing_and_leaves_no_file(file: Path, what: str):
    asked: dict[str, Any] = {"path": file, "platform": "videodraft", **BAD[what]}
    with pytest.raises(InvalidRequest) as error:
        Tallystick.open(**asked)
    assert error.value.where
    assert 10 < len(str(error.value)) < 700
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize("where", ["", "missing/credits.db"])
def test_a_place_that_holds_no_file_is_said(tmp_path: Path, where: str):
    with pytest.raises(StoreError):
        Tallystick.open(tmp_path / where, "artlist")


def test_a_broken_catalog_says_where(file: Path):
    with pytest.raises(InvalidCatalog) as invalid:
        Tallystick.open(file, catalog=small().replace("tool: film, rates", "tool: flim, rates"))
    assert "flim" in str(invalid.value)
    assert "catalog.yaml:" in str(invalid.value)


def test_after_closing_every_verb_says_so(file: Path):
    credits = Tallystick.open(file, catalog=small())
    credits.open_account("ada")
    credits.close()
    for call in (lambda: credits.balance("ada"), lambda: credits.grant("ada", 5),
                 lambda: credits.quote("Dot", account="ada"), credits.verify):  # fmt: skip
        with pytest.raises(StoreError):
            call()


# Clocks


def test_a_test_clock_stands_until_it_is_moved():
    clock = TestClock("2026-01-31T10:00:00Z")
    assert clock.at == datetime(2026, 1, 31, 10, tzinfo=UTC)
    clock.advance("1mo")
    assert clock.at == datetime(2026, 2, 28, 10, tzinfo=UTC)
    clock.advance(days=1, hours=2)
    assert clock.at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock.advance_to("2026-03-01T14:00:00+01:00")
    assert clock.at == datetime(2026, 3, 1, 13, tzinfo=UTC)
    for back in (lambda: clock.advance_to("2026-03-01T12:59:59Z"), lambda: clock.advance(days=-1),
                 lambda: clock.advance("soon"), clock.advance):  # fmt: skip
        with pytest.raises(InvalidRequest):
            back()
    assert clock.at == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_a_test_platform_has_a_clock_of_its_own_that_is_kept(file: Path):
    with Tallystick.open(file, "videodraft", test_clock="2026-01-31T10:00:00Z") as credits:
        credits.open_account("ada")
        assert credits.clock().test
        assert credits.advance_clock(by="1mo").at == datetime(2026, 2, 28, 10, tzinfo=UTC)
        assert credits.clock().at == datetime(2026, 2, 28, 10, tzinfo=UTC)
    with Tallystick.open(file, "videodraft") as credits:
        assert credits.balance("ada").as_of == datetime(2026, 2, 28, 10, tzinfo=UTC)
        credits.advance_clock(to="2027-01-31T10:00:00Z")
        assert credits.balance("ada").available == 200
        with pytest.raises(refusals.ClockBackwards):
            credits.advance_clock(to="2026-12-31T00:00:00Z")


def test_the_clock_of_a_real_platform_cannot_be_moved(file: Path):
    clock = TestClock("2026-01-31T10:00:00Z")
    with Tallystick.open(file, "videodraft", clock=clock) as credits:
        assert (credits.clock().at, credits.clock().test) == (clock.at, False)
        with pytest.raises(refusals.ClockNotTest):
            credits.advance_clock(by="1d")


def test_a_year_of_resets_takes_no_time():
    with Tallystick.open(":memory:", "videodraft", test_clock="2026-01-31T10:00:00Z") as credits:
        credits.open_account("ada")
        credits.subscribe("ada", "Studio", interval="yearly")
        credits.advance_clock(by="1y")
        resets = [e for e in credits.entries("ada", limit=1_000) if e.kind == "cycle_started"]
        assert len(resets) == 13
