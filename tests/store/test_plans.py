"""How PostgreSQL finds the rows: by key, in the order of the keys, whatever it knows of a table."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick import Tallystick, commands
from tallystick.store.postgres.session import Session
from tests.store.behind import changed
from tests.store.shop import opened

pytestmark = pytest.mark.parametrize("kind", ["postgres"])
ACCOUNTS = [f"acct_{number}" for number in range(40)]


@pytest.fixture
def plans(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The plan of every statement that is run inside, by its text."""
    found: dict[str, list[str]] = {}
    execute = Session.execute
    at_once = Session.at_once

    def explain(session: Session, statement: bytes, values: Any) -> None:
        if b"tallystick." in statement and b"lock table" not in statement:
            (rows,) = session.connection.at_once([(b"explain (costs off) " + statement, values)])
            found.setdefault(statement.decode(), []).extend(row[0] for row in rows)

    def explained(session: Session, statement: bytes, values: Any = None) -> Any:
        explain(session, statement, values)
        return execute(session, statement, values)

    def all_explained(session: Session, statements: Any) -> Any:
        for statement, values in statements:
            explain(session, statement, values)
        return at_once(session, statements)

    monkeypatch.setattr(Session, "execute", explained)
    monkeypatch.setattr(Session, "at_once", all_explained)
    with opened(url) as shop:
        live(shop)
        changed(url, "analyze")
        live(shop)
        assert shop.verify()
    return found


def live(shop: Tallystick) -> None:
    """Everything that a batch can ask for, in batches of many accounts."""
    shop.execute([commands.OpenAccount(each) for each in ACCOUNTS])
    shop.execute([commands.GrantCredits(each, 100, key="g") for each in ACCOUNTS])
    charge = {"model": "Picture", "params": {"images": 1}}
    shop.execute([commands.Charge(each, **charge, key="k") for each in ACCOUNTS])
    shop.execute([commands.PlaceHold(each, **charge) for each in ACCOUNTS])
    quote = shop.quote("Picture", account="acct_1", images=1).quote
    shop.execute(
        [
            *(commands.Settle(each, "h4") for each in ACCOUNTS[:20]),
            commands.Charge("acct_1", quote=quote),
            commands.Reverse("acct_2", 2, "a mistake"),
            commands.Charge("nobody", **charge, key="k"),
            commands.Charge("acct_30", "Picture", {"images": 9_999}, key="too-much"),
        ]
    )


def test_no_statement_reads_a_table_from_end_to_end(plans: dict[str, list[str]]):
    assert len(plans) > 20
    scans = {statement: plan for statement, plan in plans.items() if "Seq Scan" in " ".join(plan)}
    assert not scans


def test_the_accounts_of_a_batch_are_found_in_one_pass(plans: dict[str, list[str]]):
    """Not once for each row: then a batch twice as large would take four times as long."""
    wholes = {
        statement: plan for statement, plan in plans.items() if "a.account = any(" in statement
    }
    assert len(wholes) >= 5
    assert not {key: plan for key, plan in wholes.items() if "Nested Loop" in " ".join(plan)}


def test_accounts_are_locked_in_the_order_of_their_keys(plans: dict[str, list[str]]):
    """Rows come in the order of the index or of the batch, never in that of the pages."""
    updates = {
        statement: plan
        for statement, plan in plans.items()
        if statement.startswith("update tallystick.accounts")
    }
    assert len(updates) >= 2
    for plan in updates.values():
        assert "Bitmap" not in " ".join(plan)
        assert any("Index Scan using accounts_pkey" in step for step in plan)
