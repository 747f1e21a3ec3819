"""Recorded examples of what becomes of holds and charges after the work."""

from __future__ import annotations

from typing import Any

from tests.http.recording import Recorder

SHORT = {"model": "Veo 3.1", "settings": {"audio": "on", "resolution": "1080p"}}
MINE: dict[str, Any] = {"account": "studio"}


def refunds(asking: Recorder) -> None:
    """A charge that is given back in part, and more than is left of it."""
    asking.on("artlist")
    asking.do("open_account", {"id": "studio"})
    asking.do("subscribe", {"plan": "AI Suite Starter", "package": 40_000}, **MINE)
    charge = asking.do("charge", {**SHORT, "quantities": {"seconds": 4}}, **MINE)["receipt"]
    body = {"quantities": {"seconds": 1}, "reason": "The last second was black"}
    asking.show("refund", "A second of four", body, **MINE, receipt=charge, key="ticket-812")
    asking.problem(
        "refund_above_charge", "refund", {"credits": 2_000, "reason": "Goodwill"}, **MINE,
        receipt=charge, title="More than is left of the charge",
    )  # fmt: skip
