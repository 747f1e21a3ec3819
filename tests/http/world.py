"""Two platforms behind one application, and for every endpoint a request that it grants.

`SAMPLES` has a row for every endpoint of the table: a new one without its row fails here.
"""

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

from tallystick import Tallystick
from tallystick.catalogs import load_text
from tallystick.core import instants
from tallystick.core.commands import Lease
from tallystick.engine import keys
from tallystick.http.app import application
from tallystick.http.settings import ServerSettings
from tallystick.service.local import LocalTransport
from tallystick.service.startup import open_engine
from tallystick.wire.endpoints import ENDPOINTS, Endpoint
from tests.databases import scratch_database
from tests.http.beginnings import beginning
from tests.http.caller import Caller, Reply
from tests.scenarios.small import small

CATALOG = small("free_credits: [{credits: 10, every: day}]\n")
OTHER = CATALOG.replace("platform: small", "platform: other")
DEARER = CATALOG.replace("credits: 1, per: image", "credits: 2, per: image")
START = "2026-03-01T00:00:00Z"
FILM = {
    "model": "Shot",
    "settings": {"resolution": "720p"},
    "quantities": {"seconds": 2},
}
BY_NAME = {each.name: each for each in ENDPOINTS}


class Sample(NamedTuple):
    """A request: what its path names, its query, and its body."""

    path: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, Any] = MappingProxyType({})
    body: Any = None


def _ada(body: Any = None, query: dict[str, Any] | None = None, **path: str) -> Sample:
    return Sample({"account": "ada", **path}, query or {}, body)


SAMPLES: dict[str, Sample] = {
    "catalog": Sample(query={"version": 1}),
    "prices": Sample(query={"at": START}),
    "publish": Sample(query={"name": "dearer.yaml"}, body=DEARER),
    "withdraw": Sample({"version": "2"}, {}, {}),
    "rollback": Sample({"version": "1"}, {}, {"effective_at": "2029-01-01T00:00:00Z"}),
    "quote": Sample(body={**FILM, "account": "ada"}),
    "estimate": Sample(
        body={"lines": ["30 x Dot", {"count": 2, **FILM}], "days": 22, "buffer": "20%"}
    ),
    "capacity": Sample(query={"plan": "Basic"}),
    "open_account": Sample(
        body={"id": "new", "name": "New", "time_zone": "Europe/Berlin", "members": {"mia": 5}}
    ),
    "accounts": Sample(query={"limit": 2}),
    "account": _ada(),
    "balance": _ada(query={"as_of": "2026-03-05T00:00:00Z"}),
    "entries": _ada(query={"limit": 3, "newest": "true"}),
    "usage": _ada(query={"tool": "image", "label": ["project=owl"]}),
    "receipt": _ada(receipt="{receipt}"),
    "set_member": _ada({"member": "noa", "cap": 20}),
    "remove_member": _ada({}, member="mia"),
    "subscribe": Sample({"account": "bob"}, {}, {"plan": "Basic", "interval": "monthly"}),
    "change_plan": _ada({"plan": "Studio", "package": 500}),
    "cancel": _ada({}),
    "resume": Sample({"account": "eve"}, {}, {}),
    "pay": _ada({"paid_through": "2027-03-01T00:00:00Z"}),
    "end": _ada({"reason": "charged back"}),
    "pause": _ada({"until": "2028-03-01T00:00:00Z"}),
    "reset_cycle": _ada({"reason": "by mistake"}),
    "top_up": _ada(
        {
            "credits": 55,
            "custom": True,
            "price": {"amount": "5.00", "currency": "EUR"},
            "payment": "pay_1",
        }
    ),
    "grant": _ada(
        {
            "credits": 5,
            "source": "promo",
            "expires_at": "2026-06-01T00:00:00Z",
            "priority": 3,
            "reason": "spring",
            "effective_at": "2026-05-01T00:00:00Z",
            "tools": ["image"],
            "models": ["Dot"],
            "price": {"amount": "0.50", "currency": "EUR"},
            "payment": "pay_2",
        }
    ),
    "adjust": _ada({"credits": -5, "reason": "goodwill"}),
    "reverse": _ada({"reason": "by mistake"}, entry="{entry}"),
    "void": _ada({"reason": "charged back", "owe": True}, grant="{entry}"),
    "set_expiry": _ada({"expires_at": "2027-01-01", "reason": "they asked"}, grant="{entry}"),
    "hold": _ada({**FILM, "ttl_seconds": 60, "member": "mia", "labels": {"project": "owl"}}),
    "holds": _ada(),
    "settle": _ada({"credits": 10}, hold="{hold}"),
    "set_limits": _ada(
        {"caps": [{"credits": 5_000, "every": "day", "tools": ["film"]}], "held": 500}
    ),
    "increase": _ada({"credits": 40}, hold="{hold}"),
    "refund": _ada({"credits": 1, "reason": "goodwill"}, receipt="{receipt}"),
    "release": _ada({}, hold="{hold}"),
    "extend": _ada({"ttl_seconds": 600}, hold="{hold}"),
    "charge": _ada({"model": "Consultation", "credits": 7, "labels": {"project": "owl"}}),
    "lease": _ada({"credits": 20, "ttl_seconds": 60, "member": "mia", "labels": {"a": "b"}}),
    "draw": _ada({"model": "Dot", "outputs": 2, "labels": {"a": "b"}}, hold="{lease}"),
    "batch": Sample(
        body={
            "commands": [
                {"do": "top_up", "account": "ada", "credits": 50},
                {"do": "charge", "account": "ada", "model": "Dot"},
            ]
        }
    ),
    "advance": _ada({}),
    "clock": Sample(),
    "advance_clock": Sample(body={"by": "1d"}),
    "verify": Sample(body={}),
    "key": Sample(),
    "api_keys": Sample(),
    "create_api_key": Sample(
        body={"name": "web", "scopes": ["read", "quote"], "expires_at": "90d", "by": "ops"}
    ),
    "rotate_api_key": Sample({"id": "{api_key}"}, {}, {"overlap": "2h"}),
    "revoke_api_key": Sample({"id": "{api_key}"}, {}, {"by": "ops"}),
}


class World:
    """The platforms ``small`` and ``other``, with the same accounts and the same ids."""

    def __init__(self, path: str | None = None, settings: ServerSettings | None = None):
        self._open = ExitStack()
        path = path or self._open.enter_context(scratch_database())
        self.engine, _ = open_engine(path, None, CATALOG, None, START)
        start = instants.parse(START, "start")
        self.engine.platforms.create(load_text(OTHER, "other.yaml"), OTHER, start, start)
        self.ids = self._seed("small")
        self._seed("other")
        self.others = self._more("other")
        self.settings = settings or ServerSettings()
        self.app = application(self.engine, self.settings)
        self.app.service.keys.note_seconds = 1e6  # not in the midst of a test
        self.caller = Caller(self.app)
        self.api_key = self.key()
        self._keys: dict[tuple[str, str], str] = {}
        self._beginning = beginning(self.engine.store, path)
        self._open.callback(self._beginning.close)

    def begin_again(self) -> None:
        """Everything stored is as it was when this world was made."""
        self._beginning.again()
        self.engine.platforms.histories.clear()
        self.app.service.keys.clock = time.monotonic
        self._keys.clear()

    def open(self, platform: str) -> Tallystick:
        """A platform without the server between."""
        return Tallystick(LocalTransport(self.engine, platform), platform)

    def key(self, platform: str = "small", scopes: Any = "all") -> str:
        return keys.create(self.engine, platform, "test", scopes).api_key

    def key_of(self, scope: str, platform: str = "small") -> str:
        """A key with one scope, made when it is first asked for."""
        name = scope, platform
        if name not in self._keys:
            self._keys[name] = self.key(platform, scope)
        return self._keys[name]

    def _seed(self, platform: str) -> dict[str, str]:
        credits = self.open(platform)
        credits.open_account("ada", members={"mia": 200})
        credits.subscribe("ada", "Studio" if platform == "other" else "Basic")
        credits.top_up("ada", 200)
        promo = credits.grant("ada", 30)
        receipt = credits.charge("ada", "Dot", outputs=3, labels={"project": "owl"}).receipt
        hold = credits.hold("ada", "Shot", resolution="720p", seconds=2).hold
        lease = credits.execute([Lease("ada", 50)])[0].hold
        credits.open_account("bob")
        credits.open_account("eve")
        credits.subscribe("eve", "Basic")
        credits.cancel("eve")
        credits.publish(self.dearer(platform), "2028-01-01T00:00:00Z")
        api_key = credits.create_api_key("spare").id
        return {
            "receipt": receipt,
            "hold": hold,
            "lease": lease,
            "entry": str(promo.seq),
            "api_key": api_key,
        }

    def dearer(self, platform: str) -> str:
        """The platform's catalog of 2028, which is scheduled."""
        source = CATALOG if platform == "small" else OTHER
        return source.replace("credits: 1, per: image", "credits: 7, per: image")

    def _more(self, platform: str) -> dict[str, str]:
        """Things of ``ada`` that only this platform has."""
        credits = self.open(platform)
        credits.open_account("zoe")
        receipts = [credits.charge("ada", "Dot").receipt for _ in range(5)]
        hold = credits.execute([Lease("ada", 50)])[0].hold
        return {"receipt": receipts[-1], "hold": hold, "entry": str(credits.grant("ada", 5).seq)}

    def sample(self, name: str) -> Sample:
        found = SAMPLES[name]
        return found._replace(path={k: v.format(**self.ids) for k, v in found.path.items()})

    def ask(self, name: str, sample: Sample | None = None, **more: Any) -> Reply:
        """Ask one endpoint; without a sample the one that it grants."""
        endpoint, sample = BY_NAME[name], sample or self.sample(name)
        return self.caller.ask(
            endpoint.method,
            path_of(endpoint, sample),
            more.pop("body", None) or body_of(endpoint, sample),
            self.headers(endpoint, **more),
            urlencode(sample.query, doseq=True),
        )

    def headers(
        self, endpoint: Endpoint, api_key: str | None = "", key: str | None = None, **more: str
    ) -> list[tuple[str, str | bytes]]:
        found: list[tuple[str, str | bytes]] = []
        if api_key is not None:
            found.append(("authorization", f"Bearer {api_key or self.api_key}"))
        if key is not None:
            found.append(("idempotency-key", key))
        if endpoint.method == "POST":
            kind = "yaml" if endpoint.catalog_body else "json"
            found.append(("content-type", f"application/{kind}"))
        return [*found, *more.items()]

    def rows_written(self) -> int:
        """How many rows were ever written: what changes nothing leaves it as it is."""
        return self._beginning.writes()

    def close(self) -> None:
        self.caller.close()
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def path_of(endpoint: Endpoint, sample: Sample) -> str:
    path = endpoint.path
    for name in endpoint.in_path:
        path = path.replace(f"{{{name}}}", quote(sample.path[name], safe=""))
    return path


def body_of(endpoint: Endpoint, sample: Sample) -> bytes:
    if endpoint.catalog_body:
        return sample.body.encode()
    return b"" if sample.body is None else json.dumps(sample.body).encode()
