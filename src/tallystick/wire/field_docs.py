"""Field docs: what each field of a request, a reply or a problem means.

A field means the same wherever it stands, so it is explained by its name; where it means something
of its own, that stands in `OF_SHAPE`. Amounts are credits; instants are RFC 3339 in UTC. The
OpenAPI document, the API page, the pages under ``/problems``, the command line and the table of
facts in `docs/reference/refusals.md` read these tables, so that a field is explained once.
"""

from collections.abc import Mapping

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
    "renews_at": "When the next cycle begins.",
    "paid_through": "The instant until which it is paid.",
    "auto_renew": "Whether it renews by itself; if not, payments extend it.",
    "ends_at": "When it ends, if it was cancelled.",
    "changes_at": "When a scheduled change takes effect.",
    "changes_to": "The terms after the scheduled change, in words.",
    "cycle": 'The running cycle, "used X of Y"; null without one.',
    "allotment": "The credits of the whole cycle.",
    "subscription": "The subscription; null without one.",
    "change": (
        "`subscribe`, `upgrade`, `switch`, `downgrade`, `interval`, `cancel`, `resume`, `pay` "
        "or `end`."
    ),
    "explanation": "What happens, in one sentence.",
    "takes_effect_at": "When the change takes effect.",
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
    "every": "`day` or `month`.",
    "bundles": "The bundles that can be bought.",
    "requires_subscription": "Whether top-ups are sold only while a subscription is active.",
    "expires_after_days": "Days until the credits expire; null: never.",
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

OF_SHAPE: Mapping[tuple[str, str], str] = {
    # Requests
    ("QuoteBody", "account"): (
        "The account to quote for. The answer then says whether the account may generate this, "
        "which grants would burn and the balance after. Only such a quote can be spent."
    ),
    ("QuoteBody", "plan"): "Price it as on this plan, for no account.",
    ("AccountBody", "id"): (
        "The id of the new account: 1 to 128 printable characters. You choose it; usually it "
        "is your own customer's id."
    ),
    ("AccountBody", "name"): "A name for people to read: 1 to 128 printable characters.",
    ("AccountBody", "time_zone"): (
        "An IANA name such as `Europe/Berlin`, used in reports of the account's usage. Cycles "
        "follow the platform's zone."
    ),
    ("MemberBody", "member"): "The member's id. You choose it.",
    ("MemberBody", "cap"): "The most credits the member may spend in a cycle; no cap if left out.",
    ("HoldBody", "ttl_seconds"): (
        "When the hold times out, in seconds from now; as the catalog says if left out. At "
        "most 24 hours."
    ),
    ("LeaseBody", "ttl_seconds"): (
        "When the lease ends, in seconds from now; as the catalog says if left out. At most 24 "
        "hours."
    ),
    ("ExtendBody", "ttl_seconds"): (
        "When the hold times out, in seconds from now. At most 24 hours."
    ),
    ("GenerationBody", "member"): "The member of the account who asks for the generation.",
    ("GenerationBody", "quote"): (
        "The token of a quote for this account. It replaces the model, settings and quantities."
    ),
    ("GenerationBody", "model"): (
        "A model, by id or name, in any case, with its settings and quantities. Leave it out "
        "when you give a quote."
    ),
    ("ChargeBody", "credits"): "The actual cost, where the price is a range.",
    ("DrawBody", "credits"): "The actual cost, where the price is a range.",
    ("SubscribeBody", "plan"): "A plan, by id or name, in any case.",
    ("SubscribeBody", "package"): (
        "The plan's credits a month, where the plan is sold with several packages."
    ),
    ("SubscribeBody", "interval"): (
        "How the plan is billed. Credits reset monthly whatever the interval."
    ),
    ("SubscribeBody", "starts_at"): (
        "When the subscription starts; now if left out. At most ten years from now."
    ),
    ("SubscribeBody", "paid_through"): (
        "The instant until which it is paid. If left out, the subscription renews by itself."
    ),
    ("ChangePlanBody", "plan"): "The new plan, by id or name.",
    ("ChangePlanBody", "package"): "The new credits a month.",
    ("ChangePlanBody", "interval"): "The new billing interval.",
    ("PayBody", "paid_through"): "The instant until which it is paid now.",
    ("TopUpBody", "credits"): "How many credits were bought.",
    ("GrantBody", "credits"): "How many credits to give.",
    ("GrantBody", "source"): "The source that the credits count as.",
    (
        "GrantBody",
        "expires_at",
    ): "When the credits expire, such as `2026-05-28` or `30d`; never if left out.",
    ("GrantBody", "priority"): (
        "The grant's own place in burn-down order instead of its source's. Sources have 10, 20 "
        "and so on; lower burns first."
    ),
    ("GrantBody", "reason"): "The reason, in up to 500 characters.",
    ("AdjustBody", "credits"): (
        "How many credits: a positive number gives them, a negative one takes them back."
    ),
    ("AdjustBody", "reason"): "The reason, in up to 500 characters.",
    ("ReverseBody", "reason"): "The reason, in up to 500 characters.",
    ("SettleBody", "credits"): "The actual cost, in credits.",
    ("SettleBody", "quantities"): (
        "What was really made, such as `seconds: 6`. The hold's rate prices it."
    ),
    ("LeaseBody", "credits"): "How many credits to reserve.",
    ("LeaseBody", "member"): "The member whose cap the lease counts against.",
    ("EstimateBody", "days"): "On how many days the lines are generated.",
    ("EstimateBody", "plan"): "Price it as on this plan.",
    ("EstimateLineBody", "count"): "The number of generations a day.",
    ("EstimateLineBody", "model"): "A model, by id or name, in any case.",
    ("MoveClockBody", "to"): "The instant to move the clock to.",
    ("MoveClockBody", "by"): (
        "How far to move the clock: `1mo`, `2w3d`, `12h`. Units are y, mo, w, d, h, m, s, us."
    ),
    # Replies
    ("AccountView", "time_zone"): "The account's own time zone, if it was given one.",
    ("CatalogView", "models"): "The number of models.",
    ("CatalogView", "plans"): "The number of plans.",
    ("CatalogView", "source"): "The file that the version was published from.",
    ("CatalogView", "time_zone"): "The platform's time zone, in which days and cycles are counted.",
    ("Capacity", "credits"): "The credits a month.",
    ("Capacity", "lines"): "What these credits are good for, each line on its own.",
    ("CapacityLine", "credits"): "What `per` of the unit cost.",
    ("CapacityLine", "count"): "About how many units that is, rounded down; null: unlimited.",
    ("Charge", "credits"): "The credits that were charged.",
    ("ClockView", "at"): "The time for the platform.",
    ("Draw", "credits"): "The credits that were charged.",
    ("Draw", "hold"): "The lease's id.",
    ("Entry", "credits"): "By how much the spendable balance changed.",
    ("Entry", "seq"): "The number of this entry, counted from 1 without gaps.",
    ("Entry", "hold"): "The hold that the entry is about, if any.",
    ("Entry", "receipt"): "The receipt that explains the entry, if any.",
    ("Estimate", "credits"): "The estimate, with its buffer.",
    ("Estimate", "min"): "The estimate at the lowest prices of ranges, without the buffer.",
    ("EstimateLine", "credits"): "The credits of all its generations on all days.",
    ("EstimateLine", "min"): "The same at the lowest prices of ranges.",
    ("GrantView", "grant"): "The grant's id; null for free credits that no one has used yet.",
    ("Health", "status"): "`ok`.",
    ("Hold", "credits"): "The credits that were reserved.",
    ("Hold", "expires_at"): "When the hold times out and all its credits go back.",
    ("HoldView", "credits"): "The credits that are reserved; of a lease, those that are left.",
    ("HoldView", "model"): "The model's id; null for a lease.",
    ("HoldView", "name"): "The model's name; null for a lease.",
    ("HoldView", "expires_at"): "When the hold times out.",
    ("Extension", "expires_at"): "When the hold times out now.",
    ("KeyView", "name"): "The name that the key was given when it was made.",
    ("Lease", "credits"): "The credits that were reserved.",
    ("Lease", "hold"): "The lease's id, such as `h9`. Draw from it, and release it at the end.",
    ("Lease", "expires_at"): "When the lease ends and what is left goes back.",
    ("Money", "amount"): "The amount in the currency's main unit, as text.",
    ("PlanOffer", "name"): "The plan's name.",
    ("PlanPrice", "price"): "The price on that plan.",
    ("Posting", "account"): "A ledger account, such as `topup:7` or `spent`.",
    ("Posting", "credits"): "The credits that it gains; negative if it loses them.",
    ("PricePage", "plans"): "The plans that are sold.",
    ("PricePage", "tools"): "The tools, with their models and prices.",
    ("PriceRow", "plans"): "The plans that have another price.",
    ("PriceRow", "price"): "The price, in words and numbers.",
    ("PriceRow", "words"): "The settings that the row is for, in words.",
    ("PriceTag", "credits"): (
        "The price, where it is a single number; null where it is a range or a table."
    ),
    ("Problem", "account"): "The account that the problem is about.",
    ("Problem", "allowed"): "The values that the field may have.",
    ("Problem", "credits"): (
        "The credits it costs, or how many were asked for; of a closed hold, those it was "
        "settled for."
    ),
    ("Problem", "model"): "The model's name.",
    ("Problem", "plan"): "The plan's id or name.",
    ("Problem", "problems"): "Of a catalog: every mistake, each with its place.",
    ("Problem", "scopes"): "The scopes that would allow the request.",
    ("Problem", "seq"): "The seq that the account has reached.",
    ("Publication", "version"): "The version's number.",
    ("Publication", "replaces"): "The versions that were scheduled for this instant: gone now.",
    ("Publication", "next_version"): "The version that is scheduled to follow this one.",
    ("Publication", "next_at"): "When that one comes into force, and this one ends.",
    ("Withdrawal", "version"): "The version that was withdrawn.",
    ("Withdrawal", "effective_at"): "When it was to come into force.",
    ("Withdrawal", "instead"): "The version that is in force at that instant instead.",
    ("RollbackBody", "effective_at"): "From when it is in force again; now if left out.",
    ("RollbackBody", "dry_run"): "Only compare; nothing is published.",
    ("Quote", "account"): (
        "The account that the quote was made for. null: it was made for no account and cannot "
        "be spent."
    ),
    ("Quote", "credits"): "The credits that a hold reserves.",
    ("Quote", "expires_at"): "The instant until which the quote can be spent.",
    ("Receipt", "credits"): "The credits that were charged.",
    ("Receipt", "held"): "The credits that had been reserved; null for a charge in one step.",
    ("Receipt", "hold"): "The hold that was settled, if any.",
    ("Receipt", "list_credits"): "The list price.",
    ("Receipt", "note"): "The catalog's remark on the rate.",
    ("Receipt", "price"): "The price in words.",
    ("Receipt", "rule"): "The rule that gave `credits`, as a sentence.",
    ("Refusal", "model"): "The model's name.",
    ("Refusal", "plan"): "The plan's id or name.",
    ("Refusal", "credits"): (
        "The credits it costs, or how many were asked for; of a closed hold, those it was "
        "settled for."
    ),
    ("Receipt", "refunded"): "Of these credits, those that were given back since.",
    ("Refund", "credits"): "The credits that were given back.",
    ("Refund", "charged"): "The credits that the receipt charged.",
    ("Refund", "returned"): "Of these credits, those that went back to their grants.",
    ("Refund", "expired"): "Of these credits, those whose grants had expired.",
    ("RefundBody", "credits"): "How many credits to give back.",
    ("RefundBody", "quantities"): "What to give back of what was charged, such as `images: 2`.",
    ("Report", "accounts"): "How many accounts were read.",
    ("Report", "lines"): "How many ledger entries were read.",
    ("Report", "unseen"): "How many archived entries there are, which were not read.",
    ("Finding", "seq"): "The ledger entry; null: the account as a whole.",
    ("Settlement", "credits"): "The credits that were charged.",
    ("Settlement", "held"): "The credits that had been reserved.",
    ("SourceView", "expires_at"): "The earliest expiry of its grants; null: never.",
    ("TableRow", "credits"): "What this quantity costs.",
    ("TableRow", "quantity"): "The number of units.",
    ("TopUpOffer", "note"): "The catalog's remark.",
    ("ToolPrices", "name"): "The tool's name.",
    ("UsageLine", "credits"): "The credits that were charged.",
    ("UsageLine", "seq"): "The ledger entry of the charge.",
    ("Report", "entries"): "The entries that the accounts have, archived ones included.",
    (
        "Report",
        "head",
    ): "Stands for all entries: two ledgers with the same head have the same entries.",
    (
        "VerifyBody",
        "expect",
    ): "The `head` of an earlier report; whatever the ledger lacks of it is a problem.",
    ("Way", "at"): "The instant to wait until.",
    ("Way", "available"): "The credits that can be spent after it.",
    ("Way", "credits"): (
        "The credits to buy, the plan's credits a month, or the cost of the cheaper generation."
    ),
    ("Way", "plan"): "The plan to take.",
    ("Way", "model"): "The cheaper model's name.",
    ("Way", "settings"): "The cheaper settings.",
    ("Problem", "entry"): (
        "The seq of the ledger entry; of a quote that was used, of the entry that spent it."
    ),
    ("Problem", "held"): "The credits that the hold reserves; of a lease, those that are left.",
    ("Problem", "min"): "The lowest cost that was quoted, in credits.",
    ("Problem", "member"): "The member who asked.",
    ("Problem", "key"): "The idempotency key that was used before.",
    ("Problem", "ends_at"): "When the subscription ends, if it was cancelled.",
    ("Refusal", "entry"): (
        "The seq of the ledger entry; of a quote that was used, of the entry that spent it."
    ),
    ("Refusal", "held"): "The credits that the hold reserves; of a lease, those that are left.",
    ("Refusal", "min"): "The lowest cost that was quoted, in credits.",
    ("Refusal", "member"): "The member who asked.",
}
"""What a field means in one shape, by the names of both."""


def of(shape: str, field: str) -> str:
    """What a field of a shape means, or an empty text where nothing is said of it."""
    return OF_SHAPE.get((shape, field)) or FIELDS.get(field, "")


WAYS: Mapping[str, str] = {
    "wait": "wait until credits arrive by themselves",
    "top_up": "buy credits once",
    "upgrade": "take a larger plan",
    "cheaper": "make something cheaper of the same tool",
}
"""What each kind of way out is."""
