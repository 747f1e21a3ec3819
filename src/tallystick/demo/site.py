"""The pages of the demo: one for each platform, in plain HTML that needs no scripts."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..core.errors import InvalidRequest
from ..engine import Engine
from . import words
from .people import PLATFORMS
from .views import Given, Viewer

STEPS = {"1d": "+1 day", "1mo": "+1 month"}
"""How far the page of a platform can move its clock."""


_FILTERS = (
    words.amount,
    words.capital,
    words.instant,
    words.listed,
    words.quantity,
    words.settings,
    words.signed,
)


class Page(NamedTuple):
    """A page to send."""

    html: str
    status: int


class Site:
    """The pages of an engine, and the actions on them. It knows nothing of requests."""

    def __init__(self, engine: Engine, keys: Mapping[str, str]):
        self._viewers = {each: Viewer(engine, each, keys[each]) for each in PLATFORMS}
        self._templates = _templates()

    def platform(self, platform: str, given: Given, address: str) -> Page:
        """The page of a platform for what `given` picks; the server is at `address`."""
        viewer = self._viewers.get(platform)
        if viewer is None:
            return self._missing(platform)
        view = viewer.view(given, address)
        return self._page("platform.html", view.status, platform, view=view, steps=STEPS)

    def move_clock(self, platform: str, by: str) -> Page | None:
        """Move the clock of a platform. Returns a page with the reason if it was not moved."""
        viewer = self._viewers.get(platform)
        if viewer is None:
            return self._missing(platform)
        if by not in STEPS:
            said = f"From this page the clock moves by {words.listed(list(STEPS))} only."
            return self.sorry(400, "The clock was not moved", said, platform)
        try:
            viewer.move_clock(by)
        except InvalidRequest as error:
            said = f"{words.capital(error.message)}."
            return self.sorry(400, "The clock was not moved", said, platform)
        return None

    def sorry(self, status: int, title: str, said: str, platform: str | None = None) -> Page:
        """A page that says why there is no other."""
        return self._page("sorry.html", status, platform, title=title, said=said)

    def misdirected(self) -> Page:
        """The page for a host name that is not this server's; it shows no keys."""
        said = (
            "The demo shows its keys only under localhost, under a numeric address, and under the "
            "host that it was started with (--host)."
        )
        return self.sorry(421, "Unknown host name", said)

    def _missing(self, platform: str) -> Page:
        return self.sorry(404, "Not found", f"The demo has no platform '{platform[:60]}'.")

    def _page(self, name: str, status: int, platform: str | None, **shown: Any) -> Page:
        titles = {each: viewer.title() for each, viewer in self._viewers.items()}
        template = self._templates.get_template(name)
        return Page(template.render(titles=titles, platform=platform, **shown), status)


@cache
def style() -> str:
    """The style sheet, which is part of every page."""
    return _part("page.css")


@cache
def script() -> str:
    """The script that adds a copy button to each line; pages work without it."""
    return _part("page.js")


@cache
def security_policy() -> str:
    """A policy that forbids all loading, and allows the one style and script by their hashes."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style())}'",
            f"script-src '{_digest(script())}'",
            "img-src data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _part(name: str) -> str:
    return files(__package__ or "").joinpath("templates", name).read_text("utf-8")


def _templates() -> Environment:
    found: Any = Environment(  # its stubs know only the filters and globals it comes with
        loader=PackageLoader("tallystick.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"style": Markup(style()), "script": Markup(script())}  # noqa: S704 - ours
    found.filters |= {each.__name__: each for each in _FILTERS}
    return found
