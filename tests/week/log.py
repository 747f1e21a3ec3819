"""The client-side log: what was asked under which key, and what it was answered."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tallystick.core.refusals import REFUSALS
from tests.week.wire import Reply

WAYS = {
    "charge": "charges",
    "hold": "holds",
    "settle": "holds/{hold}/settle",
    "release": "holds/{hold}/release",
    "extend": "holds/{hold}/extend",
    "top_up": "top-ups",
    "grant": "grants",
    "adjust": "adjustments",
}
"""Where each command is asked for."""


NEVER = ("forbidden", "invalid_request", "key_conflict", "unauthorized", "unknown_model")
"""What no request of the week deserves; the requests that do are made apart from the log."""

CURABLE = {each.code for each in REFUSALS if each.curable}
"""Refusals that a later command can cure: their key is decided again (decision 0010)."""
_STANDING = re.compile(rb'"status":"[a-z_]+","closed_at":(null|"[^"]+")')
"""How a hold stands now, in the answer that its key gives again (decision 0044)."""


@dataclass(frozen=True)
class Answer:
    """What a request came to: its status, and the document that said so."""

    status: int
    document: Any

    @property
    def effect(self) -> bool:
        return self.status < 300

    @property
    def late(self) -> bool:
        """A grant that is first heard of after its end: bad input, of which nothing is kept."""
        return self.document.get("where") == "expires_at"

    @property
    def lasting(self) -> tuple[int, Any]:
        """What of it never changes: all but how a hold stands by now."""
        if self.closed_at == "":
            return self.status, self.document
        return self.status, {**self.document, "status": "", "closed_at": None}

    @property
    def closed_at(self) -> str | None:
        """When the hold that it placed was closed; None for an open one, nothing for no hold."""
        return self.document.get("closed_at", "")

    def goes_on_as(self, other: "Answer") -> bool:
        """Whether this answer may be given again so: a hold is closed once, and nothing else ever
        changes."""
        if self.late and other.late:
            return True
        closed_once = not self.closed_at or self.closed_at == other.closed_at
        return closed_once and self.lasting == other.lasting

    def cured_by(self, other: "Answer") -> bool:
        """Whether it is a refusal that no longer holds, so that its key came to another answer."""
        code = self.document.get("code")
        return code in CURABLE and code != other.document.get("code")


@dataclass(eq=False)
class Asked:
    """One command under one key, and all that is known of what became of it."""

    account: str
    key: str
    do: str
    fields: dict[str, Any]
    price: int | None = None
    """The credits it has to cost by the catalog, where that is known beforehand."""
    after: int = 0
    """A seq of the account that was known before this was first sent: its own is behind that."""
    sent: int = 0
    answer: Answer | None = None
    body: bytes | None = None
    """The first reply of its own request, to the byte; a batch answers in a document of many."""

    @property
    def path(self) -> str:
        return f"/v1/accounts/{self.account}/{WAYS[self.do].format(**self.fields)}"

    @property
    def content(self) -> dict[str, Any]:
        """The body of a request of its own."""
        return {name: value for name, value in self.fields.items() if name != "hold"}

    def item(self) -> dict[str, Any]:
        """The command as one of a batch."""
        return {"do": self.do, "account": self.account, "key": self.key, **self.fields}


@dataclass
class Log:
    """Everything one client did, and everything it found wrong on the spot."""

    asked: list[Asked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Replies with status 500: nothing is lost by one, but nobody should see it."""
    sent: int = 0
    lost: int = 0
    """Replies that did not come, or that nobody was there for any more."""
    replays: int = 0
    conflicts: int = 0
    reads: int = 0

    def add(self, asked: Asked) -> Asked:
        self.asked.append(asked)
        return asked

    def heard(self, asked: Asked, reply: Reply) -> bool:
        """Note a reply to a request of its own; whether it was final."""
        if reply.status == 500:
            self.faults.append(f"{asked.key}: {reply.body.decode(errors='replace')}")
        if not reply.final:
            return False
        if asked.sent == 1 and reply.headers.get("idempotent-replayed"):
            self.wrong.append(f"{asked.key}: the first answer says that it is a replay")
        self._note(asked, Answer(reply.status, reply.document), reply.body)
        return True

    def heard_of(self, asked: Asked, answer: Any) -> None:
        """Note what a batch answered to one of its commands."""
        document = answer["result"] if answer["problem"] is None else answer["problem"]
        if answer["status"] == 500:
            self.faults.append(f"{asked.key}: {document}")
        if answer["status"] < 500 and document.get("code") != "request_in_flight":
            self._note(asked, Answer(answer["status"], document), None)

    def _note(self, asked: Asked, answer: Answer, body: bytes | None) -> None:
        """The first answer, or one more that has to be the same: to the byte, if it can be."""
        first = asked.answer
        body = None if body is None else _STANDING.sub(b"", body)
        if first is None or first.cured_by(answer):
            asked.answer, asked.body = answer, None
        elif body is not None and asked.body is not None and body != asked.body:
            self._differ(asked, asked.body, body)
        elif not first.goes_on_as(answer):
            self._differ(asked, first, answer)
        elif answer.closed_at:
            asked.answer = answer
        self.replays += first is not None
        asked.body = asked.body or (None if answer.late else body)
        if answer.document.get("code") in NEVER and not answer.late:
            self.wrong.append(f"{asked.key}: {answer.status} {answer.document}")

    def _differ(self, asked: Asked, first: Any, second: Any) -> None:
        self.wrong.append(f"{asked.key}: two answers under one key: {first!r}, then {second!r}")


class Holds:
    """Holds that clients have opened and may close: each other's too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, list[tuple[str, int]]] = {}

    def add(self, account: str, hold: str, credits: int) -> None:
        with self._lock:
            self._open.setdefault(account, []).append((hold, credits))

    def some(self, account: str, chance: float, keep: bool) -> tuple[str, int] | None:
        """A hold and its credits; whoever keeps it in the list lets another close it too."""
        with self._lock:
            found = self._open.get(account)
            if not found:
                return None
            at = int(chance * len(found))
            return found[at] if keep else found.pop(at)


def all_asked(logs: list[Log]) -> Iterator[Asked]:
    for log in logs:
        yield from log.asked
