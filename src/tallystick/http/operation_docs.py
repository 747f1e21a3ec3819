"""Operation docs: what is said about the API as a whole, each group of requests and each request.

Markdown with nothing in it but back quotes, double stars and paragraphs.
"""

from collections.abc import Mapping

ABOUT = """\
Price generations, reserve credits while they run, and settle what they really cost.

**Keys.** `Authorization: Bearer tk_...`. A key belongs to one platform and has some of the \
scopes `quote`, `spend`, `read`, `grant`, `admin`. To a key, what belongs to another platform does \
not exist: 404.

**Amounts and times.** Amounts are credits, as numbers with at most six decimals. Instants are \
RFC 3339, dates in the platform's zone, or durations from now such as `30d`; replies give them in \
UTC as RFC 3339. A body is JSON in UTF-8. A field that is unknown or given \
twice is an error.

**Writing twice is writing once.** A request that writes takes an `Idempotency-Key`. The same \
key and body return the first answer again, byte for byte, with `Idempotent-Replayed: true`; a \
refusal is repeated too. Another body under the same key is 422. Keys count within an account. A \
request whose first sending is still running waits for it, or gets 409 `request_in_flight`. \
Without a key, `Tallystick-Notice` says that sending the request again does it again.

**Errors** are problems (RFC 9457): decide by `code`. A refusal says why, with its facts, and \
offers ways out, each with its price.

**Lists** come in pages; `next` is the `cursor` of the next one. Replies about an account \
carry its `seq`: give it as `min_seq` to a later read, and that read sees your write.\
"""

GROUPS: Mapping[str, str] = {
    "Catalog": (
        "What a platform publishes: models, rates, plans, rules. A published version never changes."
    ),
    "Quotes": "Prices before anyone pays. Nothing here writes, so ask as often as you like.",
    "Accounts": "Accounts, what they have, and every ledger entry that led to it.",
    "Subscriptions": "Plans, their monthly credits, and changes, each of which can be previewed.",
    "Credits": "Credits given or taken by hand: top-ups, grants, corrections.",
    "Spending": "Reserve credits, do the work, settle what it cost. A hold closes exactly once.",
    "Operating": "The platform's clock, its verification, and your API key.",
    "API keys": "Who may ask this server what. A key belongs to one platform and is shown once.",
    "Health": "For whoever operates the server. These need no key.",
}

OPERATIONS: Mapping[str, str] = {
    "catalog": (
        "The version in force now, at an instant, or with a number, and the file it was "
        "published from."
    ),
    "prices": (
        "Every model with its prices in words and in numbers, plans, top-ups and rules. The page "
        "is made from the rates themselves, so it cannot be out of date."
    ),
    "publish": (
        "The body is the catalog's file, unchanged. The reply lists everything that is wrong "
        "with it, each problem with its line. Quotes that were made before stay valid."
    ),
    "withdraw": (
        "A version that is only scheduled never comes into force then. One that is or was in force "
        "stays: publish another one, or roll back."
    ),
    "rollback": (
        "Publishes what an earlier version says once more, as a new version, in force now or from "
        "an instant to come. It must have been in force. With `dry_run` the reply only says what "
        "would change."
    ),
    "api_keys": (
        "Never with their secrets. `last_used_at` is the hour of the last use, written within half "
        "a minute."
    ),
    "create_api_key": (
        "The reply is the only place where the key is ever shown. Given again under its "
        "`Idempotency-Key` it has everything but the key itself: `api_key` is empty then. On a "
        "platform with a test clock keys begin with `tk_test_`, elsewhere with `tk_live_`, and one "
        "kind does not open the other."
    ),
    "rotate_api_key": (
        "The new key has the name and the scopes of the old one, which goes on for the `overlap` "
        "(24 hours if left out, at most 90 days), so that programs can change over."
    ),
    "revoke_api_key": (
        "Every server refuses the key within a few seconds. A key that was revoked stays as it was."
    ),
    "quote": (
        "Settings are words, quantities are numbers; a `text` is counted and not stored. With an "
        "`account`, the quote also says whether the account may generate this, which grants "
        "would burn and the balance after. If the account may not, `refusal` says why, and the "
        "status is still 200. The token can be spent once before it expires, even if the catalog "
        "changes."
    ),
    "estimate": "Lines x days, plus a buffer. A line is a text or an object.",
    "capacity": (
        "About how many generations of each model a plan's monthly credits pay for, rounded "
        "down, each line on its own."
    ),
    "open_account": (
        "You choose the id. Members share the account's credits, each up to a cap a cycle if "
        "they are given one. An account without members does not ask who spends."
    ),
    "accounts": "The accounts are in the order of their ids.",
    "account": "Each member comes with what they have used of their cap in the running cycle.",
    "balance": (
        "By source and by grant, in burn-down order. For a past instant it is what the ledger "
        "says it was; for a future one, what it will be if nothing else happens."
    ),
    "entries": (
        "Every entry says what happened, in a sentence and in double entry, with the balance "
        "before and after. Entries never change; a hash chains each to the one before."
    ),
    "usage": "What was generated and what it cost, each charge with its receipt.",
    "receipt": (
        "Which rate of which catalog version was used, what was counted, how the price was "
        "rounded, and which grants burned. The id of a hold that was settled finds its receipt "
        "too."
    ),
    "set_member": "Takes effect at once, for requests from now on.",
    "remove_member": (
        "What the member spent stays in the ledger, and counts again if they come back. They may "
        "not spend any more."
    ),
    "set_limits": (
        "Caps of what the account as a whole spends, in windows, for all tools or some; and the "
        "most that open holds reserve together. They replace the limits that it had."
    ),
    "subscribe": (
        "The credits of the first cycle come at once, those of later cycles at the monthly "
        "resets. With `paid_through` or `intervals` the subscription renews only while it is paid; "
        "without, it renews by itself until it is cancelled."
    ),
    "change_plan": (
        "What is left out stays as it is. A larger plan takes effect at once; a smaller one, or "
        "another interval alone, when the paid time ends. Where payments move the subscription, "
        "a larger one takes effect with its payment: send that along, or report it with `pay`. "
        "`preview` runs the same code and writes nothing."
    ),
    "cancel": "Takes nothing back: the running cycle ends when it would have ended.",
    "resume": "Withdraws a scheduled cancellation or change.",
    "pay": (
        "From then on only payments extend the paid time. Say for how many cycles or intervals, "
        "or until when: the boundary nearest to that instant counts. A payment that comes late "
        "revives the subscription; its cycle is granted from the payment on. A key that was "
        "refused because there was no subscription can be tried again."
    ),
    "pause": (
        "In a pause no cycle starts and no payment is due; whether the plan's tools are locked is "
        "the catalog's. A running cycle runs to its end. `/resume` ends the pause too. Cycles "
        "that were paid stay paid."
    ),
    "reset_cycle": (
        "What is left of the cycle expires now, and its allotment arrives once more. The next "
        "reset stays where it is, unless the anchor moves."
    ),
    "end": (
        "For a chargeback or a mistake: the subscription is over at once, and no payment revives "
        "it. What is left of its cycle's credits is taken back, unless `void` is false."
    ),
    "top_up": (
        "A bundle of the catalog, or any amount with `custom`. Top-ups burn last, and never expire "
        "unless the catalog says so."
    ),
    "grant": (
        "For a promotion or a gift. The credits can have an expiry of their own, can begin later, "
        "and can be bound to tools or models."
    ),
    "adjust": (
        "The reason is kept in the ledger. A negative number takes credits back; taking more "
        "than the account has is refused. With a `receipt`, its charge is given back as new "
        "credits: so many of it, or with `full` all that is left of it. The charge, usage and caps "
        "stay as they were; a refund changes them."
    ),
    "reverse": (
        "Only while none of the grant's credits is spent or held: credits that were used are "
        "never undone."
    ),
    "void": (
        "What is left can no longer be spent; what open holds reserve of it stays with them, and "
        "lapses when it comes back. With `owe`, what was spent of it is owed: later top-ups, "
        "subscription credits and adjustments pay that first."
    ),
    "set_expiry": "Earlier or later, or never (`expires_at: null`).",
    "hold": (
        "By the token of a quote, or by a model with its settings and quantities. Credits are "
        "reserved from the grants in burn-down order. A hold that no one closes times out, and "
        "all its credits go back."
    ),
    "holds": "The first to time out is at the top.",
    "settle": (
        "With `credits`, with the `quantities` that were really made, or with an `outcome` "
        "alone: a failure charges nothing. Credits that are not used go back to the grants they "
        "came from."
    ),
    "refund": (
        "With `credits`, with the `quantities` to give back, or all that is left of the charge. "
        "The credits go back to the grants that paid, with their expiry, what was taken last "
        "first. Together, refunds give back no more than was charged."
    ),
    "release": "All credits go back.",
    "extend": "Keeps the hold of long work open. It never times out sooner by that.",
    "increase": (
        "Reserves what the hold is short of, at the price that it was made for. Of a lease say "
        "what it is to have left."
    ),
    "charge": "For work that is already done, or that cannot fail.",
    "lease": "For a gateway that decides by itself: reserve once, draw often, release the rest.",
    "draw": "Priced and checked like any other generation, and paid from the lease.",
    "batch": (
        "Up to 1,000 commands for any accounts, in one request and few commits. Each command has "
        "its own key and its own answer; a refused command does not stop the others. An "
        "`Idempotency-Key` of the request gives command i, counted from 0, the key `KEY:i` if it "
        "has none of its own. `Idempotent-Replayed: true` says that every answer was given before; "
        "the answers do not say it, so that they are the same bytes again. With `all_or_nothing` "
        "the commands are of one account, and if one fails, none is written."
    ),
    "clock": "A test platform's clock stands still until it is moved.",
    "advance_clock": (
        "Forward only. Whatever falls due on the way takes effect at its own instant: a year of "
        "resets in a second."
    ),
    "verify": (
        "Computes every entry, sum and hash of the platform again. It reads everything, so do "
        "not call it often. With `expect` it also says what the platform lacks of the `head` of "
        "an earlier report."
    ),
    "healthz": (
        "For a watchdog: it answers while the process runs, whatever state its database is in."
    ),
    "readyz": (
        "For a load balancer: 503 says what is missing, and that no requests should be sent here."
    ),
    "key": "Its platform and its scopes, never its secret.",
}
