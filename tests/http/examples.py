"""The walk whose requests and replies are the API's examples.

``python -m tests.http.examples`` runs it and writes the file that is shipped with the package.
"""

from unittest import mock

from tallystick.core.errors import DatabaseBusy, FullDatabase, WrongClock
from tallystick.http.admission import FULL
from tallystick.http.connection import LARGE_HEADERS, LONG_ADDRESS, TOO_SLOW
from tallystick.http.examples import FILE, Recording
from tallystick.wire.problems import HttpError
from tests.http import hold_examples
from tests.http.grant_examples import taken_back
from tests.http.plan_examples import MINE, plans, trials
from tests.http.recording import STUDIO, Recorder, same_chance, written

VIDEO = {
    "model": "Veo 3.1",
    "settings": {"resolution": "1080p", "audio": "on"},
    "quantities": {"seconds": 8},
}
IMAGE = {"model": "Nano Banana Pro", "settings": {"resolution": "4k"}}


def walk() -> Recording:
    """Everything that is shown, asked of a server once more."""
    with same_chance(), Recorder() as asking:
        accounts(asking)
        spending(asking)
        leases(asking)
        looking_back(asking)
        plans(asking)
        operating(asking)
        publishing(asking)
        credits_by_hand(asking)
        refused_by_plans(asking)
        refused_closings(asking)
        refused_changes(asking)
        wrong_requests(asking)
        after_a_restore(asking)
        limits_of_the_server(asking)
        limits_of_connections(asking)
        hold_examples.refunds(asking)
        hold_examples.limits(asking)
        hold_examples.fair_use(asking)
        troubles_of_the_server(asking)
        return asking.recording


def accounts(asking: Recorder) -> None:
    asking.show("open_account", "An account", {"id": "acct_1"}, key="signup-1")
    asking.show(
        "open_account",
        "A team with caps",
        {"id": "team_7", "name": "Studio Nord", "time_zone": "Europe/Berlin",
         "members": {"ana": 500, "ben": None}},
    )  # fmt: skip
    asking.show("accounts", "The first page", limit=1)
    first = asking.do("accounts", limit=1)
    asking.show("accounts", "The page that follows", limit=1, cursor=first["next"])
    asking.show("account", "A team", account="team_7")
    asking.show("set_member", "With a cap", {"member": "cleo", "cap": 100}, account="team_7")
    asking.show("remove_member", "A member", {}, account="team_7", member="cleo")
    asking.show(
        "subscribe",
        "What it would do",
        {"plan": "AI Suite Starter", "package": 40_000},
        **MINE,
        preview=True,
    )
    asking.show(
        "subscribe",
        "40,000 credits a month",
        {"plan": "AI Suite Starter", "package": 40_000},
        **MINE,
        key="order-1",
    )
    asking.show("balance", "Now", **MINE)
    asking.show("balance", "In the next cycle", **MINE, as_of="2026-03-15T00:00:00Z")


def spending(asking: Recorder) -> None:
    asking.show("quote", "For anybody", VIDEO)
    found = asking.show("quote", "For an account", {**VIDEO, "account": "acct_1"})
    asking.show(
        "quote",
        "A text, counted",
        {"model": "Eleven v2", "text": "A voice says this, and nobody keeps it."},
    )
    asking.show("quote", "What would be refused", {**VIDEO, "account": "team_7"})
    token = asking.do("quote", {**VIDEO, "account": "acct_1"})["quote"]
    held = asking.show(
        "hold",
        "A request",
        {**VIDEO, "ttl_seconds": 600, "labels": {"project": "launch"}},
        **MINE,
        key="job-71",
    )
    asking.show("hold", "A quote", {"quote": token}, **MINE, key="job-72")
    asking.show("holds", "Both are open", **MINE)
    asking.do("advance_clock", {"by": "5m"})
    asking.show("extend", "Ten minutes more", {"ttl_seconds": 600}, **MINE, hold=held["hold"])
    closings(asking, held["hold"])
    charges(asking, found["quote"])
    asking.problem(
        "hold_closed", "settle", {}, **MINE, hold=held["hold"],
        title="A hold that was settled before",
    )  # fmt: skip


def closings(asking: Recorder, hold: str) -> None:
    asking.show(
        "settle",
        "Six seconds were made",
        {"quantities": {"seconds": 6}},
        **MINE,
        hold=hold,
        key="job-71-done",
    )
    failed = asking.do("hold", VIDEO, **MINE)
    asking.show(
        "settle", "The provider failed", {"outcome": "provider_error"}, **MINE, hold=failed["hold"]
    )
    other = asking.do("holds", **MINE)["holds"][0]["hold"]
    asking.show("release", "Everything goes back", {}, **MINE, hold=other)


def charges(asking: Recorder, quote: str) -> None:
    charge = {**IMAGE, "outputs": 2, "labels": {"project": "launch"}}
    asking.show("charge", "Two images", charge, **MINE, key="job-73")
    asking.show("charge", "The same key again", charge, **MINE, key="job-73")
    asking.do("charge", {"quote": quote}, **MINE, key="job-74")
    asking.problem(
        "key_conflict", "charge", IMAGE, **MINE, key="job-73",
        title="Another request under the key of an earlier one",
    )  # fmt: skip
    asking.problem(
        "quote_used", "charge", {"quote": quote}, **MINE,
        title="A quote that was spent before",
    )  # fmt: skip


def leases(asking: Recorder) -> None:
    lease = asking.show(
        "lease",
        "For a quarter of an hour",
        {"credits": 1_000, "ttl_seconds": 900, "labels": {"project": "launch"}},
        **MINE,
        key="gateway-3",
    )
    asking.show("draw", "An image", IMAGE, **MINE, hold=lease["hold"], key="job-75")
    asking.problem(
        "lease_exhausted", "draw", VIDEO, **MINE, hold=lease["hold"],
        title="A video, from a lease for images",
    )  # fmt: skip
    asking.do("release", {}, **MINE, hold=lease["hold"])


def looking_back(asking: Recorder) -> None:
    asking.show("entries", "The newest first", **MINE, limit=2, newest=True)
    page = asking.do("entries", **MINE, limit=2, newest=True)
    asking.show(
        "entries", "The page that follows", **MINE, limit=2, newest=True, cursor=page["next"]
    )
    asking.show("usage", "A project", **MINE, label="project=launch", limit=2)
    receipt = asking.do("usage", **MINE)["charges"][0]["receipt"]
    asking.show("receipt", "Of a hold that was settled", **MINE, receipt=receipt)
    asking.show(
        "batch",
        "Three commands, one of them refused",
        {
            "commands": [
                {"do": "charge", "account": "acct_1", **IMAGE, "key": "job-76"},
                {"do": "grant", "account": "team_7", "credits": 50, "key": "welcome-7"},
                {"do": "charge", "account": "acct_9", **IMAGE, "key": "job-77"},
            ]
        },
    )
    asking.show(
        "estimate",
        "A month of work",
        {
            "lines": [
                {"count": 10, "model": "Nano Banana Pro", "settings": {"resolution": "4k"}},
                "2 x Veo 3.1 resolution=1080p audio=on seconds=8",
            ],
            "days": 22,
            "buffer": "20%",
        },
    )


def operating(asking: Recorder) -> None:
    asking.show("key", "A key for everything")
    asking.show("clock", "A test platform's")
    asking.do("quote", {**VIDEO, "account": "acct_1"})
    asking.show("advance_clock", "A month", {"by": "1mo"}, key="march")
    asking.show("advance_clock", "An instant", {"to": "2026-03-01T00:00:00Z"})
    asking.problem(
        "clock_backwards", "advance_clock", {"to": "2026-01-01T00:00:00Z"}, title="Back in time"
    )
    asking.show("verify", "All is well", {})
    api_keys(asking)
    asking.show("healthz", "Up")
    asking.show("readyz", "Ready")


def api_keys(asking: Recorder) -> None:
    web = {"name": "Web", "scopes": ["quote", "spend", "read"], "expires_at": "90d"}
    made = asking.show("create_api_key", "For a program, for 90 days", web, key="key-web")
    asking.show("rotate_api_key", "A new one, a day before", {"overlap": "1d"}, id=made["id"])
    asking.show("revoke_api_key", "It was told to somebody", {"by": "dana"}, id=made["id"])
    asking.show("api_keys", "Those that have ended too")


def publishing(asking: Recorder) -> None:
    asking.on("studio")
    dearer = STUDIO.replace("credits: 2, per: image", "credits: 3, per: image")
    asking.show("catalog", "In force now")
    asking.show("prices", "In force now")
    asking.show("capacity", "A plan", plan="Solo")
    trials(asking)
    asking.show("publish", "Only checked", dearer, dry_run=True, content_type="application/yaml")
    asking.show("publish", "A new price", dearer, key="prices-2", content_type="application/yaml")
    asking.do(
        "publish", STUDIO, effective_at="2027-01-01T00:00:00Z", content_type="application/yaml"
    )
    asking.show("withdraw", "What was to come", {}, version="3")
    asking.problem("version_not_scheduled", "withdraw", {}, version="1", title="What was in force")
    asking.show("rollback", "Only compared", {"dry_run": True}, version="1")
    asking.problem(
        "invalid_catalog", "publish", dearer.replace("per: image", "per: pixel"),
        content_type="application/yaml", title="A unit that does not exist",
    )  # fmt: skip


def credits_by_hand(asking: Recorder) -> None:
    asking.on("imagineart")
    asking.do("open_account", {"id": "acct_1", "members": {"ana": None, "ben": 10}})
    asking.problem(
        "top_up_requires_subscription", "top_up", {"credits": 1_000}, **MINE,
        title="A top-up without a subscription",
    )  # fmt: skip
    asking.problem("no_subscription", "cancel", {}, **MINE, title="Nothing to cancel")
    asking.problem(
        "model_requires_subscription", "charge", {"model": "Example Image Pro", "member": "ana"},
        **MINE, title="A pro model on the free plan",
    )  # fmt: skip
    asking.do("subscribe", {"plan": "Basic"}, **MINE)
    asking.show("top_up", "A thousand", {"credits": 1_000}, **MINE, key="payment-8")
    given = asking.show(
        "grant",
        "A welcome",
        {"credits": 50, "expires_at": "2026-02-10T00:00:00Z", "reason": "Welcome"},
        **MINE,
        key="welcome-1",
    )
    asking.show("adjust", "Up", {"credits": 24, "reason": "Goodwill for a blurred image"}, **MINE)
    asking.show("adjust", "Down", {"credits": -100, "reason": "Counted twice"}, **MINE)
    taken_back(asking, given)


def refused_by_plans(asking: Recorder) -> None:
    image = {"model": "Example Image", "member": "ana"}
    asking.problem(
        "insufficient_credits", "charge",
        {"model": "Example Video", "outputs": 60, "member": "ana"}, **MINE,
        title="Sixty videos at once",
    )  # fmt: skip
    asking.problem(
        "member_cap_reached", "charge", {**image, "member": "ben"}, **MINE,
        title="A member who may spend ten credits a cycle",
    )  # fmt: skip
    asking.problem(
        "member_unknown", "charge", {**image, "member": "cleo"}, **MINE,
        title="Somebody who is no member",
    )  # fmt: skip
    asking.problem(
        "account_not_found", "balance", account="acct_9", title="An account nobody opened"
    )
    asking.problem("account_exists", "open_account", {"id": "acct_1"}, title="It is open already")
    asking.problem(
        "quote_for_another_account", "charge",
        {"quote": asking.do("quote", {"model": "Example Image"})["quote"], "member": "ana"}, **MINE,
        title="A quote that was made for nobody",
    )  # fmt: skip
    asking.on("artlist")
    asking.do("open_account", {"id": "acct_3"})
    asking.problem(
        "subscription_required", "charge", IMAGE, account="acct_3", title="Without a subscription"
    )
    asking.do("subscribe", {"plan": "AI Starter", "package": 7_500}, account="acct_3")
    asking.problem(
        "tool_not_in_plan", "hold", VIDEO, account="acct_3", title="A video on a plan for voices"
    )


def refused_closings(asking: Recorder) -> None:
    old = asking.do("quote", {**VIDEO, "account": "acct_1"})["quote"]
    asking.do("advance_clock", {"by": "15m"})
    asking.problem(
        "quote_expired",
        "charge",
        {"quote": old},
        **MINE,
        title="A quote of a quarter of an hour ago",
    )
    asking.problem("hold_not_found", "release", {}, **MINE, hold="h999", title="No such hold")
    asking.problem("entry_not_found", "receipt", **MINE, receipt="r999", title="No such receipt")
    asking.on("videodraft")
    asking.do("open_account", {"id": "acct_1"})
    talk = asking.do("hold", {"model": "AI Agent Consultations"}, **MINE)["hold"]
    asking.problem(
        "settle_outside_range", "settle", {"credits": 4}, **MINE, hold=talk,
        title="Less than the range that was quoted",
    )  # fmt: skip
    image = asking.do("hold", {"model": "Flux Schnell"}, **MINE)["hold"]
    asking.problem(
        "settle_above_hold", "settle", {"quantities": {"images": 2}}, **MINE, hold=image,
        title="Two images, where one was held",
    )  # fmt: skip


def refused_changes(asking: Recorder) -> None:
    asking.problem("top_ups_not_sold", "top_up", {"credits": 5}, **MINE, title="Nothing to buy")
    asking.problem("clock_not_test", "advance_clock", {"by": "1d"}, title="A real clock")
    asking.on("imagineart")
    asking.problem(
        "balance_limit", "grant", {"credits": 9_007_199_254}, **MINE, title="More than there can be"
    )
    asking.problem(
        "entry_final", "reverse", {"reason": "It was not meant"}, **MINE, entry=1,
        title="An entry that gave nothing",
    )  # fmt: skip


def wrong_requests(asking: Recorder) -> None:
    asking.on("artlist")
    asking.problem(
        "invalid_request", "quote", {"model": "Veo 3.1", "settings": {"resolution": "8k"}},
        title="A resolution that does not exist",
    )  # fmt: skip
    asking.problem("unknown_model", "quote", {"model": "Veo 31"}, title="A name mistyped")
    asking.problem("unauthorized", "balance", **MINE, api_key=None, title="Without a key")
    asking.problem(
        "forbidden", "grant", {"credits": 50}, **MINE, api_key=asking.key("quote", "read"),
        title="Credits, by a key that may only look",
    )  # fmt: skip
    asking.problem("not_found", None, at=("GET", "/v1/balances"), title="An address mistyped")
    asking.problem(
        "method_not_allowed", None, at=("DELETE", "/v1/accounts"), title="Nothing is deleted here"
    )
    asking.problem(
        "unsupported_media_type", "charge", b"<charge/>", **MINE, content_type="text/xml",
        title="XML",
    )  # fmt: skip


def after_a_restore(asking: Recorder) -> None:
    asking.problem(
        "epoch_changed", "charge", IMAGE, **MINE, key="job-79", epoch="e0",
        title="From before a restore",
    )  # fmt: skip


def limits_of_the_server(asking: Recorder) -> None:
    asking.with_settings(max_body_bytes=1_000)
    asking.problem("body_too_large", "batch", b" " * 2_000, title="A batch that is too large")
    asking.with_settings(min_seq_seconds=0.01)
    asking.problem(
        "seq_not_reached", "balance", **MINE, min_seq=10_000,
        title="A line that is not there yet",
    )  # fmt: skip
    asking.with_settings(max_waiting=-1)
    asking.problem("overloaded", "hold", VIDEO, **MINE, key="job-78", title="At a busy hour")
    asking.with_settings(in_flight_seconds=0.01)
    with asking.while_running("acct_1", "job-79"):
        asking.problem(
            "request_in_flight", "hold", VIDEO, **MINE, key="job-79", title="Twice at once"
        )


def limits_of_connections(asking: Recorder) -> None:
    """What a connection says before there is a request, said where a key is looked for."""
    asking.with_settings()
    most = asking.caller.app.service.settings
    for code, said, title in (
        ("request_too_slow", TOO_SLOW.format("the body", most.body_seconds), "A broken line"),
        ("address_too_long", LONG_ADDRESS.format(most.max_head_bytes // 2), "Too long a query"),
        ("headers_too_large", LARGE_HEADERS.format(most.max_head_bytes), "Too many cookies"),
        ("too_many_connections", FULL.format(f"{most.max_connections:,}"), "A crowd"),
    ):
        error = HttpError(code, said)
        with mock.patch.object(asking.caller.app.service.keys, "bearer", side_effect=error):
            asking.problem(code, "charge", IMAGE, **MINE, key="job-79", title=title)


def troubles_of_the_server(asking: Recorder) -> None:
    """What cannot be had from a healthy server is put into its mouth where it would come from."""
    asking.with_settings()
    engine = asking.caller.app.service.engine
    busy = DatabaseBusy("other processes held credits.db for over 30 seconds; try again")
    full = FullDatabase("credits.db has no room left on its disk; nothing was written")
    ahead = WrongClock(
        "this machine's clock says 2027-03-07 10:00:00 UTC, the database's own 2026-01-31 10:00:00 "
        "UTC; they may be 60 seconds apart and are 400 days. Nothing was written. Set the clock of "
        "whichever is wrong"
    )
    for code, error, title in (
        ("wrong_clock", ahead, "A clock that is a year ahead"),
        ("database_busy", busy, "Somebody else holds the file"),
        ("database_unusable", full, "The disk is full"),
        ("fault", RuntimeError("wires crossed"), "Something nobody thought of"),
    ):
        with mock.patch.object(engine, "carry_out", side_effect=error):
            asking.problem(code, "charge", IMAGE, **MINE, key="job-80", title=title)
    waiting = HttpError(
        "too_many_reads",
        "this key has 250 reads waiting; try again in a moment, with fewer at once",
    )
    many = HttpError(
        "too_many_commands",
        "this key has 2,500 commands waiting; try again in a moment, with fewer at once",
    )
    with mock.patch("tallystick.http.overload.check_share", side_effect=many):
        asking.problem(
            "too_many_commands", "hold", VIDEO, **MINE, key="job-80", title="Very many at once"
        )
    turns = asking.caller.app.service.reads.turns
    with mock.patch.object(turns["page"], "begin", side_effect=waiting):
        asking.problem("too_many_reads", "usage", **MINE, title="Very many pages at once")
    asking.caller.app.service.stopping = True
    asking.show("readyz", "The server is shutting down")
    asking.caller.app.service.ended = True
    asking.problem("stopping", "charge", IMAGE, **MINE, key="job-80", title="At a restart")


if __name__ == "__main__":
    FILE.write_bytes(written(walk()))
