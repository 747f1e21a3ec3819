"""Field docs: what each field of a request, a reply or a problem means.

A field means the same wherever it stands, so it is explained by its name; where it means something
of its own, that stands in `OF_SHAPE`. Amounts are credits; instants are RFC 3339 in UTC. The
OpenAPI document, the API page, the pages under ``/problems``, the command line and the table of
facts in `docs/reference/refusals.md` read these tables, so that a field is explained once.
"""

from collections.abc import Mapping

from .shape_docs import OF_SHAPE

FIELDS: Mapping[str, str] = {
    # Whose, when, which line
    "account": "The account's id.",
    "platform": "The platform that the API key belongs to.",
    "seq": "The account's newest ledger entry. Pass it as `min_seq` to read your own write.",
    "epoch": "The epoch of the ledger that answers. A restore begins a new epoch.",
    "at": "The instant at which it took effect.",
    "as_of": "The instant that the balance is for.",
    "member": "The member who asked, if one was named.",
    "members": "The people who share the account's credits.",
    "labels": "Labels as they were given: at most 20 names, each with a text.",
    "name": "A name for people to read.",
    "time_zone": "An IANA name, such as `Europe/Berlin`.",
    "reason": "The reason, in the operator's words.",
    "next": "The `cursor` of the next page; null on the last page.",
    "key": "The idempotency key of the request.",
    # Amounts
    "credits": "Credits.",
    "ttl_seconds": "How long it stays open, in seconds; at most 24 hours.",
    "min": "The lowest possible price, in credits.",
    "max": "The highest possible price, in credits.",
    "available": "The credits that can be spent.",
    "held": "The credits that are reserved by holds.",
    "balance": "All credits of the account, held ones included.",
    "balance_before": "The credits that could be spent before.",
    "balance_after": "The credits that can be spent after.",
    "shortfall": "How many credits are missing.",
    "cap": "The most credits the member may spend in a cycle; null: no cap.",
    "used": "The credits used in the running cycle.",
    "limit": "The most credits an account may own.",
    "returned": "The credits that went back to the grants they came from.",
    "expired": "The credits that could not go back, because their grant had expired.",
    "uncollected": "The cost above the hold that could not be collected, in credits.",
    "left": "The credits left on the lease.",
    "burns": "The grants that the credits come from, in burn-down order.",
    # Prices
    "quote": "The token to spend. It can be used once, by the account it was made for.",
    "lines": "The priced items, one by one.",
    "catalog": "The catalog version that the price comes from.",
    "version": "The version of the catalog, counted from 1.",
    "model": "The model's id.",
    "tool": "The tool's id: the kind of asset, such as `video`.",
    "rate": "The id of the rate that gave the price.",
    "unit": "What is counted: `second`, `image`, `character` and so on.",
    "quantity": "How many units one output has.",
    "outputs": "How many variants are made. The price of one is multiplied by this number.",
    "settings": "The settings, spelled as in the catalog.",
    "list_credits": "The list price, where the plan changed the price.",
    "allowed": "Whether the account may generate this now.",
    "refusal": "Why the account may not, with the ways out; null when it may.",
    "price": "The price in money, where the catalog has one.",
    "words": "The same as a sentence.",
    "note": "The catalog's remark.",
    "rule": "The rule that gave the result.",
    "sample": "Whether the figure is a made-up sample to try things with.",
    # Grants
    "grant": "The grant's id, such as `g7`.",
    "source": "`free`, `carry_over`, `subscription`, `promo`, `adjustment` or `topup`.",
    "sources": "The balance by source.",
    "grants": "The balance by grant, in burn-down order.",
    "amount": "The credits that were given.",
    "remaining": "The credits of the grant that can still be spent.",
    "priority": (
        "The grant's own place in burn-down order, 1 to 100, if it has one; null: that of its "
        "source."
    ),
    "effective_at": "The instant from which it counts.",
    "standing": "How the version stands: `in_force`, `past`, `scheduled` or `withdrawn`.",
    "withdrawn_at": "When it was withdrawn; null if it was not.",
    "expires_at": "When it expires; null: never.",
    "payment": "The id of the payment that it was bought with.",
    "owed": "The credits that were spent and then taken back: later credits pay them first.",
    "owed_paid": "How many of the credits paid what the account owed; the rest can be spent.",
    # Holds, receipts, entries
    "hold": "The hold's id, such as `h9`.",
    "holds": "The open holds, the first to time out at the top.",
    "receipt": "The receipt's id, such as `r12`.",
    "charged": "The credits that the receipt charged.",
    "refunded": "The credits that were given back of it, with earlier refunds.",
    "returns": "The grants that the credits went back to.",
    "refund": "Whether this gives a charge back: credits and quantity are below zero then.",
    "outcome": "How the work ended: `succeeded`, `partial`, `moderated`, `provider_error` ...",
    "how": "How the hold was closed: `settled`, `released` or `timed_out`.",
    "opened_at": "When it was opened.",
    "closed_at": "When the hold was closed.",
    "entry": "The seq of the ledger entry.",
    "entries": "The ledger entries, in order.",
    "kind": "What happened, as one word.",
    "text": "What happened, as a sentence.",
    "postings": "The double entry. Its postings sum to zero.",
    "hash": "The hash of this entry and of the hash before it, in hexadecimal.",
    "exact": "The price before it is rounded, as a decimal or a fraction.",
    "rounding": "How it was rounded.",
    "charges": "The charges in order, each with its receipt.",
    "reverses": "The seq of the entry that was reversed, if this is a reversal.",
    "removed": "Whether the member was removed.",
    # Subscriptions
    "plan": "The plan.",
    "package": "The credits a month.",
    "interval": "How it is billed: `monthly`, `quarterly` or `yearly`.",
    "started_at": "The instant from which the cycles are counted.",
    "renews_at": "When the next cycle begins; null while that hangs on a payment.",
    "paid_through": "The instant until which it is paid.",
    "auto_renew": "Whether it renews by itself; if not, payments extend it.",
    "ends_at": "When it ends, if it was cancelled.",
    "changes_at": "When a scheduled change takes effect.",
    "changes_to": "The terms after the scheduled change, in words.",
    "past_due_since": "The boundary at which its cycle was not paid, if it is past due.",
    "grace_until": "Until when a past due plan goes on; a payment revives it after that too.",
    "trial_until": "When the trial ends, while it runs or is to come.",
    "pauses_at": "When the pause begins or began, if there is one.",
    "paused_at": "When the pause began.",
    "paused_until": "When the pause ends; null: when it is resumed.",
    "awaits_payment": "Whether the change takes effect once its payment is told.",
    "cycle": 'The running cycle, "used X of Y"; null without one.',
    "allotment": "The credits of the whole cycle.",
    "subscription": "The subscription; null without one.",
    "change": (
        "`subscribe`, `upgrade`, `switch`, `downgrade`, `interval`, `cancel`, `resume`, `pay`, "
        "`pause`, `reset` or `end`."
    ),
    "explanation": "What happens, in one sentence.",
    "takes_effect_at": "When the change takes effect; null for one that waits for its payment.",
    "before": "The credits that can be spent, by source, before the change.",
    "after": "The credits that can be spent, by source, after the change.",
    "expires": "The credits that the change takes away.",
    "preview": "Whether this is only a preview, and nothing was written.",
    # Catalogs and prices
    "newest": "The newest version.",
    "models": "The models of the tool.",
    "plans": "The plans that it applies to.",
    "changes": "The differences from the version before, in words.",
    "dry_run": "Whether this was only a check, and nothing was published.",
    "wording": "The platform's words for credits and top-ups.",
    "tools": "The ids of tools.",
    "free_credits": "The allowances that need no subscription.",
    "top_ups": "How top-ups are sold; null: they are not sold.",
    "upgrades": "What an upgrade does with the credits that are left.",
    "notes": (
        "Remarks: of the catalog, or about something that is not wrong and that an operator "
        "should know."
    ),
    "id": "Its id.",
    "rows": "The priced rows. Exactly one of them matches any request.",
    "aliases": "Other names that find it.",
    "pro": "Whether only plans with pro models include it.",
    "table": "The price for each quantity, where it is a table.",
    "per": "How many units the credits buy.",
    "intervals": "How it can be billed.",
    "packages": "The monthly credits that it is sold with.",
    "pro_models": "Whether it includes pro models.",
    "unlimited": "The ids of tools that cost nothing on this plan.",
    "default": "Whether accounts without a subscription are on this plan.",
    "prices": "The price in money for each interval, where the catalog has one.",
    "every": "`hour`, `day`, `week`, `month`, `quarter` or `year`.",
    "bundles": "The bundles that can be bought.",
    "requires_subscription": "Whether top-ups are sold only while a subscription is active.",
    "expires_after_days": "Days until the credits expire, where they expire after days.",
    "expires_after": "When the credits expire, in words, such as `3 years`; null: never.",
    "from_interval": "The billing interval before.",
    "to_interval": "The billing interval after.",
    "currency": "The currency as an ISO 4217 code.",
    # Estimates
    "subtotal": "The credits without the buffer.",
    "buffer": "The share that is added, as a decimal.",
    "buffer_credits": "The credits that the buffer adds.",
    "days": "The number of days.",
    "each": "The credits of one generation.",
    "count": "The number of generations.",
    # Operating
    "test": "Whether this is a test clock, which stands still until it is moved.",
    "ok": "Whether everything stored is as the journal says.",
    "platforms": "How many platforms were read.",
    "accounts": "The ids of accounts, in order.",
    "problems": "Everything that is wrong, each with its place.",
    "what": "What is wrong, as one word.",
    "message": "What is wrong, as a sentence.",
    "scopes": "What the key may do: `quote`, `spend`, `read`, `grant`, `admin`.",
    "status": "The HTTP status.",
    "ready": "Whether the server answers requests now.",
    "not_ready": "What is missing.",
    # Batches
    "commands": "At most 1,000 commands, for any accounts, carried out in order.",
    "do": "The command, by the name of its own request.",
    "answers": "One answer for each command, in order.",
    "result": "The result of the command; null if it was refused.",
    "problem": "Why there is no result; null if there is one.",
    # Problems
    "type": "The address of the page that explains the code.",
    "title": "The code in words.",
    "detail": "What happened, and what to do.",
    "code": "The code. Programs decide by this field.",
    "where": "The field, header or parameter that is wrong.",
    "ways_out": "What can be done about it, each with its price.",
    "expired_at": "When the quote expired.",
    "clock_at": "The time that the clock shows.",
    "file": "The name of the catalog's file.",
    "line": "The line in the file, counted from 1.",
    "column": "The column in the line, counted from 1.",
    "also": "The line of the other row, where two rows contradict each other.",
}
"""What a field means wherever it stands, by its name."""


def of(shape: str, field: str) -> str:
    """What a field of a shape means, or an empty text where nothing is said of it."""
    return OF_SHAPE.get((shape, field)) or FIELDS.get(field, "")


WAYS: Mapping[str, str] = {
    "wait": "wait until credits arrive by themselves",
    "top_up": "buy credits once",
    "upgrade": "take a larger plan",
    "cheaper": "make something cheaper of the same tool",
    "less": "make less of it: fewer outputs, or a smaller quantity",
}
"""What each kind of way out is."""
