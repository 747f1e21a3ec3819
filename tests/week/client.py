"""A client of the week: what products do, over bad networks, to servers that are killed."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from tests.week.log import Asked, Holds, Log
from tests.week.shop import CLIP, MEMBERS
from tests.week.wire import Connection, Lost, Reply, request

SHORT_SECONDS = 2
"""The longest life of a hold or grant that is meant to end by itself within the test."""
PATIENCE = 60
"""Seconds in which a server must answer, once nobody is killed any more."""
_WHOLE, _GONE, _UNREAD, _HALF = "whole", "gone", "unread", "half"
_FATES = [_WHOLE] * 16 + [_GONE, _GONE, _UNREAD, _UNREAD, _HALF]
"""What becomes of a request: whole and answered; nobody there for its reply, before or after that
arrives; not even sent whole."""


class Place(NamedTuple):
    """Where the servers are, and the key that opens them."""

    ports: tuple[int, ...]
    api_key: str


class Client(threading.Thread):
    """Asks one thing after another until told to end, then until every key has an answer."""

    def __init__(self, name: str, seed: int, place: Place, accounts: tuple[str, ...], holds: Holds):
        super().__init__(name=name, daemon=True)
        self.log = Log()
        self._place = place
        self._accounts = accounts
        self._holds = holds
        self._chance = random.Random(f"{seed} {name}")
        self._numbers = count(1)
        self._connections: dict[int, Connection] = {}
        self._known: dict[str, int] = {}
        self._unknown: list[Asked] = []
        self._end = threading.Event()
        self._rest = threading.Event()

    def end(self) -> None:
        self._end.set()

    def run(self) -> None:
        try:
            while not self._end.is_set():
                self._step()
            self.settle()
        except Exception as error:  # noqa: BLE001 - a client that ends early proves nothing
            self.log.wrong.append(f"{self.name} ended: {error!r}")

    def settle(self) -> None:
        """Ask under every key of unknown outcome, until there is none."""
        for _ in range(PATIENCE * 20):
            for asked in [*self._unknown]:
                self._ask(asked)
            if not self._unknown:
                return
            self._rest.wait(0.05)
        self.log.wrong += [f"{each.key}: never answered" for each in self._unknown]

    def repeat(self, share: float) -> None:
        """Ask some of everything again, long after."""
        for asked in self.log.asked:
            if self._chance.random() < share:
                self._ask(asked)
        self.settle()

    def close(self) -> None:
        for port in [*self._connections]:
            self._drop(port)

    # One step

    def _step(self) -> None:
        steps = (self._new, self._many, self._again, self._twice, self._other, self._look)
        (step,) = self._chance.choices(steps, (50, 8, 14, 6, 5, 8))
        step()
        if self._unknown and self._chance.random() < 0.5:
            self._ask(self._chance.choice(self._unknown))

    def _new(self) -> None:
        self._ask(self._made(), self._chance.choice(_FATES))

    def _many(self) -> None:
        """A batch, whose reply may get lost as a whole."""
        batch = [self._made() for _ in range(self._chance.randint(2, 6))]
        body = {"commands": [each.item() for each in batch]}
        for each in batch:
            each.sent += 1
        fate = self._chance.choice(_FATES)
        reply = self._sent(self._port(), self._request("/v1/batch", body), fate)
        if reply is None or reply.status != 200:
            return
        for each, answer in zip(batch, reply.document["answers"], strict=True):
            self.log.heard_of(each, answer)
            self._learn(each)

    def _again(self) -> None:
        """The same under the same key: at once, after a reconnect, at another server, or later."""
        if not self.log.asked:
            return
        for port in [*self._connections]:
            if self._chance.random() < 0.3:
                self._drop(port)
        earlier = self._chance.choice((self.log.asked[-5:], self.log.asked))
        self._ask(self._chance.choice(earlier), self._chance.choice(_FATES))

    def _twice(self) -> None:
        """The same under the same key at both servers at the same time. One may have refused it,
        rightly, just before the other carried it out: so refusals are heard first."""
        asked = self._made()
        asked.sent += 2  # neither is the first, which could not be a replay
        wanted, sent = self._request_of(asked), []
        for port in self._place.ports:
            with suppress(Lost):
                connection = self._connection(port)
                connection.send(wanted)
                sent.append((port, connection))
        replies = []
        for port, connection in sent:
            self.log.sent += 1
            try:
                replies.append(connection.read())
            except Lost:
                self.log.lost += 1
                self._drop(port)
        for reply in sorted(replies, key=lambda each: each.status, reverse=True):
            self.log.heard(asked, reply)
        self._learn(asked)

    def _other(self) -> None:
        """Another request under a key that has its answer: refused, whatever that answer was."""
        done = [each for each in self.log.asked[-50:] if each.body is not None]
        if not done:
            return
        asked = self._chance.choice(done)
        body = {"credits": 777_777}
        path = f"/v1/accounts/{asked.account}/top-ups"
        reply = self._sent(self._port(), self._request(path, body, asked.key), _WHOLE)
        if reply is None or not reply.final:
            return
        self.log.conflicts += 1
        if (reply.status, reply.document.get("code")) != (422, "key_conflict"):
            self.log.wrong.append(f"{asked.key}: another request under it: {reply}")

    def _look(self) -> None:
        """A read sees what this client was answered before, whichever server it asks."""
        account = self._chance.choice(self._accounts)
        known = self._known.get(account, 0)
        path = f"/v1/accounts/{account}/balance"
        reply = self._sent(self._port(), request("GET", path, self._place.api_key), _WHOLE)
        if reply is None or reply.status != 200:
            return
        self.log.reads += 1
        if reply.document["seq"] < known or reply.document["available"] < 0:
            self.log.wrong.append(f"{account} at {known}: a balance of {reply.body!r}")

    # What is asked

    def _made(self) -> Asked:
        """Something new, under a key that nobody has used."""
        account = self._chance.choice(self._accounts)
        kinds = (self._charge, self._hold, self._close, self._give, self._too_much)
        (kind,) = self._chance.choices(kinds, (30, 22, 26, 16, 6))
        do, fields, price = kind(account)
        key = f"{self.name}-{next(self._numbers)}"
        asked = Asked(account, key, do, fields, price, self._known.get(account, 0))
        self._unknown.append(asked)
        return self.log.add(asked)

    def _charge(self, account: str) -> tuple[str, dict[str, Any], int]:
        dots = self._chance.randint(1, 9)
        more = self._whose(account)
        if self._chance.random() < 0.7:
            return "charge", {"model": "Dot", "outputs": dots, **more}, dots
        return "charge", {"model": "Clip", "quantities": {"seconds": dots}, **more}, dots * CLIP

    def _hold(self, account: str) -> tuple[str, dict[str, Any], int]:
        seconds = self._chance.randint(1, 3)
        short = self._chance.random() < 0.3
        ttl = self._chance.randint(1, SHORT_SECONDS) if short else 900
        fields = {"model": "Clip", "quantities": {"seconds": seconds}, "ttl_seconds": ttl}
        return "hold", {**fields, **self._whose(account)}, seconds * CLIP

    def _close(self, account: str) -> tuple[str, dict[str, Any], int | None]:
        """Settle, release or extend a hold, which another may be closing too."""
        found = self._holds.some(account, self._chance.random(), self._chance.random() < 0.4)
        if found is None:
            return self._hold(account)
        hold, credits = found
        do = self._chance.choice(("settle", "settle", "release", "extend"))
        if do == "release":
            return do, {"hold": hold}, None
        if do == "extend":
            return do, {"hold": hold, "ttl_seconds": self._chance.choice((1, 600))}, None
        seconds = self._chance.randint(1, credits // CLIP)
        return do, {"hold": hold, "quantities": {"seconds": seconds}}, seconds * CLIP

    def _give(self, account: str) -> tuple[str, dict[str, Any], int]:
        do = self._chance.choice(("top_up", "grant", "adjust"))
        if do == "top_up":
            return do, {"credits": 200}, 200
        credits = self._chance.randint(1, 60)
        if do == "adjust":
            credits *= self._chance.choice((1, -1))
            return do, {"credits": credits, "reason": "the week"}, credits
        fields: dict[str, Any] = {"credits": credits}
        if self._chance.random() < 0.4:
            soon = datetime.now(UTC) + timedelta(seconds=SHORT_SECONDS)
            fields["expires_at"] = soon.isoformat()
        return do, fields, credits

    def _too_much(self, account: str) -> tuple[str, dict[str, Any], int | None]:
        """What has to be refused."""
        if self._chance.random() < 0.3:
            return "release", {"hold": "h999999999"}, None
        return "charge", {"model": "Clip", "quantities": {"seconds": 900_000}}, None

    def _whose(self, account: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if account.startswith("shared"):
            found["member"] = self._chance.choice(tuple(MEMBERS))
        if self._chance.random() < 0.3:
            found["labels"] = {"project": self._chance.choice(("owl", "fox"))}
        return found

    # How it is asked

    def _ask(self, asked: Asked, fate: str = _WHOLE) -> None:
        asked.sent += 1
        reply = self._sent(self._port(), self._request_of(asked), fate)
        if reply is not None and self.log.heard(asked, reply):
            self._learn(asked)

    def _learn(self, asked: Asked) -> None:
        """Something was answered, for the first time perhaps."""
        answer = asked.answer
        if answer is None or asked not in self._unknown:
            return
        self._unknown.remove(asked)
        if not answer.effect:
            return
        known = self._known.get(asked.account, 0)
        self._known[asked.account] = max(known, answer.document["seq"])
        if asked.do == "hold":
            self._holds.add(asked.account, answer.document["hold"], answer.document["credits"])

    def _request_of(self, asked: Asked) -> bytes:
        return self._request(asked.path, asked.content, asked.key)

    def _request(self, path: str, body: Any, key: str | None = None) -> bytes:
        return request("POST", path, self._place.api_key, body, key)

    def _sent(self, port: int, wanted: bytes, fate: str) -> Reply | None:
        """The reply, unless it was lost: on purpose, or because the server was killed."""
        try:
            connection = self._connection(port)
        except Lost:
            self._rest.wait(0.03)
            return None
        self.log.sent += 1
        try:
            return self._through(connection, port, wanted, fate)
        except Lost:
            self.log.lost += 1
            self._drop(port)
            return None

    def _through(self, connection: Connection, port: int, wanted: bytes, fate: str) -> Reply | None:
        connection.send(wanted[: len(wanted) // 2] if fate == _HALF else wanted)
        if fate == _WHOLE:
            return connection.read()
        if fate == _UNREAD:
            connection.arrives()
        self.log.lost += 1
        self._drop(port)
        return None

    def _port(self) -> int:
        return self._chance.choice(self._place.ports)

    def _connection(self, port: int) -> Connection:
        if port not in self._connections:
            self._connections[port] = Connection(port)
        return self._connections[port]

    def _drop(self, port: int) -> None:
        found = self._connections.pop(port, None)
        if found is not None:
            found.close()
