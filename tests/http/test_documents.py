"""What the server says about itself: a sound OpenAPI document, and pages that need nothing else."""

import gzip
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
from litestar import get
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tallystick.http import operation_docs
from tallystick.http.app import application
from tallystick.http.assets import STATIC
from tallystick.http.openapi import document
from tallystick.wire import field_docs, parameter_docs
from tallystick.wire.endpoints import ENDPOINTS
from tallystick.wire.problems import KINDS
from tests.docs.test_reference import CODES, ROW
from tests.http.caller import Reply
from tests.http.world import World

DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
PAGES = ["/docs", "/problems", *(f"/problems/{code}" for code in KINDS), "/problems/nothing"]


def every(value: Any, name: str) -> Iterator[Any]:
    """Every value under a name, however deep."""
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == name)
        yield from (found for each in value.values() for found in every(each, name))
    elif isinstance(value, list):
        yield from (found for each in value for found in every(each, name))


# The document


def test_it_keeps_the_rules_of_openapi():
    errors = jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)
    assert [str(each) for each in errors] == []


def test_every_shape_is_a_json_schema():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_every_reference_leads_somewhere():
    for found in every(DOCUMENT, "$ref"):
        at: Any = DOCUMENT
        for part in found.removeprefix("#/").split("/"):
            at = at[part]
        assert at


def test_every_endpoint_is_an_operation_of_its_own_name():
    assert list(OPERATIONS) == [*(each.name for each in ENDPOINTS), "healthz", "readyz"]
    for each in ENDPOINTS:
        operation = DOCUMENT["paths"][each.path][each.method.lower()]
        assert operation["operationId"] == each.name
        assert operation["security"] == [{"apiKey": [scope]} for scope in each.scopes]
        assert str(each.status) in operation["responses"]


def test_every_name_in_an_address_is_a_parameter():
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            declared = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert declared == re.findall(r"{(\w+)}", path)


def test_what_can_go_wrong_is_said_where_it_can():
    for endpoint in ENDPOINTS:
        said = set()
        for response in OPERATIONS[endpoint.name]["responses"].values():
            for enum in every(response, "enum"):
                said |= set(enum) & KINDS.keys()
        assert {each.code for each in endpoint.refusals} <= said
        assert {"invalid_request", "unauthorized", "forbidden", "fault", "stopping"} <= said
        assert ("request_in_flight" in said) == (endpoint.writes and endpoint.name != "batch")


def test_every_code_has_its_example():
    assert DOCUMENT["components"]["examples"].keys() == KINDS.keys()


def test_everything_has_an_example():
    for name, operation in OPERATIONS.items():
        body = operation.get("requestBody", {}).get("content", {})
        if body:
            assert any(each.get("examples") for each in body.values()), name
        for status, response in operation["responses"].items():
            for content in response["content"].values():
                assert content["examples"], (name, status)


def test_everything_is_described():
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema["description"], name
        for field, of in schema.get("properties", {}).items():
            assert of.get("description"), f"say in wire/field_docs.py what {name}.{field} means"
    for name, operation in OPERATIONS.items():
        assert name in operation_docs.OPERATIONS
        for parameter in operation["parameters"]:
            assert parameter.get("description"), (name, parameter["name"])
    assert [each["name"] for each in DOCUMENT["tags"]] == list(operation_docs.GROUPS)


def test_nothing_is_explained_that_is_not_there():
    shapes = DOCUMENT["components"]["schemas"]
    names = {field for properties in every(DOCUMENT, "properties") for field in properties}
    assert field_docs.FIELDS.keys() <= names
    for shape, field in field_docs.OF_SHAPE:
        known = {*shapes.get(shape, {}).get("properties", {})}
        for each in shapes.get(shape, {}).get("oneOf", ()):
            known |= {*shapes[each["$ref"].rpartition("/")[2]]["properties"]}
        assert shape == "GenerationBody" or field in known, (shape, field)
    assert operation_docs.OPERATIONS.keys() == OPERATIONS.keys()
    given = {each["name"] for of in OPERATIONS.values() for each in of["parameters"]}
    assert parameter_docs.PARAMETERS.keys() <= given


def test_instants_are_date_times_and_answers_are_whole():
    hold = DOCUMENT["components"]["schemas"]["Hold"]
    assert hold["properties"]["expires_at"]["format"] == "date-time"
    assert set(hold["required"]) == set(hold["properties"])
    assert DOCUMENT["components"]["schemas"]["WaitWay"]["required"] == ["kind", "at", "available"]


# What the codes mean


def test_the_facts_of_refusals_are_those_of_their_reference():
    from tallystick.wire.problem_docs import PROBLEM_DOCS

    for code, _, _, facts, _ in ROW.findall(CODES):
        sometimes = set(re.findall(r"`(\w+)`", "".join(re.findall(r"\[(.+?)\]", facts))))
        said = PROBLEM_DOCS[code]
        assert set(said.sometimes) == sometimes, code
        assert set(said.facts) == set(re.findall(r"`(\w+)`", facts)) - sometimes, code


# The pages


@pytest.fixture(scope="module")
def pages(world: World) -> dict[str, Reply]:
    return {page: world.caller.ask("GET", page) for page in PAGES}


class Markup(HTMLParser):
    """A page's tags: whether each is closed, its ids, and where its links lead."""

    EMPTY = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.inline: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.EMPTY:
            self.open.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[each] or "" for each in ("href", "src") if each in given]
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_needs_nothing_from_elsewhere(pages: dict[str, Reply], page: str):
    reply = pages[page]
    assert reply.status == (404 if page == "/problems/nothing" else 200)
    assert reply.header("content-type") == "text/html; charset=utf-8"
    policy = reply.header("content-security-policy") or ""
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    found = Markup(reply.body.decode())
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert all(each.startswith(("/", "#")) and not each.startswith("//") for each in found.links)
    assert found.inline == [], "the policy would not let it run"


def test_every_link_of_a_page_leads_somewhere(pages: dict[str, Reply], world: World):
    marks = {page: Markup(reply.body.decode()) for page, reply in pages.items()}
    for page, found in marks.items():
        for link in found.links:
            address, _, anchor = link.partition("#")
            to = address.partition("?")[0] or page
            if anchor:
                assert anchor in marks[to].ids, (page, link)
            elif to not in PAGES:
                assert world.caller.ask("GET", to).status in (200, 307), (page, link)


@pytest.mark.parametrize("page", ["/docs", "/problems", "/problems/insufficient_credits"])
def test_what_scrolls_can_be_scrolled_by_keyboard(pages: dict[str, Reply], page: str):
    """Long examples scroll; without a place in the order of tabs a keyboard does not reach them."""
    opened = re.findall(r"<pre[^>]*>", pages[page].body.decode())
    assert page == "/problems" or len(opened) > 0
    for tag in opened:
        assert 'tabindex="0"' in tag
        assert "aria-label=" in tag


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2): 1 for the same, 21 for black on white."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", ["paper", "sheet", "code"])
def test_small_texts_and_copy_buttons_can_be_read_in_light_and_dark(world: World, ground: str):
    style = world.caller.ask("GET", "/static/docs.css").body.decode()
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part))
        for part in style.partition("@media (prefers-color-scheme: dark)")[::2]
    )
    for colours in (light, {**light, **dark}):
        assert _contrast(colours["soft"], colours[ground]) >= 4.5
        assert _contrast(colours["ink"], colours[ground]) >= 7
    (copy,) = re.findall(r"\.copy \{[^}]*\}", style)[:1]
    assert "opacity" not in copy, "a button that is seen through has less contrast than its colour"


def test_a_browser_that_asks_for_an_icon_gets_one(world: World):
    reply = world.caller.ask("GET", "/favicon.ico")
    assert (reply.status, reply.header("content-type")) == (200, "image/png")
    assert reply.body == world.caller.ask("GET", "/static/mark.png").body


def test_the_api_page_shows_every_operation_with_all_there_is(pages: dict[str, Reply]):
    found = Markup(pages["/docs"].body.decode())
    text = "".join(found.text)
    for endpoint in ENDPOINTS:
        assert endpoint.name in found.ids
        assert endpoint.summary in text
        assert (
            f"/problems/{endpoint.refusals[0].code}" in found.links if endpoint.refusals else True
        )
    for fields in every(DOCUMENT["components"]["schemas"], "properties"):
        assert all(name in text for name in fields)
    assert text.count("curl http://127.0.0.1:8700/v1/") > len(ENDPOINTS)


def test_the_api_page_is_small_on_the_wire(world: World):
    reply = world.caller.ask("GET", "/docs", headers=[("accept-encoding", "gzip")])
    assert reply.header("content-encoding") == "gzip"
    assert len(reply.body) < 86_000
    assert gzip.decompress(reply.body) == world.caller.ask("GET", "/docs").body


@pytest.mark.parametrize("page", ["/docs", "/openapi.json", "/problems", "/static/docs.css"])
def test_what_a_browser_has_it_is_not_sent_again(world: World, page: str):
    first = world.caller.ask("GET", page)
    again = world.caller.ask("GET", page, headers=[("if-none-match", first.header("etag") or "")])
    assert (again.status, again.body) == (304, b"")


def test_openapi_json_is_the_document(world: World):
    reply = world.caller.ask("GET", "/openapi.json")
    assert reply.header("content-type") == "application/json"
    assert reply.json == json.loads(json.dumps(DOCUMENT))


@pytest.mark.parametrize("code", KINDS)
def test_the_type_of_a_problem_is_an_address_that_explains_it(pages: dict[str, Reply], code: str):
    example = DOCUMENT["components"]["examples"][code]["value"]
    text = "".join(Markup(pages[example["type"]].body.decode()).text)
    for wanted in (
        code,
        str(KINDS[code].status),
        json.dumps(example["detail"], ensure_ascii=False),
    ):
        assert wanted in text


def test_a_code_that_does_not_exist_is_not_explained(world: World):
    reply = world.caller.ask("GET", "/problems/insuficient_credits")
    assert reply.status == 404
    assert b'href="/problems/insufficient_credits"' in reply.body
    strange = world.caller.ask("GET", "/problems/%3Cscript%3E")
    assert b"<script>" not in strange.body


def test_files_of_the_pages_are_kept_for_good_and_nothing_else_is_served(world: World):
    for path in STATIC.iterdir():
        reply = world.caller.ask("GET", f"/static/{path.name}")
        assert (reply.status, reply.body) == (200, path.read_bytes())
        assert "immutable" in (reply.header("cache-control") or "")
    for name in ("nothing.css", "..%2Fdocuments.py", ".."):
        assert world.caller.ask("GET", f"/static/{name}").status == 404


def test_what_the_pages_are_made_of_knownno_other_place():
    for name in ("docs.css", "docs.js"):
        found = re.findall(r"https?://[\w.:]+|@import|url\(", (STATIC / name).read_text("utf-8"))
        assert set(found) <= {"http://127.0.0.1:8700"}, name


def test_the_first_page_is_the_api_page_unless_somebody_has_another(fresh: World):
    reply = fresh.caller.ask("GET", "/")
    assert (reply.status, reply.header("location")) == (307, "/docs")

    @get("/")
    async def mine() -> str:
        return "mine"

    fresh.caller.app = application(fresh.engine, more=[mine])
    assert fresh.caller.ask("GET", "/").body == b"mine"
    assert fresh.caller.ask("GET", "/docs").status == 200
