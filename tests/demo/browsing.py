"""A browser without scripts: gets pages, reads what they show, and holds them to HTML's rules."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlencode

import httpx2

from tallystick import Tallystick
from tests.patience import PATIENCE_SECONDS

VOID = {"br", "hr", "img", "input", "link", "meta", "rect", "path"}
LEFTOVERS = re.compile(
    r"\{\{|\{%|%\}|\}\}|\bNone\b|Undefined|Decimal\(|datetime\(|<built-in|object at"
)


class Node(NamedTuple):
    """An element as it was opened."""

    tag: str
    given: Mapping[str, str]


class Page(HTMLParser):
    """A page as it was read: its elements, and the text inside of each kind of them."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str):
        super().__init__()
        self.status = status
        self.headers = headers
        self.source = text
        self.nodes: list[Node] = []
        self.wrong: list[str] = []
        self.heads: list[int] = []
        self._open: list[Node] = []
        self._texts: list[tuple[tuple[Node, ...], str]] = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{each.tag}> is never closed" for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        if len(node.given) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        self.nodes.append(node)
        if tag in {"h1", "h2", "h3"}:
            self.heads.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(node)
        if tag == "br":
            self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.wrong.append(f"</{tag}> closes nothing, at {self.getpos()}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._texts.append((tuple(self._open), data))

    def named(self, tag: str, **given: str) -> list[Node]:
        """The elements of this kind with these attributes."""
        return [each for each in self.nodes
                if each.tag == tag and given.items() <= each.given.items()]  # fmt: skip

    def within(self, tag: str, kind: str | None = None) -> list[str]:
        """The texts of the elements of this kind, of this class if one is named; in order."""
        found: dict[int, list[str]] = {}
        for around, text in self._texts:
            for node in around:
                classes = node.given.get("class", "").split()
                if node.tag == tag and (kind is None or kind in classes):
                    found.setdefault(id(node), []).append(text)
        return [" ".join("".join(each).split()) if tag != "code" else "".join(each)
                for each in found.values()]  # fmt: skip

    def text(self) -> str:
        """All that a reader sees."""
        return self._outside({"style", "script"})

    def _outside(self, kinds: set[str]) -> str:
        """The text that is in no element of these kinds."""
        seen = [text for around, text in self._texts if not kinds & {node.tag for node in around}]
        return " ".join("".join(seen).split())

    def problems(self) -> list[str]:
        """What breaks HTML's rules, or ours: every input has its label, every link a place."""
        found = list(self.wrong)
        ids = [each.given["id"] for each in self.nodes if "id" in each.given]
        labels = {each.given.get("for") for each in self.named("label")}
        found += [f"the id {each} twice" for each in set(ids) if ids.count(each) > 1]
        for node in self.nodes:
            hidden = node.given.get("type") == "hidden"
            if node.tag in {"input", "select"} and not hidden and node.given["id"] not in labels:
                found.append(f"no label for {node.given['id']}")
            for name in ("aria-labelledby", "aria-describedby", "for"):
                if name in node.given and node.given[name] not in ids:
                    found.append(f"{name} names {node.given[name]}, which is not there")
            place = node.given.get("href", "")
            if place.startswith("#") and place[1:] not in ids:
                found.append(f"the link to {place} leads nowhere")
            if "style" in node.given or any(name.startswith("on") for name in node.given):
                found.append(f"<{node.tag}> has a style or a script of its own")
            if re.match(r"(https?:)?//", node.given.get("href", node.given.get("src", ""))):
                found.append(f"<{node.tag}> loads from elsewhere")
        steps = zip([0, *self.heads], self.heads, strict=False)
        found += [f"h{after} follows h{before}" for before, after in steps if after > before + 1]
        if self.heads.count(1) != 1:
            found.append(f"{self.heads.count(1)} headings of the first order")
        left = LEFTOVERS.search(self._outside({"style", "script", "code"}))
        return [*found, *([f"left over: {left[0]}"] if left else [])]


class Browser:
    """Gets pages from a served demo."""

    def __init__(self, url: str, keys: Mapping[str, str]):
        self.url = url
        self.keys = keys
        self._connection = httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS)

    def get(self, path: str, /, **picked: object) -> Page:
        query = f"?{urlencode(picked)}" if picked else ""
        return self._page(self._connection.get(path + query))

    def get_as(self, host: str) -> Page:
        """The start page, asked for by another name of the server."""
        return self._page(self._connection.get("/", headers={"host": host}))

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._page(self._connection.post(path, data=form, headers=named))

    def connect(self, platform: str) -> Tallystick:
        return Tallystick.connect(self.url, self.keys[platform])

    def close(self) -> None:
        self._connection.close()

    def _page(self, reply: httpx2.Response) -> Page:
        return Page(reply.status_code, reply.headers, reply.text)
