"""Every problem code explained: what it means, what to do, and the facts it carries.

The pages under ``/problems`` and the OpenAPI document say this, beside a recorded example. A fact
in brackets is not always there.
"""

from collections.abc import Mapping
from typing import NamedTuple


class ProblemDoc(NamedTuple):
    """What a code means and what to do; `facts` are fields of the problem beside `detail`."""

    means: str
    remedy: str
    facts: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    """Facts that are there only in some cases."""


PROBLEM_DOCS: Mapping[str, ProblemDoc] = {
    # What was asked is wrong
    "invalid_request": ProblemDoc(
        "What was asked cannot be read: a field, parameter or header is unknown, missing, of the "
        "wrong kind or out of bounds. Nothing was decided and nothing was written.",
        "Mend what `where` names; `allowed` lists what may stand there. The same idempotency key "
        "can be used again.",
        sometimes=("where", "allowed"),
    ),
    "unknown_model": ProblemDoc(
        "The platform's catalog has no model of this name.",
        "Use one of `allowed`, the nearest names, or look at the price page.",
        ("where", "allowed"),
    ),
    "invalid_catalog": ProblemDoc(
        "The catalog cannot be published: rates that overlap or leave a hole, unknown fields, or "
        "nothing that is new.",
        "Mend every one of `problems`, each with its line and column. With `dry_run` a catalog is "
        "checked without being published.",
        ("where",),
        ("problems",),
    ),
    "unsupported_media_type": ProblemDoc(
        "The body is of a content type that is not read here.",
        "Send `Content-Type: application/json`; a catalog may also be `application/yaml`.",
        ("where",),
    ),
    "body_too_large": ProblemDoc(
        "The body is larger than this server reads, a mebibyte unless it was set otherwise.",
        "Send less at once: a batch can be cut in two.",
        ("where",),
    ),
    "address_too_long": ProblemDoc(
        "The address is longer than this server reads, with its parameters: 16 KiB unless it was "
        "set otherwise.",
        "Ask for less at once. The connection was closed.",
    ),
    "headers_too_large": ProblemDoc(
        "The headers are larger or more than this server reads: 32 KiB and 100 unless it was set "
        "otherwise.",
        "Leave out what the request does not need, cookies above all. The connection was closed.",
    ),
    "request_too_slow": ProblemDoc(
        "The headers or the body of the request did not come in time. Nothing was decided and "
        "nothing was written.",
        "Ask again, with the same key, over another connection: this one was closed.",
    ),
    "not_found": ProblemDoc(
        "There is nothing at this address.",
        "Look for the right one in the API page. An account, hold or receipt that does not exist "
        "has a code of its own.",
    ),
    "method_not_allowed": ProblemDoc(
        "The address is right, the method is not.",
        "The header `Allow` names the methods it takes.",
    ),
    # Who asked
    "unauthorized": ProblemDoc(
        "The API key is missing, not known or revoked.",
        "Send `Authorization: Bearer tk_...` with a key that was copied whole. Keys are made by "
        "`tallystick keys create` and shown once.",
    ),
    "forbidden": ProblemDoc(
        "The API key is good, but does not open this.",
        "Use a key with one of `scopes`. Keys for creators' devices should not have `grant` or "
        "`admin`.",
        ("scopes",),
    ),
    # Again
    "key_conflict": ProblemDoc(
        "The idempotency key was used before, for another request. Nothing was done now.",
        "Use a new key for a new request; the old key with the old body gives the first answer.",
        ("key",),
        ("account",),
    ),
    "request_in_flight": ProblemDoc(
        "The first request under this key is still being answered, and was for longer than a "
        "second one waits.",
        "Ask again in a moment with the same key and body: you get the first one's answer.",
    ),
    "epoch_changed": ProblemDoc(
        "The ledger was restored: it is not in the epoch that `Tallystick-Epoch` names, and has "
        "lost what was done since the moment it was restored to. Nothing was done now.",
        "Find out what became of this request: its key may have been answered before the restore. "
        "To have it done in the ledger as it is now, send its `epoch` or leave the header out.",
        ("epoch",),
    ),
    "seq_not_reached": ProblemDoc(
        "The account has not come to the `min_seq` you asked to see.",
        "Ask again in a moment. If it lasts, the seq is not one of this account.",
        ("seq",),
    ),
    # The server
    "too_many_commands": ProblemDoc(
        "Commands of this key wait for their commit, half of all that may, so its new spending and "
        "its batches are turned away. Those of others are answered; so is what closes its holds.",
        "Ask again after `Retry-After`, with the same key, and with fewer commands at once.",
    ),
    "too_many_reads": ProblemDoc(
        "More reads of this key, or of its platform, wait than may. Those of others are answered.",
        "Ask again after `Retry-After`, with fewer requests at once.",
    ),
    "fault": ProblemDoc(
        "The server has a fault. It is in its log, under the reply's `X-Request-Id`.",
        "Ask again with the same idempotency key: what was done is answered, what was not is done.",
    ),
    "database_busy": ProblemDoc(
        "Other processes held the database for too long. Nothing was written.",
        "Ask again after `Retry-After`, with the same key.",
    ),
    "wrong_clock": ProblemDoc(
        "The clock of the server's machine says an instant that the database does not bear out. "
        "Nothing was written, and nothing is remembered under the key.",
        "Ask again with the same key once the clock is right; another server of the same database "
        "may answer at once. `/readyz` says how far it is off.",
    ),
    "database_unusable": ProblemDoc(
        "The database cannot be used just now.",
        "Ask again after `Retry-After`, with the same key; `/readyz` says what is missing.",
    ),
    "overloaded": ProblemDoc(
        "More requests wait than can be answered soon, so new spending, or a new read, is turned "
        "away at once. What closes holds or gives credits is still taken.",
        "Ask again after `Retry-After`, with the same key, and less often.",
    ),
    "too_many_connections": ProblemDoc(
        "The server has all the connections that it takes, in all or from this address.",
        "Use the connections that are open for more than one request, and close those that are "
        "not used; then ask again after `Retry-After`.",
    ),
    "stopping": ProblemDoc(
        "The server is stopping and takes nothing new. What it had begun was answered.",
        "Ask again after `Retry-After`, with the same key: it comes back, or another one answers.",
    ),
    # Refusals, in the order in which the rules are asked
    "account_not_found": ProblemDoc(
        "No account has this id on the platform of the key.",
        "Open it first, or look at the id: capitals count.",
        ("account",),
    ),
    "account_exists": ProblemDoc(
        "An account with this id is open already.",
        "Use it as it is. To open accounts safely again and again, send an idempotency key.",
        ("account",),
    ),
    "quote_for_another_account": ProblemDoc(
        "The quote was made for another account, or for none.",
        "Quote again with this `account`, and spend that one.",
    ),
    "quote_used": ProblemDoc(
        "The quote was spent before; each can be spent once.",
        "Quote again for another generation. For the answer of the first, repeat its request with "
        "its idempotency key.",
        ("entry",),
    ),
    "quote_expired": ProblemDoc(
        "The quote is no longer honoured.",
        "Quote again; the price may be another one by now.",
        ("expired_at",),
    ),
    "hold_not_found": ProblemDoc(
        "The account never had a hold with this id.",
        "Use the `hold` of the reply that placed it, with the same account.",
        ("hold",),
    ),
    "hold_closed": ProblemDoc(
        "The hold was settled, released or timed out; each closes exactly once.",
        "`how` and `closed_at` say what became of it. If it timed out and the work was done, "
        "charge the work, and extend such holds while they run.",
        ("hold", "how", "closed_at"),
        ("credits",),
    ),
    "subscription_required": ProblemDoc(
        "Accounts without a subscription can generate nothing on this platform.",
        "Offer one of the plans in `ways_out`.",
        ("tool", "model"),
    ),
    "tool_not_in_plan": ProblemDoc(
        "The plan does not unlock this tool, however many credits there are.",
        "Offer one of the plans in `ways_out`, or a tool that is in the plan.",
        ("tool", "model", "plan"),
    ),
    "model_requires_subscription": ProblemDoc(
        "A pro model, on a plan that does not unlock those.",
        "Offer one of the plans in `ways_out`, or one of the cheaper models.",
        ("tool", "model", "plan"),
    ),
    "member_unknown": ProblemDoc(
        "The account has members, and this is none of them.",
        "Name one of `members`, or add this one.",
        ("members",),
    ),
    "member_cap_reached": ProblemDoc(
        "The member's cap for this cycle would be passed. The account itself may have enough.",
        "Raise the cap, or wait for the next cycle.",
        ("member", "cap", "used", "credits"),
    ),
    "insufficient_credits": ProblemDoc(
        "Not enough credits for this generation, or to take back.",
        "`shortfall` says how many are missing. Each of `ways_out` would do: waiting, a top-up, a "
        "larger plan, a cheaper model or setting.",
        ("credits", "available", "shortfall"),
    ),
    "settle_outside_range": ProblemDoc(
        "The actual lies outside the range that was quoted.",
        "Settle for something from `min` to `held`.",
        ("credits", "held", "min"),
    ),
    "settle_above_hold": ProblemDoc(
        "The actual is more than was held, and the catalog does not take the rest.",
        "Settle for at most `held`, and charge the rest, if it is owed.",
        ("credits", "held"),
    ),
    "lease_exhausted": ProblemDoc(
        "The lease has less left than this generation costs.",
        "Release it, which gives the rest back, and lease more.",
        ("hold", "credits", "held", "shortfall"),
    ),
    "already_subscribed": ProblemDoc(
        "A subscription is running or about to start.",
        "Change that one instead.",
        ("plan", "package", "interval"),
    ),
    "no_subscription": ProblemDoc(
        "There is no subscription to change.",
        "Subscribe first.",
    ),
    "no_change": ProblemDoc(
        "These are the terms already, or it is cancelled already.",
        "Nothing is to be done.",
        (),
        ("plan", "package", "interval", "ends_at"),
    ),
    "nothing_scheduled": ProblemDoc(
        "Neither a cancellation nor a change is to come.",
        "Nothing is to be withdrawn.",
    ),
    "top_ups_not_sold": ProblemDoc(
        "The platform sells no top-ups.",
        "Offer a larger plan; an operator may grant credits.",
    ),
    "top_up_requires_subscription": ProblemDoc(
        "Top-ups are sold only while a subscription is active.",
        "Offer one of the plans in `ways_out` first.",
        ("credits",),
    ),
    "balance_limit": ProblemDoc(
        "The account would own more than the largest amount there is.",
        "Give less; `limit` less `balance` would fit.",
        ("credits", "balance", "limit"),
    ),
    "entry_not_found": ProblemDoc(
        "The account has no such ledger entry, or no such receipt.",
        "Use the `seq` of an entry, or the `receipt` of a charge, of the same account.",
        (),
        ("entry",),
    ),
    "entry_final": ProblemDoc(
        "The entry cannot be undone: its credits were spent, held or gone, or it gave none.",
        "Adjust the balance instead, with a reason.",
        ("entry",),
    ),
    "clock_not_test": ProblemDoc(
        "The platform runs on real time; only a test platform's clock can be moved.",
        "Try it on a test platform: `tallystick init PLATFORM --test-clock INSTANT`.",
    ),
    "clock_backwards": ProblemDoc(
        "A clock only moves forward.",
        "Name an instant after `clock_at`.",
        ("clock_at",),
    ),
}
