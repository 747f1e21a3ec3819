"""Problem docs: what each code of a problem means, what to do about it, and the facts it carries.

They are read by the pages under ``/problems``, the OpenAPI document, the command line's pages of
refusals and the tests of the reference (`docs/reference/refusals.md`, `docs/reference/http.md`), so
that a code is explained once. What a fact means is said in `field_docs`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class ProblemDoc(NamedTuple):
    """What a code means, and how to remedy it.

    `facts` are the fields that a problem of this code always has beside `detail`, `sometimes` those
    that it has in some cases. `ways_out` are the kinds of ways out that a refusal may offer.
    """

    means: str
    remedy: str
    facts: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    ways_out: tuple[str, ...] = ()


_RETRY = "Repeat the request after `Retry-After`, with the same key"

PROBLEM_DOCS: Mapping[str, ProblemDoc] = {
    # The request is wrong
    "invalid_request": ProblemDoc(
        "The request cannot be read: a field, parameter or header is unknown, missing, of the "
        "wrong type or out of bounds. Nothing was decided and nothing was written.",
        "Fix the field named in `where`; `allowed` lists the values it may have. The same "
        "idempotency key can be used again.",
        sometimes=("where", "allowed"),
    ),
    "unknown_model": ProblemDoc(
        "The platform's catalog has no model of this name.",
        "Use one of the nearest names, which are in `allowed`, or look the model up on the "
        "price page.",
        facts=("where", "allowed"),
    ),
    "invalid_catalog": ProblemDoc(
        "The catalog cannot be published: rates overlap or leave a gap, a field is unknown, or "
        "nothing has changed.",
        "Fix every one of `problems`; each names its line and column. With `dry_run` a catalog "
        "is checked and not published.",
        facts=("where",),
        sometimes=("problems",),
    ),
    "unsupported_media_type": ProblemDoc(
        "The server does not read bodies of this content type.",
        "Send `Content-Type: application/json`; a catalog may also be `application/yaml`.",
        facts=("where",),
    ),
    "body_too_large": ProblemDoc(
        "The body is larger than this server reads: 1 MiB unless it is configured otherwise.",
        "Send less at once; a batch can be split in two.",
        facts=("where",),
    ),
    "address_too_long": ProblemDoc(
        "The address, with its parameters, is longer than this server reads: 16 KiB unless it "
        "is configured otherwise.",
        "Send a shorter request. The connection was closed.",
    ),
    "headers_too_large": ProblemDoc(
        "The headers are larger or more numerous than this server reads: 32 KiB and 100 headers "
        "unless it is configured otherwise.",
        "Leave out the headers that the request does not need, cookies first. The connection "
        "was closed.",
    ),
    "request_too_slow": ProblemDoc(
        "The headers or the body of the request did not arrive in time. Nothing was decided and "
        "nothing was written.",
        "Repeat the request, with the same key, over a new connection: this one was closed.",
    ),
    "not_found": ProblemDoc(
        "There is nothing at this address.",
        "Look up the address on the API page. An account, hold or receipt that does not exist "
        "has a code of its own.",
    ),
    "method_not_allowed": ProblemDoc(
        "The address exists, but does not take this method.",
        "Use one of the methods that the header `Allow` names.",
    ),
    # The API key does not allow it
    "unauthorized": ProblemDoc(
        "The API key is missing, unknown or revoked.",
        "Send `Authorization: Bearer tk_...` with the whole key. `tallystick keys create` makes "
        "a key and shows it once.",
    ),
    "forbidden": ProblemDoc(
        "The API key is valid, but its scopes do not allow this request.",
        "Use a key with one of `scopes`. A key on a creator's device should not have `grant` or "
        "`admin`.",
        facts=("scopes",),
    ),
    # The request was sent before, or too early
    "key_conflict": ProblemDoc(
        "The idempotency key was used before for another request. Nothing was done this time.",
        "Use a new key for a new request. The old key with the old body returns the first answer.",
        facts=("key",),
        sometimes=("account",),
    ),
    "request_in_flight": ProblemDoc(
        "The first request under this key is still running, and this one has waited for it as "
        "long as it may.",
        "Repeat the request in a moment with the same key and body: you get the answer to the "
        "first one.",
    ),
    "epoch_changed": ProblemDoc(
        "The ledger was restored: it is no longer in the epoch that `Tallystick-Epoch` names, "
        "and what was written after the moment it was restored to is lost. Nothing was done "
        "this time.",
        "Find out what became of this request: it may have been answered before the restore. To "
        "run it on the restored ledger, send the `epoch` of this answer, or leave the header "
        "out.",
        facts=("epoch",),
    ),
    "seq_not_reached": ProblemDoc(
        "The account has not reached the `min_seq` that the request names.",
        "Repeat the request in a moment. If it fails for long, the seq does not belong to this "
        "account.",
        facts=("seq",),
    ),
    # The server cannot answer now
    "too_many_commands": ProblemDoc(
        "Too many commands of this key are waiting to be committed: half of all that may wait. "
        "Its new spending and its batches are turned away; other keys are served, and so are "
        "requests that close this key's holds.",
        f"{_RETRY}, and send fewer commands at once.",
    ),
    "too_many_reads": ProblemDoc(
        "More reads of this key, or of its platform, are waiting than may. Other clients are "
        "served.",
        "Repeat the request after `Retry-After`, and send fewer requests at once.",
    ),
    "fault": ProblemDoc(
        "The server failed because of a fault of its own. Its log shows the error under the "
        "reply's `X-Request-Id`.",
        "Repeat the request with the same idempotency key: if it was carried out, you get its "
        "answer; if not, it is carried out now.",
    ),
    "database_busy": ProblemDoc(
        "Other processes kept the database locked for too long. Nothing was written.",
        f"{_RETRY}.",
    ),
    "wrong_clock": ProblemDoc(
        "The clock of the server disagrees with the times in the database. Nothing was written, "
        "and nothing is remembered under the key.",
        "Repeat the request with the same key once the clock is right; another server on the "
        "same database may answer at once. `/readyz` says how far the clock is off.",
    ),
    "database_unusable": ProblemDoc(
        "The database cannot be used at the moment.",
        f"{_RETRY}; `/readyz` says what is wrong.",
    ),
    "overloaded": ProblemDoc(
        "More requests are waiting than the server can answer soon, so it turns away new "
        "spending and new reads. It still takes requests that close holds or give credits.",
        f"{_RETRY}, and send requests less often.",
    ),
    "too_many_connections": ProblemDoc(
        "The server has as many connections as it accepts, in all or from this address.",
        "Reuse open connections for further requests, and close those that are idle; then try "
        "again after `Retry-After`.",
    ),
    "stopping": ProblemDoc(
        "The server is shutting down and takes no new requests. It has answered those that it "
        "had begun.",
        f"{_RETRY}: the server comes back, or another one answers.",
    ),
    # Refusals, in the order in which the rules are asked
    "account_not_found": ProblemDoc(
        "The platform has no account with this id.",
        "Open the account first, or check the id: capital letters count.",
        facts=("account",),
    ),
    "account_exists": ProblemDoc(
        "An account with this id is already open.",
        "Use the account as it is. To open accounts safely more than once, send an idempotency "
        "key.",
        facts=("account",),
    ),
    "quote_for_another_account": ProblemDoc(
        "The quote was made for another account, or for no account.",
        "Make a quote for this account, and spend that one.",
    ),
    "quote_used": ProblemDoc(
        "The quote was spent before. A quote can be spent once.",
        "Make a new quote for another generation. To see the first answer, repeat the first "
        "request with its idempotency key.",
        facts=("entry",),
    ),
    "quote_expired": ProblemDoc(
        "The quote has expired, or the ledger was restored after it was made.",
        "Make a new quote; the price may have changed.",
        facts=("expired_at",),
    ),
    "entry_not_found": ProblemDoc(
        "The account has no such ledger entry, or no such receipt.",
        "Use the seq of an entry, or the id of a receipt, of the same account.",
        sometimes=("entry",),
    ),
    "hold_not_found": ProblemDoc(
        "The account never had a hold with this id.",
        "Use the id from the reply that placed the hold, with the same account.",
        facts=("hold",),
    ),
    "hold_closed": ProblemDoc(
        "The hold was already settled, released or timed out. A hold closes exactly once.",
        "If it timed out although the work was done, settle it as long as the catalog lets it be "
        "settled late; extend such holds while the work runs.",
        facts=("hold", "how", "closed_at"),
        sometimes=("credits",),
    ),
    "grant_not_found": ProblemDoc(
        "The account never had a grant with this id.",
        "Use the id of a grant of the same account, as its balance has it.",
        facts=("grant",),
    ),
    "nothing_left": ProblemDoc(
        "Nothing is left of the grant: it was spent or taken back, or it has expired.",
        "Nothing needs to be done. To have spent credits owed, void the grant with `owe`.",
        facts=("grant",),
    ),
    "subscription_required": ProblemDoc(
        "On this platform, an account without a subscription cannot generate anything.",
        "Subscribe the account to a plan.",
        facts=("tool", "model"),
        ways_out=("upgrade",),
    ),
    "tool_not_in_plan": ProblemDoc(
        "The account's plan does not include this tool, however many credits the account has.",
        "Change to a plan that includes the tool, or use a tool that the plan includes.",
        facts=("tool", "model", "plan"),
        ways_out=("upgrade",),
    ),
    "model_requires_subscription": ProblemDoc(
        "This is a pro model, and the account's plan does not include pro models.",
        "Change to a plan with pro models, or use another model.",
        facts=("tool", "model", "plan"),
        ways_out=("upgrade", "cheaper"),
    ),
    "fair_use_reached": ProblemDoc(
        "The tool is unlimited on this plan up to a fair use, which the generation would exceed.",
        "Wait for the next window, or take a plan with more.",
        facts=("tool", "unit", "up_to", "done", "quantity", "every"),
        sometimes=("resets_at",),
    ),
    "settle_outside_range": ProblemDoc(
        "The actual cost lies outside the range that was quoted.",
        "Settle for an amount within that range.",
        facts=("credits", "held", "min"),
    ),
    "settle_above_hold": ProblemDoc(
        "The actual cost is more than was held, and the catalog does not collect the rest.",
        "Settle for at most what was held, and charge the rest separately if it is owed.",
        facts=("credits", "held"),
    ),
    "refund_above_charge": ProblemDoc(
        "More is to be given back than is left of the charge. Together, refunds and adjustments "
        "for it give back no more than was charged.",
        "Give back at most `charged` less `refunded`.",
        facts=("receipt", "credits", "charged", "refunded"),
    ),
    "member_required": ProblemDoc(
        "The account has members, and the request does not say which of them it is for.",
        "Name the member who spends. A catalog with `member_required: false` in its policy asks "
        "for none.",
        facts=("members",),
    ),
    "member_unknown": ProblemDoc(
        "The account has members and this is not one of them, or they were removed.",
        "Name one of the account's members, or add this one.",
        facts=("members",),
    ),
    "member_cap_reached": ProblemDoc(
        "The member would exceed one of their caps. The account itself may have enough credits.",
        "Raise the cap, wait for the next window, or make less of it.",
        facts=("member", "cap", "used", "credits", "every"),
        sometimes=("tools", "resets_at"),
        ways_out=("wait", "cheaper", "less"),
    ),
    "account_cap_reached": ProblemDoc(
        "The account as a whole would exceed one of its caps, though it may have enough credits.",
        "Raise the cap, wait for the next window, or make less of it.",
        facts=("cap", "used", "credits", "every"),
        sometimes=("tools", "resets_at"),
        ways_out=("wait", "cheaper", "less"),
    ),
    "held_limit_reached": ProblemDoc(
        "Open holds would reserve more than the account may hold at once.",
        "Settle or release holds first, or raise the limit.",
        facts=("limit", "held", "credits"),
        ways_out=("cheaper", "less"),
    ),
    "insufficient_credits": ProblemDoc(
        "The account has fewer credits than the generation, the lease or the deduction takes.",
        "Wait for a renewal, buy top-ups, take a larger plan, make less of it, or choose a cheaper "
        "model or a cheaper setting.",
        facts=("credits", "available", "shortfall"),
        ways_out=("wait", "top_up", "upgrade", "cheaper", "less"),
    ),
    "lease_exhausted": ProblemDoc(
        "The lease has fewer credits left than this generation costs.",
        "Release the lease, which returns the rest, and take a new one.",
        facts=("hold", "credits", "held", "shortfall"),
        ways_out=("cheaper", "less"),
    ),
    "already_subscribed": ProblemDoc(
        "The account has a subscription that is running or about to start.",
        "Change that subscription instead.",
        facts=("plan", "package", "interval"),
    ),
    "no_subscription": ProblemDoc(
        "The account has no subscription to change.",
        "Subscribe the account first.",
    ),
    "no_change": ProblemDoc(
        "The subscription already has these terms, is already cancelled, or is paid through "
        "that instant already.",
        "There is nothing to do.",
        sometimes=("plan", "package", "interval", "ends_at", "paid_through"),
    ),
    "trial_used": ProblemDoc(
        "The account had a trial of this plan before.",
        "Subscribe it without a trial.",
        facts=("plan", "package", "interval"),
    ),
    "subscription_paused": ProblemDoc(
        "The subscription is paused.",
        "Resume it first.",
        facts=("paused_at",),
        sometimes=("paused_until",),
    ),
    "no_running_cycle": ProblemDoc(
        "No cycle of the subscription is running: it is past due, paused, in its trial, or has "
        "not begun.",
        "There is nothing to reset.",
    ),
    "nothing_scheduled": ProblemDoc(
        "Neither a cancellation nor a change is scheduled, nor is there a pause.",
        "There is nothing to withdraw.",
    ),
    "top_ups_not_sold": ProblemDoc(
        "The platform does not sell top-ups.",
        "Take a larger plan, or ask an operator for a grant.",
    ),
    "top_up_requires_subscription": ProblemDoc(
        "Top-ups are sold only while a subscription is active.",
        "Subscribe the account to a plan first.",
        facts=("credits",),
        ways_out=("upgrade",),
    ),
    "balance_limit": ProblemDoc(
        "The account would own more than 9,007,199,254 credits, the largest amount there is.",
        "Give less: at most the limit minus what the account owns.",
        facts=("credits", "balance", "limit"),
    ),
    "entry_final": ProblemDoc(
        "The entry cannot be reversed: it gave no credits, or some of them were spent, are held "
        "or are gone.",
        "Adjust the balance instead, with a reason.",
        facts=("entry",),
    ),
    "clock_not_test": ProblemDoc(
        "The platform runs on real time; only the clock of a test platform can be moved.",
        "Try it on a test platform: `tallystick init PLATFORM --test-clock INSTANT`.",
    ),
    "clock_backwards": ProblemDoc(
        "A clock can only move forward.",
        "Name an instant after the one that the clock shows.",
        facts=("clock_at",),
    ),
    "version_not_scheduled": ProblemDoc(
        "The catalog version is or was in force, or is withdrawn already; only one that is still "
        "to come into force can be withdrawn.",
        "Publish another version, or roll back to an earlier one.",
        facts=("version", "effective_at", "standing"),
    ),
}
