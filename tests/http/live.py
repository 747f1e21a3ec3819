"""The world of `world`, in a file and behind a real server that can be started again."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from tallystick.http.settings import ServerSettings
from tallystick.service.startup import open_engine
from tests.databases import CHOSEN, fresh_database
from tests.http.world import BY_NAME, Sample, World, body_of, path_of
from tests.patience import PATIENCE_SECONDS, until
from tests.serving import Serving


class Live:
    """A server on a database file; `seeded` lines stand in its journal at the beginning."""

    def __init__(self, path: Path, settings: ServerSettings | None = None):
        self._open = ExitStack()
        self.path = str(path)
        if CHOSEN != "sqlite":
            self.path = self._open.enter_context(fresh_database())
        self.settings = settings or ServerSettings()
        with World(self.path) as world:
            self.ids, self.api_key = world.ids, world.api_key
            self._world = world
        self._serve()
        self.seeded = self.lines()

    def _serve(self) -> None:
        engine, _ = open_engine(self.path, "small")
        self.serving = Serving(engine, self.settings).start()

    def restart(self) -> None:
        self.serving.stop()
        self._serve()

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.serving.url, timeout=PATIENCE_SECONDS)

    def ask(
        self,
        name: str,
        sample: Sample | None = None,
        key: str | None = None,
        client: httpx2.Client | None = None,
    ) -> httpx2.Response:
        """Ask one endpoint; what a sample leaves out is as in the request that it grants."""
        endpoint, granted = BY_NAME[name], self._world.sample(name)
        if sample is not None:
            granted = granted._replace(body=sample.body, path=sample.path or granted.path)
        if client is None:
            with self.client() as client:
                return self.ask(name, sample, key, client)
        return client.request(
            endpoint.method,
            path_of(endpoint, granted),
            content=body_of(endpoint, granted) or None,
            headers=dict(self._world.headers(endpoint, self.api_key, key)),
            params=granted.query,
        )

    def wait_for_one_in_flight(self) -> None:
        """Until a request that carries a key is being answered."""
        until(lambda: self.serving.service.in_flight.running, lambda: "no request arrived")

    def lines(self) -> int:
        """How many lines the journals of all accounts have."""
        store = self.serving.engine.store
        with store.reading():
            keys = list(store.accounts("small"))
            return sum(len(store.entries(key)) for key in keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.serving.stop()
        self._open.close()
