"""Lots that end otherwise than was said, in the naive model: voided, or until another instant."""

from __future__ import annotations

from tests.model.naive import Naive
from tests.model.naive_things import FOREVER, Lot, No


def find(account: Naive, number: int | None) -> Lot:
    for lot in account.lots:
        if lot.number == number:
            return lot
    raise No("grant_not_found")


def is_over(account: Naive, lot: Lot) -> bool:
    """Whether nothing can come of it any more: it is over, or nothing of it is left or held."""
    ended = lot.begun and lot.ends <= account.at
    return lot.void or ended or not (lot.left or lot.held)


def grant(
    account: Naive,
    source: str,
    amount: int,
    ends: int,
    priority: int | None,
    begins: int | None = None,
    tools: tuple[str, ...] = (),
) -> int:
    lot = account.add(source, amount, account.at if begins is None else begins, ends, priority)
    lot.tools = tools
    return lot.number


def goodwill(account: Naive, receipt: str, amount: int | None, ends: int) -> int:
    """Give for a charge what it cost, as a lot of its own; the charge stays as it was."""
    paid = account.paid[receipt]
    left = sum(part for _, part in paid.parts) - paid.adjusted
    amount = left if amount is None else amount
    if not left or amount > left:
        raise No("refund_above_charge")
    paid.adjusted += amount
    lot = account.add("adjustment", amount, account.at, ends)
    lot.goodwill = paid
    return lot.number


def take_back(account: Naive, amount: int) -> None:
    account.spend(amount, "any")


def reverse(account: Naive, number: int | None) -> None:
    """Undo a lot that nobody has touched; None stands for an entry that never was."""
    if number is None:
        raise No("entry_not_found")
    for lot in account.lots:
        if lot.number == number and lot.left == lot.given:
            lot.left = 0
            if lot.goodwill is not None:
                lot.goodwill.adjusted -= lot.given
            return
    raise No("entry_final")


def void(account: Naive, number: int | None, owe: bool) -> tuple[int, int]:
    """Take back what is left of a lot; returns that, and what is owed from now on."""
    lot = find(account, number)
    owed = max(0, lot.spent - lot.owed) if owe else 0
    if is_over(account, lot) and not owed:
        raise No("nothing_left")
    taken, lot.left = lot.left, 0
    lot.owed += owed
    account.owed += owed
    lot.void = True
    lot.ends = min(lot.ends, account.at)
    return taken, owed


def set_expiry(account: Naive, number: int | None, ends: int) -> None:
    lot = find(account, number)
    if is_over(account, lot):
        raise No("nothing_left")
    if ends != FOREVER and ends <= max(account.at, lot.since):
        raise No("invalid")
    lot.ends = ends
