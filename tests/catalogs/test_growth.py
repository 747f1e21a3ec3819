"""A catalog takes time in proportion to its size: to read, to refuse, to compare, to publish."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tallystick import Tallystick, catalogs
from tallystick.catalogs import diff, load_text
from tallystick.core.errors import InvalidCatalog
from tallystick.engine import platforms
from tallystick.testing import TestClock
from tests.growth import doubling, faster_than_linear

HEAD = "platform: small\nname: Small\ntools: [{id: image, name: Image}, {id: film, name: Film}]\n"
TOOLS = ", ".join(f"{{id: t{at}, name: T{at}}}" for at in range(900))
RATES = "rates: [{credits: 1, per: image}]"


def models(many: int, dearer: int = 0) -> str:
    """A catalog of so many models with settings, aliases and rates for some plans."""
    each = "".join(
        f"  - name: Model {at}\n"
        f"    tool: film\n"
        f"    aliases: [m {at}, the model {at}]\n"
        f"    settings: {{resolution: [720p, 1080p], audio: ['on', 'off']}}\n"
        f"    rates:\n"
        f"      - {{when: {{resolution: 720p}}, credits: {at % 9 + dearer}, per: second}}\n"
        f"      - {{when: {{resolution: 1080p}}, credits: {at % 9 + 9 + dearer}, per: second,"
        f" plans: {{pro: {{credits: 1, per: second}}}}}}\n"
        for at in range(many)
    )
    return f"{HEAD}models:\n{each}plans: [{{id: pro, name: Pro, packages: [{{credits: 9}}]}}]\n"


def listed(name: str, many: int) -> str:
    return f"[{', '.join(f'{name}{at}' for at in range(many))}]"


def one_model(fields: str) -> str:
    return f"{HEAD}models:\n  - {{name: M, tool: image, {fields}}}\n"


def sizes_of_rows(many: int, dearer: int = 0) -> str:
    """A model whose price depends on a setting of many values, a rate for each."""
    rows = ", ".join(f"{{when: {{size: v{at}}}, credits: {at + dearer}}}" for at in range(many))
    return one_model(f"settings: {{size: {listed('v', many)}}}, rates: [{rows}]")


SOUND: dict[str, tuple[Callable[[int], str], int]] = {
    "models": (models, 2_048),
    "values of a setting": (
        lambda many: one_model(f"settings: {{size: {listed('v', many)}}}, {RATES}"),
        32_768,
    ),
    "rates": (sizes_of_rows, 512),
    "rows of a table": (
        lambda many: one_model(
            "rates: [{table: {by: seconds, "
            + ", ".join(f"{at}: 1" for at in range(1, many + 1))
            + "}}]"
        ),
        16_384,
    ),
}
WRONG: dict[str, tuple[Callable[[int], str], int]] = {
    "unknown fields": (
        lambda many: HEAD + "".join(f"modle{at}x{many}: 1\n" for at in range(many)),
        8_192,
    ),
    "the same field": (lambda many: HEAD + "wrong: 1\n" * many, 16_384),
    "unknown units": (
        lambda many: (
            f"{HEAD}models:\n"
            + "".join(
                f"  - {{name: M{at}, tool: x, rates: [{{credits: 1, per: sekond{at}x{many}}}]}}\n"
                for at in range(many)
            )
        ),
        2_048,
    ),
    "unknown tools among many": (
        lambda many: (
            f"platform: small\nname: Small\ntools: [{TOOLS}]\nmodels:\n"
            + "".join(
                f"  - {{name: M{at}, tool: imgae{at}x{many}, {RATES}}}\n" for at in range(many)
            )
        ),
        2_048,
    ),
    "unknown values among many": (
        lambda many: one_model(
            f"settings: {{size: {listed('v', many)}}}, "
            f"rates: [{{when: {{size: {listed(f'w{many}x', many)}}}, credits: 1}}]"
        ),
        4_096,
    ),
    "brackets": (lambda many: "[" * many, 1_000_000),
    "flat brackets": (lambda many: f"[{'[],' * many}]", 65_536),
    "anchors": (lambda many: f"[{'&a x,' * many}]", 65_536),
    "aliases": (lambda many: f"[{'*a,' * many}]", 65_536),
    "a text that does not end": (lambda many: 'a: "' + '\\"' * many, 500_000),
    "a long text": (lambda many: f"name: {'x ' * many}", 500_000),
    "empty lines": (lambda many: "\n" * many + "\x00", 1_000_000),
    "deeper and deeper": (lambda many: "".join(" " * at + "a:\n" for at in range(many)), 1_024),
}


def read(text: str) -> Callable[[], Any]:
    def work() -> None:
        with suppress(InvalidCatalog):
            load_text(text)

    return work


@pytest.mark.parametrize("name", SOUND)
def test_a_catalog_is_read_in_proportion_to_its_size(name: str):
    made, most = SOUND[name]
    load_text(made(64))
    assert faster_than_linear(lambda many: read(made(many)), doubling(most // 8, most)) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_catalog_is_refused_in_proportion_to_its_size(name: str):
    made, most = WRONG[name]
    with pytest.raises(InvalidCatalog):
        load_text(made(64))
    assert faster_than_linear(lambda many: read(made(many)), doubling(most // 8, most)) is None


@pytest.mark.parametrize(
    ("before", "after", "most"),
    [
        (models, lambda many: models(many, 2), 1_024),
        (lambda many: models(8), models, 1_024),
        (sizes_of_rows, lambda many: sizes_of_rows(many + 1, 2), 512),
        (lambda many: one_model(f"aliases: {listed('a', many)}, {RATES}"),
         lambda many: one_model(f"aliases: {listed('b', many)}, {RATES}"), 512),
    ],
    ids=["dearer", "new models", "a new value and other prices", "other aliases"],
)  # fmt: skip
def test_catalogs_are_compared_in_proportion_to_their_size(
    before: Callable[[int], str], after: Callable[[int], str], most: int
):
    def compared(many: int) -> Callable[[], Any]:
        old, new = load_text(before(many)), load_text(after(many))
        return lambda: [diff(old, new) for _ in range(4)]

    assert faster_than_linear(compared, doubling(most // 8, most)) is None


def test_rates_are_compared_with_those_that_may_match_the_same(monkeypatch: pytest.MonkeyPatch):
    """Each old row with each new one would be a million pairs for the largest model."""
    from tallystick.catalogs import model_diff

    pairs: list[int] = []
    real = model_diff._both
    monkeypatch.setattr(model_diff, "_both", lambda *given: (pairs.append(1), real(*given))[1])
    changes = diff(load_text(sizes_of_rows(500)), load_text(sizes_of_rows(501, 2)))
    assert len([each for each in changes if each.kind == "price"]) == 500
    assert len(pairs) <= 1_000


# Publishing


def shop(text: str) -> Tallystick:
    return Tallystick.open(":memory:", catalog=text, clock=TestClock("2026-01-10T10:00:00Z"))


def test_a_catalog_is_published_in_proportion_to_its_size():
    def published(many: int) -> Callable[[], Any]:
        prices = iter(range(2, 99))

        def work() -> None:
            with shop(models(many)) as credits:
                for _ in range(2):
                    credits.publish(models(many, next(prices)))

        return work

    assert faster_than_linear(published, doubling(128, 1_024)) is None


def test_a_publication_reads_no_version_again(monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []
    real = platforms.History

    def noted(platform: str, published: Any, *more: Any) -> Any:
        made.append(len(published))
        return real(platform, published, *more)

    monkeypatch.setattr(platforms, "History", noted)
    with shop(models(3)) as credits:
        for dearer in range(1, 6):
            credits.publish(models(3, dearer))
            assert credits.quote("Model 1", resolution="720p", seconds=1).credits == 1 + dearer
    assert made == [1, 1, 1, 1, 1, 1]


def test_nothing_is_read_or_compared_while_nobody_else_can_write(monkeypatch: pytest.MonkeyPatch):
    with shop(models(3)) as credits:
        store: Any = credits._transport.engine.store
        writing: list[bool] = []
        for name in ("check_text", "diff"):
            real = getattr(catalogs, name)

            def noted(*given: Any, real: Any = real) -> Any:
                writing.append(not store._writer.getautocommit())
                return real(*given)

            monkeypatch.setattr(catalogs, name, noted)
        credits.publish(models(3, 1))
        assert writing == [False, False]
