"""The head of a ledger: what another ledger lacks of it, or has otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick import InvalidRequest, Tallystick
from tallystick.audit.backup import backup
from tallystick.audit.restoration import restore
from tests.store.shop import CATALOG, opened
from tests.store.test_backup import account, report


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "backup.db")


def test_a_ledger_says_what_it_lacks_of_a_head(url: str, tmp_path: Path):
    account(url)
    with opened(url) as shop:
        shop.open_account("ben")
        older = shop.verify()
        assert older.head.startswith("2:6:")
    before = backup(url, str(tmp_path / "before.db"))
    with opened(url) as shop:
        shop.charge("ann", "Picture", images=1)
        shop.charge("ann", "Picture", images=1)
        shop.open_account("zoe")
    now = backup(url, str(tmp_path / "now.db"))
    restored = str(tmp_path / "restored.db")
    restore(before.file, restored)

    assert before.head == older.head
    assert report(url, now.head)
    assert report(url, now.head_file)
    assert report(url, before.head_file)  # it has gone on since
    gone_on = report(url, before.head)
    assert not gone_on
    assert "has gone on since, or is another one" in gone_on.problems[0].message

    lacks = "this ledger is older than expected, or not whole: 1 account and 3 entries missing"
    assert lacks in report(restored, now.head).problems[0].message
    named = report(restored, now.head_file).problems
    assert lacks in named[0].message
    assert [(each.account, each.seq, each.message) for each in named[1:]] == [
        ("ann", 7, "2 entries missing: it ends at 5, and was expected to reach 7"),
        ("zoe", None, "the account is missing: it was expected with 1 entry"),
    ]


def test_a_ledger_that_went_on_differently_is_another_one(tmp_path: Path, file: str):
    url, other = str(tmp_path / "credits.db"), str(tmp_path / "other.db")
    account(url)
    backup(url, file)
    restore(file, other)
    for each, images in ((url, 1), (other, 2)):
        with opened(each) as shop:
            shop.charge("ann", "Picture", images=images)
    with opened(other) as shop:
        shop.charge("ann", "Picture", images=1)
    now = backup(url, str(tmp_path / "now.db"))
    found = report(other, now.head_file).problems
    assert "is another ledger than expected" in found[0].message
    assert found[1].message == "it is another entry than the one that was expected"
    assert found[1].seq == 6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere.head", "there is no head file"),
        ("", "must be a head"),
        (7, "must be a head"),
        (__file__, "is not a head file"),
    ],
)
def test_what_is_no_head_is_refused(given: Any, said: str):
    with (
        Tallystick.open(":memory:", catalog=CATALOG) as shop,
        pytest.raises(InvalidRequest, match=said) as error,
    ):
        shop.verify(expect=given)
    assert error.value.where == "expect"


def test_a_head_file_that_was_changed_is_refused(url: str, file: str):
    account(url)
    head_file = Path(backup(url, file).head_file)
    head_file.write_text(head_file.read_text().replace("shop/ann", "shop/amy"))
    with pytest.raises(InvalidRequest, match="its accounts do not give its head"):
        report(url, head_file)


def test_an_empty_database_says_that_it_is_empty(url: str, file: str):
    opened(url).close()
    found = report(url)
    assert found.accounts == 0
    assert found.notes[0] == "there is nothing to verify: no account of shop was ever opened"
    assert backup(url, file).accounts == 0
