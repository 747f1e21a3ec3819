"""The part of the walk of examples that is about subscriptions."""

from typing import Any

from tests.http.recording import Recorder

MINE: dict[str, Any] = {"account": "acct_1"}


def plans(asking: Recorder) -> None:
    asking.show("change_plan", "What it would do", {"plan": "Max Pro"}, **MINE, preview=True)
    asking.show("change_plan", "An upgrade", {"package": 240_000}, **MINE, key="order-2")
    asking.show("cancel", "At the end of what is paid", {}, **MINE)
    asking.problem("no_change", "cancel", {}, **MINE, title="What was cancelled already")
    asking.show("resume", "The cancellation is withdrawn", {}, **MINE)
    asking.problem("nothing_scheduled", "resume", {}, **MINE, title="Nothing is to come")
    asking.problem(
        "already_subscribed", "subscribe", {"plan": "AI Starter", "package": 7_500}, **MINE,
        title="A second subscription",
    )  # fmt: skip
    terms = {"plan": "AI Starter", "package": 16_500, "paid_through": "2026-02-28T10:00:00Z"}
    asking.do("open_account", {"id": "acct_2"})
    asking.do("subscribe", terms, account="acct_2")
    asking.show(
        "pay", "Another month", {"paid_through": "2026-03-31T10:00:00Z"}, account="acct_2",
        key="invoice-2",
    )  # fmt: skip
    asking.show("pay", "For a cycle", {"cycles": 1}, account="acct_2", key="invoice-3")
    asking.show(
        "reset_cycle", "What it would do", {"reason": "a wrong start"}, account="acct_2",
        preview=True,
    )  # fmt: skip
    asking.show("pause", "Until it is resumed", {"at_once": True}, account="acct_2")
    asking.problem(
        "subscription_paused", "change_plan", {"plan": "Max Pro", "package": 40_000},
        account="acct_2", title="In a pause",
    )  # fmt: skip
    asking.show(
        "end", "A payment was charged back", {"reason": "charged back"}, account="acct_2",
        key="dispute-7",
    )  # fmt: skip


def trials(asking: Recorder) -> None:
    """On a platform whose plan has a trial."""
    once = {"plan": "Solo", "trial": True}
    asking.do("open_account", {"id": "acct_9"})
    asking.show("subscribe", "With a trial", once, account="acct_9")
    asking.problem(
        "no_running_cycle", "reset_cycle", {"reason": "a wrong start"}, account="acct_9",
        title="In a trial",
    )  # fmt: skip
    asking.do("end", {"reason": "a second look"}, account="acct_9")
    asking.problem("trial_used", "subscribe", once, account="acct_9", title="A second trial")
