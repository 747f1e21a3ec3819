"""What is said about the API as a whole, each group of requests and each request: for people.

Markdown with nothing in it but back quotes and paragraphs.
"""

from collections.abc import Mapping

ABOUT = """\
Price generations, reserve credits while they run, settle what they really cost.

**Keys.** `Authorization: Bearer tk_...`. A key belongs to one platform and opens some of the \
scopes `quote`, `spend`, `read`, `grant`, `admin`. What belongs to another platform is not \
there: 404.

**Amounts and times.** Amounts are credits, as numbers with at most six decimals. Instants are \
RFC 3339; replies give them in UTC. A body is JSON in UTF-8; a field that is not known is \
refused, and so is one that stands twice.

**Writing twice is writing once.** A request that writes takes an `Idempotency-Key`. The same \
key and body give the first answer again, byte for byte, with `Idempotent-Replayed: true`, for \
refusals too; another body under the key is 422. Keys count within an account. What is asked \
while the first is still running waits for it, or is told 409 `request_in_flight`.

**Errors** are problems (RFC 9457): look at `code`. A refusal says why, with its facts, and \
offers ways out, each with its price.

**Lists** give pages; `next` is the `cursor` of the one that follows. Replies about an account \
carry its `seq`: give it as `min_seq` to a later read, and it will have seen your write.\
"""

GROUPS: Mapping[str, str] = {
    "Catalog": "What a platform publishes: models, rates, plans, rules. Versions never change.",
    "Quotes": "Prices before anybody pays. Nothing here writes, so ask as often as you like.",
    "Accounts": "Who owns credits, what they have, and every line of how it came about.",
    "Subscriptions": "Plans, their monthly credits, and changes, each of which can be previewed.",
    "Credits": "Credits given or taken by hand: bought, promised, corrected.",
    "Spending": "Reserve, do the work, settle what it cost. A hold closes exactly once.",
    "Operating": "The platform's clock, its proof, and the key in your hand.",
    "Health": "For whoever looks after the server. They need no key.",
}

OPERATIONS: Mapping[str, str] = {
    "catalog": "The version in force now, at an instant, or by its number, with the file it was "
    "published from.",
    "prices": "Every model with its prices in words and in numbers, plans, top-ups and rules, "
    "drawn from the rates themselves: it cannot be out of date.",
    "publish": "The body is the catalog's file, as it is. Everything wrong with it is said at "
    "once, each with its line. Quotes that were made before are still honoured.",
    "quote": "Settings are words, quantities numbers; a `text` is counted and forgotten. With "
    "an `account` it also says whether the account may, which grants would burn and the balance "
    "after; what would be refused stands in `refusal`, and the status is 200 all the same. The "
    "token can be spent once, before it expires, whatever happens to the catalog meanwhile.",
    "estimate": "Lines x days, and a buffer on top. A line is a text or an object.",
    "capacity": "About how many of each model's generations a plan's monthly credits are good "
    "for, rounded down, each line on its own.",
    "open_account": "The id is yours. Members share the account's credits, each up to a cap a "
    "cycle if one is given; an account without members does not ask who spends.",
    "accounts": "In the order of their ids.",
    "account": "With what each member has used of their cap in the running cycle.",
    "balance": "By source and by grant, in burn-down order. In the past it is as the ledger "
    "says it was; in the future as it will be if nobody does anything.",
    "entries": "Every line says what happened, in a sentence and in double entry, with the "
    "balance before and after. Lines never change; each is chained to the one before by its "
    "hash.",
    "usage": "What was generated and what it cost, each with its receipt.",
    "receipt": "Which rate of which catalog version, what was counted, where it was rounded, "
    "which grants burned. Also found by the id of a hold that was settled.",
    "set_member": "Takes effect at once, for what is asked from now on.",
    "remove_member": "What they spent stays in the ledger.",
    "subscribe": "The credits of the first cycle come at once, those of the others at its "
    "monthly boundaries. Given `paid_through` it renews only while it is paid; otherwise by "
    "itself, until it is cancelled.",
    "change_plan": "What is left out stays. More comes at once; less, and another interval "
    "alone, when the paid time is over. `preview` runs the same code and writes nothing.",
    "cancel": "Takes nothing back: the running cycle ends as it would.",
    "resume": "Withdraws a cancellation or a change that is to come.",
    "pay": "From then on only payments move the paid time. When one does not come, the running "
    "cycle ends as it would and no new one starts.",
    "top_up": "They burn last, and never expire unless the catalog says so.",
    "grant": "A promotion or a gift, with an expiry of its own.",
    "adjust": "With a reason, which stands in the ledger. Below zero credits are taken back; "
    "more than there are is refused.",
    "reverse": "Only while none of its credits is spent or held: nothing is undone that was used.",
    "hold": "By a quote's token, or by a request as in quotes. Credits are reserved from the "
    "grants in burn-down order. If nobody closes it, it times out and everything goes back.",
    "holds": "Those that time out first at the top.",
    "settle": "With `credits`, or with the `quantities` that were really made, or with an "
    "`outcome` alone: a failure charges nothing. What is not used goes back to the very grants "
    "it came from.",
    "release": "Everything goes back.",
    "extend": "So that long work does not lose its hold.",
    "charge": "For work that is done already, or that cannot fail.",
    "lease": "For a gateway that decides by itself: reserve once, draw often, release the rest.",
    "draw": "Priced and allowed like any other generation, paid from the lease.",
    "batch": "Up to 1,000 commands of any accounts in one request and few commits. Each has its "
    "own key and its own answer: one that is refused stops no other. An `Idempotency-Key` of "
    "the request gives command i, counted from 0, the key `KEY:i` where it has none.",
    "clock": "A test platform's clock stands until it is moved.",
    "advance_clock": "Forward only. What falls due on the way takes effect at its own instant: "
    "a year of resets in a second.",
    "verify": "Every line, sum and hash of the platform is computed again. It reads everything: "
    "not for every day's use. With `expect` it also says what the platform lacks of the `head` of "
    "an earlier report.",
    "healthz": "For a watchdog: it answers while the process lives, whatever its database does.",
    "readyz": "For a load balancer: 503 says what is missing, and that nothing should be sent "
    "here.",
    "key": "Its platform and what it opens; never its secret.",
}
