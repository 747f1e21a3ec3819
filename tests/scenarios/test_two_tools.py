"""One display name in two tools, as on Artlist's page: Grok Imagine makes videos and images."""

import pytest

from tallystick import InvalidRequest, Tallystick, UnknownModel, commands
from tests.scenarios.story import Story, Tell

SHARED = """\
platform: duo
name: Duo
tools: [{id: video, name: Video}, {id: image, name: Still image}]
models:
  - {name: Muse, id: muse-film, tool: video, rates: [{credits: 20, per: second}]}
  - {name: Muse, id: muse-still, tool: image, rates: [{credits: 7, per: image}]}
  - {name: Solo, tool: image, rates: [{credits: 3, per: image}]}
plans:
  - {id: pro, name: Pro, packages: [{credits: 1000}]}
"""


@pytest.fixture
def story(tell: Tell) -> Story:
    story = tell(catalog=SHARED)
    story.subscribe("Pro")
    return story


def test_the_shipped_catalog_uses_the_names_of_the_page():
    with Tallystick.open(":memory:", "artlist") as artlist:
        film = artlist.quote("Grok Imagine", seconds=5, resolution="720p", tool="video")
        still = artlist.quote("Grok Imagine", tool="image")
        assert (film.credits, still.credits) == (875, 80)
        assert {film.lines[0].name, still.lines[0].name} == {"Grok Imagine"}
        with pytest.raises(InvalidRequest) as error:
            artlist.quote("Grok Imagine", seconds=5)
        assert (error.value.where, error.value.allowed) == ("tool", ("video", "image"))
        assert "tool=video or tool=image" in str(error.value)
        assert artlist.quote("grok-imagine", seconds=5, resolution="720p").credits == 875
        assert artlist.quote("grok-imagine-image").credits == 80


@pytest.mark.parametrize("tool", ["video", "VIDEO", "Video"])
def test_every_verb_that_names_a_model_takes_its_tool(story: Story, tool: str):
    assert story.quote("muse", tool=tool, seconds=2).credits == 40
    assert story.charge("Muse", tool=tool, seconds=2).credits == 40
    hold = story.hold("Muse", tool="Still image", images=2)
    assert hold.credits == 14
    assert story.settle(hold.hold, images=1).credits == 7
    lease = story.lease(100)
    assert story.draw(lease.hold, "Muse", tool=tool, seconds=1).credits == 20


def test_a_lease_spends_on_the_tool_that_is_named(story: Story):
    with story.lease(200) as lease:
        assert lease.spend("Muse", tool="video", seconds=3).credits == 60
        assert lease.spend("Muse", tool="image").credits == 7
        with pytest.raises(InvalidRequest, match="say tool=video or tool=image"):
            lease.spend("Muse")


def test_a_batch_and_an_estimate_name_it_too(story: Story):
    (answer,) = story.credits.execute([commands.Charge("ada", "Muse", {"images": 2}, tool="image")])
    assert answer.credits == 14
    lines = ["3 x Muse tool=image", (2, "Muse", {"tool": "video", "seconds": 5})]
    assert story.credits.estimate(lines).credits == 21 + 200
    assert story.credits.estimate(["3 x Muse", "1 x Solo"], tool="image").credits == 24
    with pytest.raises(InvalidRequest, match="tool=video or tool=image"):
        story.credits.estimate(["3 x Muse"])


def test_the_capacity_of_one_tool(story: Story):
    lines = story.credits.capacity("Pro", tool="still image").lines
    assert [(line.model, line.count) for line in lines] == [("muse-still", 142), ("solo", 333)]
    with pytest.raises(InvalidRequest, match="unknown tool 'audio'"):
        story.credits.capacity("Pro", tool="audio")


def test_a_tool_that_has_no_such_model(story: Story):
    with pytest.raises(UnknownModel, match="Solo is a model of image, not of video"):
        story.quote("Solo", tool="video")
    with pytest.raises(UnknownModel, match="has no model 'Mues'; the nearest: Muse"):
        story.quote("Mues", tool="video")
    assert story.quote("Solo", tool="image").credits == 3


def test_usage_of_a_shared_name_asks_for_the_tool(story: Story):
    story.charge("Muse", tool="image")
    story.charge("Muse", tool="video", seconds=1)
    assert [line.credits for line in story.usage(model="Muse", tool="video")] == [20]
    assert [line.credits for line in story.usage(model="muse-still")] == [7]
    with pytest.raises(InvalidRequest, match="tool=video or tool=image"):
        story.usage(model="Muse")


def test_what_would_be_cheaper_can_be_asked_for_as_it_is_named(story: Story):
    quote = story.quote("Solo", images=1_000)
    assert quote.refusal is not None
    for way in story.quote("muse-still", images=300).refusal.ways_out:
        if way.kind == "cheaper":
            assert story.quote(way.model, images=300, tool=way.tool).credits == way.credits


def test_ids_stay_unique():
    twice = SHARED.replace("id: muse-still, ", "").replace("id: muse-film, ", "")
    with pytest.raises(InvalidRequest, match="has the id 'muse': give one of them another id"):
        Tallystick.open(":memory:", catalog=twice)
    as_id = SHARED.replace("id: muse-film", "id: muse")
    with pytest.raises(InvalidRequest, match="has the id 'muse': give one of them another id"):
        Tallystick.open(":memory:", catalog=as_id)
