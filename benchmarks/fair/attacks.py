"""The attacks: what each endpoint lets a key of its narrowest scope ask for, at its largest.

A new endpoint needs one: a test holds this table beside that of the endpoints.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from tallystick.core.api_keys import read
from tallystick.wire import json_text

from ..http_load import Target
from . import bodies
from .bodies import FILM
from .stage import FAIR, HOLDER, LONG, POOR, Stage

KEY = b"fresh-key-0000000000"
"""Where a request has this, every sending of it has another number."""
_KEY = KEY.decode()


class Sender:
    """Writes the requests of one attack."""

    def __init__(self, target: Target, stage: Stage, scope: str | None):
        self.stage = stage
        self._port = target.port
        self._api_key = None if scope is None else stage.scoped[scope]

    def get(self, path: str, *headers: str) -> bytes:
        return self._request("GET", path, b"", *headers)

    def post(self, path: str, body: Any, key: str | None = _KEY, kind: str = "json") -> bytes:
        """A body is bytes as they are, or a value to be written as JSON."""
        written = body if isinstance(body, bytes) else json_text.encode(body)
        headers = [f"content-type: application/{kind}"]
        if key is not None:
            headers.append(f"idempotency-key: {key}")
        return self._request("POST", path, written, *headers)

    def _request(self, method: str, path: str, body: bytes, *headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self._port}", *headers]
        if self._api_key is not None:
            lines.append(f"authorization: Bearer {self._api_key}")
        if body:
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Requests = Callable[[Sender], Sequence[bytes]]


class Attack(NamedTuple):
    """Requests that are sent again and again: over so many connections, in all so many a second
    at most. Without a `scope` they have no key."""

    name: str
    scope: str | None
    endpoints: Sequence[str]
    requests: Requests
    connections: int = 8
    rate: float = 100.0


def _gets(*paths: str) -> Requests:
    return lambda sender: [sender.get(path) for path in paths]


def _posts(path: str, *asked: Any, key: str | None = _KEY) -> Requests:
    return lambda sender: [sender.post(path, each, key) for each in asked]


def _of(account: str, rest: str) -> str:
    return f"/v1/accounts/{account}/{rest}"


_quotes = partial(_posts, "/v1/quotes", key=None)
_batch = partial(_posts, "/v1/batch")


# Those that need more than one path, or what is known only of this stage


def _wrong_keys(sender: Sender) -> list[bytes]:
    unknown = f"tk_artlist_{'A' * 30}{_KEY.replace('-', 'a')}"
    return [
        sender.get("/v1/key", f"authorization: Bearer {unknown}"),
        sender.get("/v1/key", f"authorization: Bearer {_KEY}"),
    ]


def _amid(sender: Sender) -> list[bytes]:
    return [sender.get(_of(LONG, f"balance?as_of={sender.stage.amid}"))]


def _small_reads(sender: Sender) -> list[bytes]:
    receipt = _of(LONG, f"receipts/{sender.stage.receipt}")
    paths = ("/v1/accounts?limit=1000", f"/v1/accounts/{LONG}", "/v1/clock", "/v1/key", receipt)
    return [sender.get(path) for path in paths]


def _api_keys(sender: Sender) -> list[bytes]:
    """More keys and more, and one of them replaced and ended again and again."""
    known = read(sender.stage.scoped["read"])
    path = f"/v1/keys/{known.id if known else ''}"
    return [
        sender.get("/v1/keys"),
        sender.post("/v1/keys", {"name": "one of many"}),
        sender.post(f"{path}/rotate", {}),
        sender.post(f"{path}/revoke", {}),
    ]


def _closings(sender: Sender) -> list[bytes]:
    hold = _of(HOLDER, "holds/h5")
    return [
        sender.post(_of(LONG, "holds"), FILM),
        sender.post(_of(LONG, "leases"), {"credits": 5}),
        sender.post(f"{hold}/settle", {"outcome": "provider_error"}),
        sender.post(f"{hold}/release", {}),
        sender.post(f"{hold}/extend", {"ttl_seconds": 60}),
        sender.post(f"{hold}/increase", {"quantities": {"seconds": 8}}),
        sender.post(f"{hold}/draws", FILM),
    ]


def _members(sender: Sender) -> list[bytes]:
    names = [f"m{number}" for number in range(1_000)]
    return [
        sender.post("/v1/accounts", {"id": _KEY, "members": names}),
        sender.post(_of(LONG, "members"), {"member": _KEY, "cap": 5}),
        sender.post(_of(LONG, f"members/{_KEY}/remove"), {}),
        sender.post(_of(LONG, "limits"), {"held": 9_000_000}),
    ]


def _plans(sender: Sender) -> list[bytes]:
    wanted = {"plan": "ai-suite-starter", "package": 240_000, "interval": "yearly"}
    return [
        sender.post(_of(LONG, "subscription/change?preview=true"), wanted, None),
        sender.post(_of(LONG, "subscription/cancel?preview=true"), {}, None),
        sender.post(_of(LONG, "subscription?preview=true"), wanted, None),
        sender.post(_of(LONG, "subscription/resume?preview=true"), {}, None),
        sender.post(_of(LONG, "subscription/pay"), {"cycles": 1}, "paid"),
        sender.post(_of(LONG, "subscription/pause?preview=true"), {}, None),
        sender.post(_of(LONG, "subscription/reset?preview=true"), {"reason": "again"}, None),
        sender.post(_of(LONG, "subscription/end?preview=true"), {"reason": "again"}, None),
    ]


def _giving(sender: Sender) -> list[bytes]:
    return [
        sender.post("/v1/batch", bodies.many("grant", POOR, credits=1)),
        sender.post("/v1/batch", bodies.many("adjust", POOR, credits=1, reason="a" * 500)),
        sender.post(_of(POOR, "top-ups"), {"credits": 50}),
        sender.post(_of(POOR, "entries/2/reverse"), {"reason": "again"}),
        sender.post(_of(LONG, "grants/g3/void"), {"reason": "again"}),
        sender.post(_of(LONG, "grants/g3/expiry"), {"expires_at": None, "reason": "again"}),
        sender.post(_of(LONG, "receipts/r100/refund"), {"credits": 1, "reason": "again"}),
    ]


def _large_catalogs(sender: Sender) -> list[bytes]:
    path = "/v1/catalog/versions?dry_run=true"
    return [
        sender.post(path, bodies.catalog(5_000), kind="yaml"),
        sender.post("/v1/test-clock/advance", {"by": "1d"}),
        sender.post("/v1/catalog/versions/1/withdraw", {}),
    ]


# The table

WITHOUT_KEY = (
    Attack("hard bodies, no key", None, ["charge"], _posts(_of(LONG, "charges"), *bodies.HARD)),
    Attack("wrong keys", None, ["key"], _wrong_keys),
    Attack("documents", None, [], _gets("/openapi.json", "/docs", "/problems", "/metrics")),
    Attack("health", None, [], _gets("/readyz", "/healthz", "/nowhere"), 64, 400),
)
QUOTING = (
    Attack("brackets and quotes", "quote", ["quote"], _quotes(bodies.BRACKETS)),
    Attack("a prompt cut short", "quote", ["quote"], _quotes(bodies.CUT_OFF)),
    Attack("a name twice", "quote", ["quote"], _quotes(bodies.TWICE)),
    Attack("empty lists", "quote", ["quote"], _quotes(bodies.WIDE)),
    Attack("long numbers", "quote", ["quote"], _quotes(bodies.DIGITS)),
    Attack("escapes", "quote", ["quote"], _quotes(bodies.ESCAPES)),
    Attack("quotes", "quote", ["quote"], _quotes({**FILM, "account": LONG}, {**FILM})),
    Attack("quotes misspelt", "quote", ["quote"], _quotes(bodies.MISSPELT)),
    Attack("estimates of 1,000 lines", "quote", ["estimate"],
           _posts("/v1/estimates", {"lines": [{"count": 1, **FILM}] * 1_000}, key=None)),
    Attack("estimates misspelt", "quote", ["estimate"],
           _posts("/v1/estimates", {"lines": [{"count": 1, **bodies.MISSPELT}] * 1_000}, key=None)),
    Attack("prices", "quote", ["catalog", "prices", "capacity"],
           _gets("/v1/catalog", "/v1/prices", "/v1/capacity?plan=max-pro&package=240000")),
)  # fmt: skip
READING = (
    Attack("usage?limit=1", "read", ["usage"], _gets(_of(LONG, "usage?limit=1"))),
    Attack("usage of a label", "read", ["usage"], _gets(_of(LONG, "usage?label=a=b"))),
    Attack("as_of, past", "read", ["balance"], _amid),
    Attack("as_of, in 2199", "read", ["balance"],
           _gets(_of(LONG, "balance?as_of=2199-01-01T00:00:00Z"))),
    Attack("entries", "read", ["entries"],
           _gets(_of(LONG, "entries?limit=1000"), _of(LONG, "entries?limit=1000&newest=true"),
                 _of(LONG, "entries?limit=1&after=19000"))),
    Attack("10,000 open holds", "read", ["holds"], _gets(_of(HOLDER, "holds"))),
    Attack("small reads", "read", ["accounts", "account", "receipt", "clock", "key"], _small_reads),
    Attack("a seq that never comes", "read", ["account"],
           _gets(f"/v1/accounts/{FAIR}?min_seq=9007199254740000"), 200, 200),
)  # fmt: skip
SPENDING = (
    Attack("batches misspelt", "spend", ["batch"],
           _batch(bodies.many("charge", LONG, **bodies.MISSPELT))),
    Attack("batches of charges", "spend", ["batch"], _batch(bodies.many("charge", LONG, **FILM))),
    Attack("batches of holds", "spend", ["batch"],
           _batch(bodies.many("hold", LONG, ttl_seconds=86_400, **FILM))),
    Attack("batches refused", "spend", ["batch"],
           _batch(bodies.many("charge", POOR, **FILM))),
    Attack("refused, fresh keys", "spend", ["charge"],
           _posts(_of(POOR, "charges"), FILM)),
    Attack("one key, many requests", "spend", ["lease"],
           _posts(_of(LONG, "leases"), {"credits": 1}, key="always"), 200, 400),
    Attack("holds", "spend", ["hold", "settle", "release", "extend", "increase", "lease", "draw"],
           _closings),
)  # fmt: skip
MANAGING = (
    Attack("accounts by the thousand", "grant", ["batch", "open_account"],
           _batch(bodies.accounts(_KEY))),
    Attack("1,000 members", "grant", ["open_account", "set_member", "remove_member", "set_limits"],
           _members),
    Attack("gifts", "grant",
           ["grant", "adjust", "top_up", "reverse", "void", "set_expiry", "refund"], _giving),
    Attack("plans", "grant",
           ["subscribe", "change_plan", "cancel", "resume", "pay", "pause", "reset_cycle", "end"],
           _plans),
    Attack("keys", "admin",
           ["api_keys", "create_api_key", "rotate_api_key", "revoke_api_key"], _api_keys),
    Attack("verify", "admin", ["verify"], _posts("/v1/verify", {}, key=None)),
    Attack("catalogs of 5,000 models", "admin", ["publish", "advance_clock", "withdraw"],
           _large_catalogs),
    Attack("rollbacks to what is in force", "admin", ["rollback"],
           _posts("/v1/catalog/versions/1/rollback", {"dry_run": True}, key=None)),
)  # fmt: skip
ATTACKS: dict[str, Attack] = {
    each.name: each for each in (*WITHOUT_KEY, *QUOTING, *READING, *SPENDING, *MANAGING)
}
