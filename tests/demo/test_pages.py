"""The pages of the demo: what they show is what the engine says, and they are sound HTML."""

import re
import shlex
from base64 import b64encode
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from tallystick.catalogs import shipped
from tallystick.catalogs.prices import price_page
from tallystick.core.catalog import Model, Published, Table
from tallystick.core.credits import show
from tallystick.core.pricing import unit_of
from tallystick.demo.people import PLATFORMS, Person
from tests.demo.browsing import Browser, Page

EVERYBODY = [(platform, person) for platform in PLATFORMS for person in PLATFORMS[platform]]
SAMPLES = 14


def named(value: str | Person) -> str:
    return value.account if isinstance(value, Person) else value


def sound(page: Page, status: int = 200) -> Page:
    assert (page.status, page.problems()) == (status, [])
    return page


@pytest.mark.parametrize(("platform", "person"), EVERYBODY, ids=named)
def test_everybody_has_a_page(looking: Browser, platform: str, person: Person):
    page = sound(looking.get(f"/demo/{platform}", account=person.account))
    with looking.connect(platform) as credits:
        balance = credits.balance(person.account)
        newest = credits.entries(person.account, newest=True)[0]
    shown = page.text()
    assert person.story in shown
    assert f"{balance.available:,} credits" in page.within("p", "sum")
    assert " ".join(newest.text.split()) in page.within("td")
    if balance.cycle:
        assert f"Used {balance.cycle.used:,} of {balance.cycle.allotment:,}" in shown
        assert f"{balance.cycle.renews_at:%Y-%m-%d %H:%M:%S} UTC" in page.within("dd")
    for each in balance.sources:
        assert f"{each.available:,}" in page.within("td", "number")


def test_the_start_page_is_a_platforms_and_leads_to_all(looking: Browser):
    page = sound(looking.get("/"))
    links = [each.given["href"] for each in page.named("a")]
    for platform in PLATFORMS:
        assert f"/demo/{platform}" in links
        assert sound(looking.get(f"/demo/{platform}")).named("a", **{"aria-current": "page"})
    for place in ("/docs", "/openapi.json", "/v1/prices", "/readyz", "/metrics"):
        assert place in links


@pytest.mark.parametrize("platform", PLATFORMS)
def test_without_anybody_it_shows_the_list_price(looking: Browser, platform: str):
    page = sound(looking.get(f"/demo/{platform}", account=""))
    assert "This is the list price." in page.text()
    assert not page.within("p", "verdict")


def chosen(chance: Random, model: Model) -> dict[str, Any]:
    """Settings and quantities as somebody might choose them."""
    params: dict[str, Any] = {each.name: chance.choice(each.values) for each in model.settings}
    for rate in model.rates:
        unit, table = unit_of(rate.price), rate.price
        if isinstance(table, Table):
            params[f"{unit}s"] = show(chance.choice(table.rows)[0])
        elif unit:
            params[f"{unit}s"] = chance.randint(1, 40)
    return params


def picks() -> list[Any]:
    chance = Random("what the pages show")
    found = []
    for platform, people in PLATFORMS.items():
        models = shipped(platform).models
        for model in chance.sample(models, min(SAMPLES, len(models))):
            account, outputs = chance.choice(people).account, chance.choice((1, 1, 3))
            found.append(
                pytest.param(
                    platform,
                    model,
                    account,
                    outputs,
                    chosen(chance, model),
                    id=f"{platform} {model.id}",
                )
            )
    return found


@pytest.mark.parametrize(("platform", "model", "account", "outputs", "params"), picks())
def test_the_price_shown_is_the_price_quoted(
    looking: Browser,
    platform: str,
    model: Model,
    account: str,
    outputs: int,
    params: dict[str, Any],
):
    page = sound(
        looking.get(f"/demo/{platform}", model=model.id, account=account, outputs=outputs, **params)
    )
    with looking.connect(platform) as credits:
        quote = credits.quote(model.id, account, outputs=outputs, **params)
        listed = credits.quote(model.id, outputs=outputs, **params)
    least = f"{quote.min:,} to " if quote.min != quote.max else ""
    noun = "credit" if quote.max == 1 else "credits"
    assert page.within("p", "sum")[0] == f"{least}{quote.max:,} {noun}"
    verdict = page.within("p", "verdict")[0]
    if quote.allowed:
        assert "may generate this" in verdict
        assert (
            f"{quote.balance_before:,} \N{RIGHTWARDS ARROW} {quote.balance_after:,}" in page.text()
        )
        shown = page.within("dd")
        assert all(any(f"{each.credits:,} " in text for text in shown) for each in quote.burns)
    else:
        assert quote.refusal is not None
        assert quote.refusal.message in verdict
        assert len(page.within("b")) == len(quote.refusal.ways_out)
    if quote.credits != listed.credits:
        assert page.within("s") == [f"{listed.credits:,}"]


def test_a_price_that_the_plan_waives_is_shown_beside_what_it_would_be(looking: Browser):
    picked = {"model": "google-text-to-speech", "characters": 9_000}
    waived = sound(looking.get("/demo/videodraft", account="academy", **picked))
    assert waived.within("p", "sum")[0] == "0 credits"
    assert waived.within("s") == ["90"]
    assert "The list price of 90 credits is 0 credits on the plan Studio" in waived.text()
    assert not sound(looking.get("/demo/videodraft", account="clara", **picked)).within("s")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_price_of_the_list_leads_to_its_quote(looking: Browser, platform: str):
    page = looking.get(f"/demo/{platform}", account="")
    links = [each.given["href"] for each in page.named("a") if each.given["href"][-6:] == "#price"]
    tools = price_page(Published(1, 0, shipped(platform))).tools
    rates = [row.rate for tool in tools for model in tool.models for row in model.rows]
    assert len(links) == len(rates)
    every = max(1, len(links) // SAMPLES)
    for link, rate in list(zip(links, rates, strict=True))[::every]:
        assert f"Rate {rate}." in sound(looking.get(link.removesuffix("#price"))).text()


def test_a_refusal_shows_its_ways_out_and_a_cheaper_one_leads_to_what_it_promises(looking: Browser):
    page = sound(looking.get("/demo/artlist", model="sora-2-pro", account="jonas",
                             resolution="1080p", seconds=10))  # fmt: skip
    assert "2,250 are missing" in page.within("p", "verdict")[0]
    assert {"Wait", "Upgrade", "Less", "Cheaper"} == set(page.within("b"))
    ways = [each for each in page.within("li") if each.startswith("Cheaper")]
    links = [
        each.given["href"] for each in page.named("a") if "sora-2-pro" not in each.given["href"]
    ]
    promised = re.search(r"([\d,]+) credits$", ways[0])
    assert promised is not None
    leading = [link for link in links if "account=jonas" in link and "seconds=10" in link]
    assert promised[0] in sound(looking.get(leading[0])).within("p", "sum")


def test_the_platforms_own_words_for_its_money_are_used(looking: Browser):
    tokens = looking.get("/demo/imagineart", account="ravi")
    assert "Plans and Tokens" in tokens.within("h2")
    assert "Tokens never expires" in tokens.within("th")
    assert not [each for each in tokens.within("dt") if "top-up" in each.lower()]
    refused = looking.get("/demo/imagineart", account="omar", model="example-video", outputs=20)
    assert "Tokens" in refused.within("b")
    assert "Plans and top-ups" in looking.get("/demo/videodraft").within("h2")


# The form


def fields(page: Page) -> dict[str, str | None]:
    """The fields of a form with their values; of a select it is the first option or the chosen."""
    return {
        each.given["name"]: each.given.get("value")
        for each in page.nodes
        if each.tag in {"input", "select"}
    }


def test_the_form_has_the_settings_and_quantities_of_the_model(looking: Browser):
    assert fields(looking.get("/demo/artlist", model="veo-3.1")).keys() == {
        "model", "resolution", "audio", "seconds", "outputs", "_for", "account"}  # fmt: skip
    assert fields(looking.get("/demo/artlist", model="eleven v2"))["characters"] == "600"
    sold = looking.get("/demo/videodraft", model="google-veo2")
    assert [each for each in sold.within("option") if each in {"5", "8"}] == ["5", "8"]
    assert "does not change the price" in looking.get("/demo/imagineart").text()


def test_another_model_is_shown_with_its_own_settings(looking: Browser):
    former = {"_for": "veo-3.1", "resolution": "1080p", "audio": "on", "seconds": 8}
    page = sound(looking.get("/demo/artlist", model="flux-2.0", outputs=2, **former))
    assert fields(page)["images"] == "1"
    assert page.within("p", "sum")[0] == "100 credits"


WRONG = [
    ({"model": "Veo 9"}, "model", "no model 'Veo 9'"),
    ({"model": ""}, "model", "no model ''"),
    ({"model": "veo-3.1", "seconds": "-3"}, "in-seconds", "Seconds must be"),
    ({"model": "veo-3.1", "seconds": ""}, "in-seconds", "say how many"),
    ({"model": "veo-3.1", "seconds": "eight"}, "in-seconds", "must be a number"),
    ({"model": "flux-2.0", "images": "1.5"}, "in-images", "whole number"),
    ({"model": "flux-2.0", "images": "9" * 400}, "in-images", "Images must be"),
    ({"model": "flux-2.0", "outputs": "0"}, "in-outputs", "from 1 to 1,000"),
    ({"model": "flux-2.0", "outputs": "\u00b2"}, "in-outputs", "from 1 to 1,000"),
    ({"model": "veo-3.1", "resolution": "9p"}, "in-resolution", "must be 720p or 1080p"),
    ({"model": "veo-3.1", "colour": "red"}, None, "no setting or quantity 'colour'"),
    ({"model": "veo-3.1", "self": "x"}, None, "no setting or quantity 'self'"),
    ({"model": "veo-3.1", "<b>": "<i>"}, None, "no setting or quantity '<b>'"),
    ({"account": "\x00"}, None, "printable"),
    ({"account": "x" * 999}, None, "printable"),
]


@pytest.mark.parametrize(("picked", "field", "message"), WRONG)
def test_what_is_wrong_with_an_address_stands_beside_its_field(
    looking: Browser, picked: dict[str, str], field: str | None, message: str
):
    page = sound(looking.get("/demo/artlist", **picked), 400)
    said = page.within("p", "error")
    assert len(said) == 1
    assert message in said[0]
    marked = [each.given["id"] for each in page.nodes if "aria-invalid" in each.given]
    assert marked == ([field] if field else [])
    assert "Pixelforge Studio" in page.text()


def test_a_model_that_is_not_there_has_the_nearest_beside_it(looking: Browser):
    page = looking.get("/demo/artlist", model="Veo 3", account="mara")
    nearest = [each.given["href"] for each in page.named("a") if "Veo+3.1" in each.given["href"]]
    assert nearest
    assert sound(looking.get(nearest[0])).named("a", **{"aria-current": "true"})


def test_an_account_that_is_not_there_is_said_and_the_list_price_is_shown(looking: Browser):
    page = sound(looking.get("/demo/artlist", account="nobody-here"), 404)
    assert "no account 'nobody-here'" in page.within("p", "error")[0]
    assert page.within("p", "sum") == ["4,000 credits"]


def test_a_platform_that_is_not_there_has_a_page_that_says_so(looking: Browser):
    page = sound(looking.get("/demo/%3Cb%3Enowhere"), 404)
    assert "no platform '<b>nowhere'" in page.text()
    assert looking.get("/demo/").status == 404


@pytest.mark.parametrize("query", ["%ff=%fe", "=&=&&;", "model=%ff", "a" * 8_000, "account=%F0%9F"])
def test_no_address_breaks_a_page(looking: Browser, query: str):
    page = looking.get(f"/demo/videodraft?{query}")
    assert page.status < 500
    assert page.problems() == []


# Safety


def test_names_are_shown_as_they_are_and_are_never_markup(browser: Browser):
    name, account = '<script>alert(1)</script> & "Co"', "<img src=x>'\"&?/ #é"
    with browser.connect("artlist") as credits:
        credits.open_account(account, name=name, members=["<i>m</i>"])
        credits.grant(account, 9_000, reason="<b>bold</b>")
    page = sound(browser.get("/demo/artlist", account=account))
    assert f"Balance of {name}" in page.within("h2")
    assert account in [each.strip() for each in page.within("a")]
    assert any("<i>m</i>: 0" in each for each in page.within("dd"))
    assert not page.named("img")
    assert not page.named("i", **{"class": ""})
    assert len(page.named("script")) == 1


def test_a_page_loads_nothing_and_runs_only_what_it_brought(looking: Browser):
    page = looking.get("/")
    policy = page.headers["content-security-policy"]
    for tag in ("style", "script"):
        own = re.search(f"<{tag}>(.*?)</{tag}>", page.source, re.DOTALL)
        assert own is not None
        digest = b64encode(sha256(own[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"


HOSTS = [
    ("localhost:9000", "//localhost:9000/v1/"),
    ("[::1]:9000", "//[::1]:9000/v1/"),
    ("192.0.2.7:8700", "//192.0.2.7:8700/v1/"),
    ("demo.example.com", "//demo.example.com/v1/"),
]
STRANGERS = [
    "attacker.example.com:8700",
    "localhost.example.com",
    "nowhere;id",
    "a'b",
    "127.0.0.1.x",
    "[::1].example.com",
    "demo.example.com@x",
    "LOCALHOST.",
    "example.com:99999999",
]


@pytest.mark.parametrize(("host", "address"), HOSTS)
def test_lines_to_paste_name_the_server_as_the_browser_does(
    looking: Browser, host: str, address: str
):
    assert shlex.split(looking.get_as(host).within("code")[1])[2].startswith(f"http:{address}")


@pytest.mark.parametrize("host", STRANGERS)
def test_no_key_is_shown_under_a_name_that_is_not_ours(looking: Browser, host: str):
    """A page of somebody else, whose name was made to lead to this machine, would read it."""
    page = sound(looking.get_as(host), 421)
    assert "localhost" in page.text()
    assert not [key for key in looking.keys.values() if key in page.source]


def test_no_clock_is_moved_under_a_name_that_is_not_ours(browser: Browser):
    before = clock(browser, "artlist")
    names = {"host": "attacker.example.com", "sec_fetch_site": "same-origin"}
    assert browser.post("/demo/artlist/clock", {"by": "1d"}, **names).status == 421
    assert clock(browser, "artlist") == before


# The clock


def clock(browser: Browser, platform: str) -> str:
    return browser.get(f"/demo/{platform}").within("time")[0]


def test_a_platforms_clock_can_be_moved_and_its_resets_come(browser: Browser):
    before = browser.get("/demo/artlist", account="jonas")
    form = next(each for each in before.named("form") if each.given["method"] == "post")
    moved = browser.post(form.given["action"], {"by": "1mo"}, sec_fetch_site="same-origin")
    assert moved.status == 303
    after = sound(browser.get(moved.headers["location"]))
    assert before.within("time")[0][:7] == "2026-05"
    assert after.within("time")[0][:7] == "2026-06"
    assert "Used 0 of 16,500" in after.text()
    assert "jonas" in moved.headers["location"]
    assert clock(browser, "imagineart")[:7] == "2026-05"


REFUSED = [
    ({"by": "1d"}, {"sec_fetch_site": "cross-site"}, 403),
    ({"by": "1d"}, {"sec_fetch_site": "same-site"}, 403),
    ({"by": "1d"}, {"origin": "http://example.com"}, 403),
    ({"by": "1d"}, {"origin": "null"}, 403),
    ({"by": "9y"}, {}, 400),
    ({}, {}, 400),
]


@pytest.mark.parametrize(("form", "headers", "status"), REFUSED)
def test_no_other_site_moves_a_clock_and_nothing_moves_it_far(
    looking: Browser, form: dict[str, str], headers: dict[str, str], status: int
):
    before = clock(looking, "videodraft")
    sound(looking.post("/demo/videodraft/clock", form, **headers), status)
    assert clock(looking, "videodraft") == before


def test_a_form_of_this_server_may_come_with_an_origin_only(browser: Browser):
    assert browser.post("/demo/videodraft/clock", {"by": "1d"}, origin=browser.url).status == 303
    assert browser.post("/demo/nowhere/clock", {"by": "1d"}, origin=browser.url).status == 404
