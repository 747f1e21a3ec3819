"""Receipts that explain themselves: rate, quantity, rule, grants (`docs/spec.md` 8.2)."""

from fractions import Fraction

from .. import results
from ..catalogs import phrases
from ..core import events
from ..core.credits import show, text
from ..core.grants import total
from ..core.history import History
from ..core.holds import Hold
from ..core.instants import to_datetime
from ..core.journal import JournalEntry
from ..core.pricing import ModelCard, Priced
from ..core.refusal_facts import EntryFacts
from ..core.refusals import Refusal
from ..engine import views
from ..engine.past import charge_seq
from ..store import Store, Wanted
from .statements import CHARGES


def find_entry(store: Store, key: str, receipt: object) -> JournalEntry | Refusal:
    """The entry that charged: by a receipt's id (``r12``) or a settled hold's (``h9``)."""
    seq = charge_seq(store, key, receipt) or 0
    entries = store.entries(key, seq - 1, 1) if seq else ()
    if entries and entries[0].seq == seq and isinstance(entries[0].event, CHARGES):
        return entries[0]
    checkpoint = store.checkpoint(key) if seq else None
    if checkpoint is not None and seq <= checkpoint.seq:
        message = f"entry {seq} is archived, as all up to {checkpoint.seq} are: look for it there"
        return Refusal("entry_not_found", message, EntryFacts(seq))
    return Refusal("entry_not_found", f"this account has no receipt '{receipt}'")


def given_back(store: Store, key: str, entry: JournalEntry) -> Hold | None:
    """The row of what was given back of an entry that charged, if anything was."""
    row = store.load(Wanted([], [], holds=[(key, entry.seq)])).holds.get((key, entry.seq))
    return row if row is not None and row.status == "refunded" else None


def receipt(
    account: str, entry: JournalEntry, history: History, given_back: Hold | None = None
) -> results.Receipt:
    """The receipt of an entry that charged, with what was `given_back` of it since. Raises
    `TypeError` for another entry."""
    event = entry.event
    if not isinstance(event, CHARGES):
        raise TypeError("only a charge has a receipt")
    settled = event if isinstance(event, events.Settled) else None
    priced = event.priced
    card = history.version(priced.version).by_id(priced.model)
    rate = card.rate_of(priced)
    exact = card.exact(priced)
    listed = priced.credits if priced.list_credits is None else priced.list_credits
    wording = history.version(priced.version).catalog.wording
    return results.Receipt(
        account=account,
        seq=entry.seq,
        at=to_datetime(entry.at),
        receipt=f"r{entry.seq}",
        hold=f"h{hold}" if (hold := getattr(event, "hold", None)) else None,
        outcome=getattr(event, "outcome", "succeeded"),
        credits=show(event.credits),
        list_credits=show(listed),
        lines=(views.priced_line(priced, history),),
        rate=rate.id,
        price=phrases.price_words(rate.price, wording),
        exact=views.fraction(exact),
        rounding=phrases.rounding_words(card.rounding, wording),
        rule=_rule(event, priced, card, exact, history),
        note=rate.note or card.model.note,
        catalog=views.catalog_ref(priced.version, history),
        burns=views.burns(settled.spent + settled.extra if settled else event.parts),  # type: ignore[union-attr]
        returned=show(total(settled.returned)) if settled else 0,
        expired=show(total(settled.lapsed)) if settled else 0,
        held=show(settled.held) if settled else None,
        uncollected=show(settled.uncollected) if settled else 0,
        balance_before=show(entry.balance_before),
        balance_after=show(entry.balance_after),
        member=event.member,
        labels=event.labels,
        refunded=show(given_back.refunded) if given_back else 0,
        adjusted=show(given_back.adjusted) if given_back else 0,
    )


def _rule(
    event: events.Charged | events.Drawn | events.Settled | events.SettledLate,
    priced: Priced,
    card: ModelCard,
    exact: Fraction,
    history: History,
) -> str:
    """One sentence: how the credits of this receipt came about."""
    settled = isinstance(event, events.Settled)
    wording = history.version(priced.version).catalog.wording
    rounded = phrases.rounding_words(card.rounding, wording)
    listed = priced.credits if priced.list_credits is None else priced.list_credits
    came = f"{views.fraction_words(exact)} {wording.credits}, rounded {rounded}: {text(listed)}"
    if settled and event.outcome != "succeeded":
        return f"The work ended as {event.outcome.replace('_', ' ')}: {text(event.credits)} charged"
    if priced.plan is not None:
        plan = views.plan_name(priced.plan, priced.version, history)
        return f"{came}; {plan} makes that {text(priced.credits)}"
    if event.credits != priced.credits:
        actual = f"the actual was {text(event.credits)}"
        if settled and event.uncollected:
            due = event.credits + event.uncollected
            actual = f"the actual was {text(due)}, of which {text(event.uncollected)} "
            actual += "were not there to take"
        if priced.minimum is not None:
            return f"Quoted {text(priced.minimum)} to {text(priced.credits)}; {actual}"
        return f"{came}; {actual}"
    return came
