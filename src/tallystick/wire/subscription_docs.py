"""Subscription docs: what the fields of requests about subscriptions mean (`field_docs`)."""

from collections.abc import Mapping

SUBSCRIPTION_BODIES: Mapping[tuple[str, str], str] = {
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
        "The instant until which it is paid: the boundary nearest to it counts. If left out, the "
        "subscription renews by itself."
    ),
    ("SubscribeBody", "intervals"): ("How many intervals are paid, instead of `paid_through`."),
    ("ChangePlanBody", "plan"): "The new plan, by id or name.",
    ("ChangePlanBody", "package"): "The new credits a month.",
    ("ChangePlanBody", "interval"): "The new billing interval.",
    ("ChangePlanBody", "paid_through"): (
        "The instant until which the new terms are paid: the boundary nearest to it counts."
    ),
    ("ChangePlanBody", "intervals"): "How many intervals of the new terms are paid.",
    ("ChangePlanBody", "paid"): (
        "That the change is paid. Without this, `intervals` or `paid_through`, a subscription "
        "that waits for payments changes once its payment is told."
    ),
    ("ChangePlanBody", "later"): "Wait for the end of the paid time, even with an upgrade.",
    ("PayBody", "paid_through"): (
        "The instant until which it is paid now: the boundary nearest to it counts."
    ),
    ("PayBody", "cycles"): "How many monthly cycles were paid.",
    ("PayBody", "intervals"): "How many intervals (months, quarters, years) were paid.",
    (
        "SubscribeBody",
        "trial",
    ): ("Whether the plan's trial comes first. Paid time begins at its end."),
    ("PauseBody", "until"): "When the pause ends; if left out, when it is resumed.",
    ("PauseBody", "at_once"): (
        "Whether the plan is paused now. If not, the pause begins at the next boundary."
    ),
    ("ResetBody", "reason"): "The reason, in up to 500 characters.",
    ("ResetBody", "move_anchor"): "Whether cycles are counted from now on.",
    ("EndBody", "reason"): "The reason, in up to 500 characters.",
    ("EndBody", "void"): "Whether the rest of the cycle's credits is taken back.",
}
"""By the names of the body and the field."""
