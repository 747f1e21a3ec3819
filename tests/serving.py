"""A real server in this process, on a free port, with an engine of the test's choosing."""

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from tallystick import Tallystick
from tallystick.engine import Engine, keys
from tallystick.http import server
from tallystick.http.app import application
from tallystick.http.settings import ServerSettings
from tallystick.service.startup import open_engine
from tests.patience import PATIENCE_SECONDS


class Serving:
    """An engine behind a socket, from ``with`` to its end."""

    def __init__(
        self,
        engine: Engine,
        settings: ServerSettings | None = None,
        more: Sequence[Any] = (),
        scheduler: bool = False,
    ):
        self.engine = engine
        self.settings = settings or ServerSettings()
        self._socket = server.listening("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        asked = {"scheduler": True} if scheduler else {}
        app = application(engine, self.settings, more, **asked)
        self.service = app.service
        self._server = server.server(app, self.settings)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._server.serve(sockets=[self._socket]))
        self._ended.set()

    def key(self, platform: str, scopes: str | Sequence[str] = "all") -> str:
        return keys.create(self.engine, platform, "test", scopes).api_key

    def connect(self, platform: str, **kwargs: Any) -> Tallystick:
        return Tallystick.connect(self.url, self.key(platform), **kwargs)

    def start(self) -> Self:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            self._ended.wait(0.005)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        self._socket.close()
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def served(*args: Any, **kwargs: Any) -> tuple[Serving, str]:
    """A server for what `Tallystick.open` would open, not yet started; and its platform."""
    path, platform, catalog, clock, test_clock = (
        *args,
        *(None,) * 5,
    )[:5]
    named = {
        "path": path or ":memory:",
        "platform": platform,
        "catalog": catalog,
        "clock": clock,
        "test_clock": test_clock,
    } | kwargs
    engine, name = open_engine(
        named["path"], named["platform"], named["catalog"], named["clock"], named["test_clock"]
    )
    return Serving(engine), name
