"""gringotts-api: credits of a FastAPI's callers on PostgreSQL, charged before the handler runs.

Its `charge()` is a dependency of a route, so a route is what is asked, within the process and
without sockets; with an `Idempotency-Key`, which its middleware keeps. Its fifteen connections
are made as many as there may be requests: with fewer, requests that hold one wait for ever for
threads of those that want one.
"""

import os
from importlib import import_module
from typing import Any

_PLENTY = 1_000_000_000
_COST = 5
_CONNECTIONS = 64


class Peer:
    keyed = True

    def __init__(self, url: str):
        os.environ["DATABASE_URL"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
        db, sqlalchemy = import_module("gringotts.db"), import_module("sqlalchemy")
        engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"], pool_size=_CONNECTIONS)
        db.SessionLocal.configure(bind=engine)
        self._app = _application()

    def make(self, accounts: int) -> None:
        """Users and what they were granted, as `create_user` would write them."""
        db, models = import_module("gringotts.db"), import_module("gringotts.models")
        auth = import_module("gringotts.auth")
        db.Base.metadata.create_all(bind=db.SessionLocal.kw["bind"])
        with db.SessionLocal() as session:
            if session.query(models.User).first() is not None:
                return
            for number in range(accounts):
                user = models.User(
                    username=f"acct_{number:06d}",
                    api_key_hash=auth.get_api_key_hash(_api_key(number)),
                    credits=_PLENTY,
                )
                granted = models.CreditTransaction(
                    user=user, amount=_PLENTY, kind="grant", balance_after=_PLENTY
                )
                session.add_all([user, granted])
            session.commit()

    async def charge(self, account: int, key: str) -> None:
        headers = [(b"x-api-key", _api_key(account).encode()), (b"content-length", b"0")]
        if self.keyed:
            headers.append((b"idempotency-key", key.encode()))
        status = await _asked(self._app, headers)
        if status != 200:
            raise RuntimeError(f"answered with {status}")


def _api_key(number: int) -> str:
    return f"gk_bench_{number:06d}"


def _application() -> Any:
    fastapi, gringotts = import_module("fastapi"), import_module("gringotts")
    app = fastapi.FastAPI()
    always = gringotts.GringottsConfig(idempotency_replay_validator=lambda _: True)
    gringotts.init_app(app, always)
    charging = fastapi.Depends(gringotts.charge(_COST))

    @app.post("/generate", dependencies=[charging])
    def generate() -> dict[str, bool]:
        return {"done": True}

    return app


async def _asked(app: Any, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a POST, by the interface that web servers use."""
    said: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/generate", "raw_path": b"/generate", "query_string": b"",
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("bench", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)
    status: int = said[0]["status"]
    return status
