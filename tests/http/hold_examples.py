"""Recorded examples of what becomes of holds and charges after the work."""

from __future__ import annotations

from typing import Any

from tallystick.catalogs.shipped_catalogs import shipped_text
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
    gift = {
        "receipt": charge,
        "full": True,
        "expires_at": "90d",
        "reason": "They disliked it",
    }
    asking.show("adjust", "Goodwill for a charge", gift, **MINE)
    asking.problem(
        "refund_above_charge", "refund", {"credits": 2_000, "reason": "Goodwill"}, **MINE,
        receipt=charge, title="More than is left of the charge",
    )  # fmt: skip


def limits(asking: Recorder) -> None:
    """Caps of a member and an account, a limit of what is held, and what they refuse."""
    asking.on("artlist")
    team = {"account": "atelier"}
    asking.do("open_account", {"id": "atelier", "members": {"ana": None}})
    asking.do("subscribe", {"plan": "AI Suite Starter", "package": 40_000}, **team)
    asking.show(
        "set_member", "By day, and for life",
        {"member": "ben", "caps": [{"credits": 900, "every": "day"},
                                   {"credits": 5_000, "every": "life", "tools": ["video"]}]},
        **team,
    )  # fmt: skip
    long = {**SHORT, "quantities": {"seconds": 2}}
    asking.problem("member_required", "charge", long, **team, title="Nobody was named")
    held = asking.do("hold", {**long, "member": "ana"}, **team)["hold"]
    asking.show("increase", "Two seconds more", {"quantities": {"seconds": 4}}, **team, hold=held)
    asking.show(
        "set_limits", "A day, and what is held",
        {"caps": [{"credits": 2_500, "every": "day"}], "held": 2_200}, **team,
    )  # fmt: skip
    asking.problem(
        "held_limit_reached", "hold", {**long, "member": "ana"}, **team, title="Too much at once"
    )
    asking.do("release", {}, **team, hold=held)
    asking.do("charge", {**long, "member": "ana"}, **team)
    other = {**SHORT, "quantities": {"seconds": 4}, "member": "ana"}
    asking.problem("account_cap_reached", "charge", other, **team, title="Enough for today")


def fair_use(asking: Recorder) -> None:
    """An unlimited tool with a fair use, and a generation beyond it."""
    limit = "fair_use: [{tool: speech, up_to: 500 characters, every: day}]"
    text = shipped_text("videodraft").replace(
        "    unlimited: [speech]\n", f"    unlimited: [speech]\n    {limit}\n"
    )
    asking.on("videodraft")
    asking.do("publish", text, content_type="application/yaml")
    asking.do("open_account", {"id": "reader"})
    asking.do("subscribe", {"plan": "visionary"}, account="reader")
    speech = {"model": "Google Text-to-Speech", "quantities": {"characters": 600}}
    asking.problem("fair_use_reached", "charge", speech, account="reader", title="Enough for today")
