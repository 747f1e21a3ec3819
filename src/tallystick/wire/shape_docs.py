"""Shape docs: what a field means where its shape gives it a meaning of its own (`field_docs`)."""

from collections.abc import Mapping

from .subscription_docs import SUBSCRIPTION_BODIES

_WHICH_TOOL = "The tool, by id or name; needed if models of several tools have that name."

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
        "An IANA name such as `Europe/Berlin`, for reports and pages. Days and cycles are counted "
        "in it only where the catalog's policy says `calendar: account`."
    ),
    ("MemberBody", "member"): "The member's id. You choose it.",
    ("MemberBody", "cap"): "The most credits the member may spend in a cycle; no cap if left out.",
    ("MemberBody", "caps"): (
        "Caps in any windows, for all tools or some: at most 20. They replace those that the "
        "member had; what was counted stays counted. Not together with `cap`."
    ),
    **{
        (shape, name): said
        for shape in ("CapBody", "CapTerms", "CapView", "Problem", "Refusal")
        for name, said in (
            ("every", "The window: `hour`, `day`, `week`, `month`, `cycle` or `life`."),
            ("tools", "The ids of the tools that it counts; null: every tool."),
        )
    },
    ("CapBody", "credits"): "The most credits that may be spent in each window.",
    ("CapTerms", "credits"): "The most credits that may be spent in each window.",
    ("CapView", "credits"): "The most credits that may be spent in each window.",
    ("LimitsBody", "caps"): "What the account as a whole may spend; no caps if left out.",
    ("LimitsBody", "held"): "The most credits that open holds may reserve together.",
    ("AccountLimits", "caps"): "What the account as a whole may spend.",
    (
        "AccountLimits",
        "held",
    ): "The most credits that open holds may reserve together; null: no limit.",
    ("IncreaseBody", "credits"): "How many credits the hold is to reserve in all.",
    ("IncreaseBody", "quantities"): "What the work is to have in all, such as `seconds: 12`.",
    ("Increase", "credits"): "The credits that the hold reserves in all.",
    ("Problem", "quantity"): "How much was asked for, in the unit.",
    ("Problem", "up_to"): "The fair use of each window, in the unit.",
    ("Refusal", "up_to"): "The fair use of each window, in the unit.",
    ("Refusal", "quantity"): "How much was asked for, in the unit.",
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
    **SUBSCRIPTION_BODIES,
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
        "How many credits: a positive number gives them, a negative one takes them back. Left out "
        "where a receipt is given back in full."
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
    ("EstimateBody", "tool"): "The tool of lines that name models of several tools.",
    ("EstimateLineBody", "tool"): _WHICH_TOOL,
    ("QuoteBody", "tool"): _WHICH_TOOL,
    ("HoldBody", "tool"): _WHICH_TOOL,
    ("ChargeBody", "tool"): _WHICH_TOOL,
    ("DrawBody", "tool"): _WHICH_TOOL,
    ("Publication", "warnings"): "What is allowed in the catalog, and hardly ever meant.",
    ("ModelPrices", "until"): "The instant at which the model ends; left out if it has no end.",
    ("PriceRow", "until"): "The instant at which the price ends; left out if it has no end.",
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
    ("Hold", "closed_at"): "When the hold was closed; null while it is open.",
    ("Hold", "credits"): "The credits that were reserved.",
    ("Hold", "expires_at"): "When the hold times out and all its credits go back.",
    ("Hold", "status"): (
        "How the hold stands when this is answered: `open`, `settled`, `released` or `timed_out`."
    ),
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
    ("PricedLine", "plan"): "The id of the plan that changed the price; null: the list price.",
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
    ("Problem", "plan"): "The plan's name.",
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
    ("Refusal", "plan"): "The plan's name.",
    ("Refusal", "credits"): (
        "The credits it costs, or how many were asked for; of a closed hold, those it was "
        "settled for."
    ),
    ("Receipt", "refunded"): "Of these credits, those that refunds gave back since.",
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
        "The credits to buy, the plan's credits a month, or the cost of the smaller or cheaper "
        "generation."
    ),
    ("Way", "quantities"): "The most of what is counted that the available credits pay for.",
    ("Way", "outputs"): "How many outputs the available credits pay for.",
    ("Way", "bundles"): "The bundles to buy together, each in credits; left out for a single one.",
    ("Way", "plan"): "The name of the plan to take.",
    ("Way", "model"): "The cheaper model's name.",
    ("Way", "tool"): "Its tool, where models of several tools have that name.",
    ("Way", "settings"): "The cheaper settings.",
    ("Problem", "entry"): (
        "The seq of the ledger entry; of a quote that was used, of the entry that spent it."
    ),
    ("Problem", "held"): "The credits that the hold reserves; of a lease, those that are left.",
    ("Problem", "min"): "The lowest cost that was quoted, in credits.",
    ("Problem", "member"): "The member who asked.",
    ("Problem", "key"): "The idempotency key that was used before.",
    ("Problem", "ends_at"): "When the subscription ends, if it was cancelled.",
    ("SubscriptionView", "status"): "`coming`, `trial`, `active`, `paused` or `past_due`.",
    ("Refusal", "entry"): (
        "The seq of the ledger entry; of a quote that was used, of the entry that spent it."
    ),
    ("Refusal", "held"): "The credits that the hold reserves; of a lease, those that are left.",
    ("Refusal", "min"): "The lowest cost that was quoted, in credits.",
    ("Refusal", "member"): "The member who asked.",
    # Grants
    ("TopUpBody", "custom"): "Sell another amount than the bundles of the catalog.",
    ("TopUpBody", "price"): "The money that was paid.",
    ("TopUpBody", "payment"): "The id of the payment.",
    ("GrantBody", "effective_at"): "When they can be spent from; now if left out.",
    ("GrantBody", "tools"): "The tools that they pay for, by id or name; any if left out.",
    ("GrantBody", "models"): "The models that they pay for, by id or name; any if left out.",
    ("GrantBody", "price"): "The money that was paid.",
    ("Grant", "tools"): "The ids of the tools that the credits pay for; empty for any.",
    ("Grant", "models"): "The ids of the models that the credits pay for; empty for any.",
    ("Grant", "price"): "The money that was paid for the credits.",
    ("GrantView", "tools"): "The ids of the tools that the credits pay for; empty for any.",
    ("GrantView", "models"): "The ids of the models that the credits pay for; empty for any.",
    ("GrantView", "price"): "The money that was paid for the credits.",
    (
        "GrantView",
        "effective_at",
    ): "The instant from which it can be spent; a later one is not in `available` yet.",
    ("AdjustBody", "grant"): "Take the credits from this grant only.",
    ("AdjustBody", "source"): "Take the credits from this source only.",
    (
        "AdjustBody",
        "used",
    ): "Count what is taken as used in the running cycle: it was spent before the account came.",
    ("AdjustBody", "expires_at"): "When the credits that are given expire; never if left out.",
    (
        "AdjustBody",
        "receipt",
    ): "Give back what this receipt charged, as new credits; no more than is left of it.",
    ("AdjustBody", "full"): "Give back all that is left of the receipt.",
    ("Grant", "receipt"): "The receipt whose charge the credits give back, if they do.",
    ("Receipt", "adjusted"): "Of these credits, those that operators gave back as adjustments.",
    ("RollbackBody", "by"): "Who publishes it; the name of the API key is kept too.",
    ("VoidBody", "owe"): "Record what was spent of the grant as owed.",
    ("ExpiryBody", "expires_at"): "When it expires from now on; null: never.",
    ("Void", "credits"): "How the balance changes: what was left, as a negative number.",
    ("Void", "held"): "What open holds reserve of the grant: it lapses when it comes back.",
    ("Void", "owed"): "What was spent of the grant and is owed from now on.",
    ("ExpiryChange", "expired_at"): "When it would have expired before; null: never.",
    ("ExpiryChange", "credits"): "What is left of the grant.",
    ("Problem", "grant"): "The grant that was named.",
    ("Refusal", "grant"): "The grant that was named.",
}
"""What a field means in one shape, by the names of both."""
