"""Catalogs as people write them: JSON on one line, values in another case, slips of the pen."""

import json

import pytest

from tallystick import InvalidRequest, Tallystick
from tests.scenarios.small import small
from tests.scenarios.story import Tell

ONE_LINE = json.dumps(
    {
        "platform": "flat",
        "name": "Flat",
        "tools": [{"id": "image", "name": "Image"}],
        "models": [{"name": "Dot", "tool": "image", "rates": [{"credits": 3}]}],
    }
)


@pytest.mark.parametrize("before", ["", "  "])
def test_json_on_one_line_is_a_catalog_and_no_file_name(before: str):
    assert "\n" not in ONE_LINE
    with Tallystick.open(":memory:", catalog=before + ONE_LINE) as flat:
        assert flat.quote("Dot").credits == 3
        dearer = ONE_LINE.replace('"credits": 3', '"credits": 4')
        assert flat.publish(dearer).changes == ("Dot: 3 -> 4 credits per generation (+33.3 %)",)


def test_what_is_neither_is_said_to_be_no_file():
    with pytest.raises(InvalidRequest, match=r"the catalog 'flat\.yaml' cannot be read"):
        Tallystick.open(":memory:", catalog="flat.yaml")


def test_values_match_in_any_case_within_the_catalog_as_in_requests(tell: Tell):
    settings = "settings: {resolution: {values: [1K, 4K], default: 1k}}"
    rates = "rates: [{when: {resolution: 1k}, credits: 1}, {when: {resolution: [4k]}, credits: 2}]"
    story = tell(
        catalog=f"""
platform: big
name: Big
tools: [{{id: image, name: Image}}]
models: [{{name: Pic, tool: image, {settings}, {rates}}}]
"""
    )
    assert story.credits.quote("Pic", resolution="4k").credits == 2
    assert story.credits.quote("Pic", resolution="4K").lines[0].settings == {"resolution": "4K"}
    assert story.credits.quote("Pic").lines[0].settings == {"resolution": "1K"}


def test_a_publication_says_what_is_hardly_meant_and_is_published(tell: Tell):
    story = tell(catalog=small())
    odd = small("policy: {rounding: {to: 1}}\n")
    odd = odd.replace("credits: 1, per: image", "table: {by: seconds, 5: 500, 8: 80}")
    said = story.credits.publish(odd, dry_run=True)
    assert len(said.warnings) == 1
    assert "8 seconds cost 80, less than the 500 of 5" in said.warnings[0]
    assert story.credits.publish(odd).warnings == said.warnings
    assert story.credits.quote("Dot", seconds=8).credits == 80
