"""Words as people type them: models, settings, quantities, labels, numbers."""

import pytest


@pytest.mark.parametrize(
    ("typed", "credits"),
    [
        ("'Veo 3.1' resolution=1080p audio=on seconds=8", 4000),
        ("veo-3.1 resolution=1080p audio=on seconds=8", 4000),
        ("'VEO 3.1' seconds=8 AUDIO=on", None),
        ("veo 3.1 audio=ON seconds=8 resolution=720P", 4000),
        ("audio=off seconds=8 resolution=720p veo-3.1", 2400),
        ("sora-2 seconds=2.5", 500),
        ("sora-2 seconds=8 outputs=3", 4800),
        ("sora-2 seconds=8 --outputs 3", 4800),
        ("'Eleven v2' characters=12", 3),
        ("'Eleven v2' text='twelve chars'", 3),
        ("'Eleven v2' text='a=b, c=d'", 2),
        ("'Eleven v2' text=naïve", 1),
    ],
)
def test_a_generation_in_words(shell, typed, credits):
    ran = shell(f"quote artlist {typed} --json")
    if credits is None:
        assert ran.code == 2
    else:
        assert ran.json["credits"] == credits


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ("seconds=8", "model"),
        ("sora-2 seconds=8 seconds=9", "seconds"),
        ("sora-2 =8", "settings"),
        ("sora-2 seconds=", "seconds"),
        ("sora-2 seconds=0", "seconds"),
        ("sora-2 seconds=-8", "seconds"),
        ("sora-2 seconds=nan", "seconds"),
        ("sora-2 seconds=1e400", "seconds"),
        ("sora-2 seconds=8 outputs=1.5", "outputs"),
        ("sora-2 seconds=8 outputs=0", "outputs"),
        ("sora-2 seconds=8 outputs=2 --outputs 2", "outputs"),
        ("sora-2 seconds=8 member=ana", "member"),
        ("sora-2 seconds=8 ttl_seconds=60", "ttl_seconds"),
        ("'Eleven v2' text=hello characters=5", "text"),
        ("'Eleven v2' text=", "text"),
    ],
)
def test_a_wrong_word_is_named(shell, typed, where):
    ran = shell(f"quote artlist {typed} --json")
    assert ran.code == 2
    assert ran.json["where"] == where


def test_a_word_that_is_an_option_says_so(shell):
    assert "--plan max-pro" in shell("quote artlist sora-2 seconds=8 plan=max-pro").err


def test_unknown_names_come_with_the_nearest(shell):
    assert "did you mean seconds?" in shell("quote artlist sora-2 second=8").err
    assert "Did you mean 'quote'?" in shell("qoute artlist").err


def test_a_negative_adjustment_is_an_amount_and_no_option(artlist):
    assert artlist("adjust acct_1 -500 --reason goodwill --json").json["credits"] == -500
    assert artlist("adjust acct_1 500 --resaon goodwill --json").code == 2


def test_settling_takes_quantities_only(artlist):
    artlist("hold acct_1 sora-2 seconds=8")
    ran = artlist("settle acct_1 h4 sora-2 --json")
    assert (ran.code, ran.json["where"]) == (2, "quantities")
    assert artlist("settle acct_1 h4 seconds=2 --json").json["credits"] == 400


def test_labels_are_kept_and_found(artlist):
    artlist("charge acct_1 sora-2 seconds=1 --label project=launch --label scene='a=1'")
    artlist("charge acct_1 sora-2 seconds=2 --label project=other")
    found = artlist("usage acct_1 --label project=launch --json").json
    assert [line["labels"] for line in found] == [{"project": "launch", "scene": "a=1"}]


@pytest.mark.parametrize(
    ("filters", "credits"),
    [
        ("--since 2026-02-01T00:00:00Z", [400]),
        ("--from 2026-02-01", [400]),
        ("--since=-1d --until 1h", []),
        ("--to 2026-02-01T00:00:00Z", [200, 3]),
        ("--tool voiceover", [3]),
        ("--model 'sora 2'", [200, 400]),
        ("--member ana", [200]),
        ("--member ana --tool voiceover", []),
    ],
)
def test_usage_is_filtered(artlist, filters, credits):
    artlist("account members set acct_1 ana")
    artlist("account members set acct_1 ben")
    artlist("charge acct_1 sora-2 seconds=1 --member ana")
    artlist("charge acct_1 'Eleven v2' characters=12 --member ben")
    artlist("clock advance artlist 2d")
    artlist("charge acct_1 sora-2 seconds=2 --member ben")
    found = artlist(f"usage acct_1 {filters} --json").json
    assert [line["credits"] for line in found] == credits


def test_bytes_that_are_no_text_are_wrong_usage(artlist):
    assert artlist("account open \udcff --json").json["code"] == "wrong_usage"
    assert "is not UTF-8 text" in artlist("account balance \udcff").err
