"""The examples of grants that are taken back, or expire otherwise than was said."""

from typing import Any

from tests.http.recording import Recorder

MINE: dict[str, Any] = {"account": "acct_1"}


def taken_back(asking: Recorder, given: dict[str, Any]) -> None:
    """`given` is a grant of the account, with an expiry."""
    promo = asking.do("grant", {"credits": 30}, **MINE)
    asking.show("reverse", "A grant", {"reason": "Given twice"}, **MINE, entry=promo["seq"])
    asking.show(
        "set_expiry", "Ten days more", {"expires_at": "2026-02-20", "reason": "They were ill"},
        **MINE, grant=given["grant"],
    )  # fmt: skip
    video = asking.do("grant", {"credits": 30, "tools": ["video"]}, **MINE)
    asking.show("void", "A gift", {"reason": "Given twice"}, **MINE, grant=video["grant"])
    asking.problem(
        "nothing_left", "void", {"reason": "Given twice"}, **MINE, grant=video["grant"],
        title="A grant that was taken back already",
    )  # fmt: skip
    asking.problem(
        "grant_not_found", "void", {"reason": "Charged back"}, **MINE, grant="g999",
        title="No such grant",
    )  # fmt: skip
