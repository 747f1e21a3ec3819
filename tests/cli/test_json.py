"""``--json``: one document and nothing else, whatever the command and whatever comes of it."""

import json

import pytest

from tests.cli.conftest import START

STORY = """\
init artlist --test-clock 2026-01-31T10:00:00Z
init imagineart --test-clock 2026-01-31T10:00:00Z --db tokens.db
catalog list
catalog show artlist
catalog show artlist --source
catalog show artlist --version 1 --tool music --notes
catalog diff 1 artlist
catalog diff artlist videodraft
quote artlist "Veo 3.1" resolution=1080p audio=on seconds=8
estimate artlist --line '2 x Sora 2 seconds=8' --days 3 --buffer 20%
capacity artlist "AI Suite Starter" --package 40000
account open acct_1 --member ana=5000
account list
account show acct_1
account members list acct_1
account members set acct_1 ben
account members remove acct_1 ben
subscribe acct_1 "AI Suite Starter" --package 40000 --preview
subscribe acct_1 "AI Suite Starter" --package 40000
change-plan acct_1 max-pro --package 240000 --preview
change-plan acct_1 --interval yearly
resume acct_1 --preview
resume acct_1
cancel acct_1
resume acct_1
pay acct_1 2026-06-30T10:00:00Z
pay acct_1 --cycles 1 --preview
pause acct_1 --until 2027-06-30T10:00:00Z --preview
reset-cycle acct_1 "a wrong start" --preview
end acct_1 "charged back" --preview
quote artlist "Sora 2" seconds=8 --account acct_1
hold acct_1 "Sora 2" seconds=8 --member ana --label project=launch
account holds acct_1
extend acct_1 h11 60
settle acct_1 h11 seconds=2
hold acct_1 "Sora 2" seconds=1 --member ana
release acct_1 h14
charge acct_1 "Eleven v2" text="Hello, world" --member ana
usage acct_1
account receipt acct_1 h11
account entries acct_1 --newest --limit 2
account balance acct_1
account balance acct_1 --as-of 2027-01-01T00:00:00Z
grant acct_1 100
adjust acct_1 50 --reason goodwill
adjust acct_1 -50 --reason undone
reverse acct_1 17 --reason wrong
grant acct_1 100 --tool video --price "9.99 USD" --payment pay_1
set-expiry acct_1 g21 2027-01-01 --reason "they asked"
void acct_1 g21 --reason "charged back" --owe
lease acct_1 2000 --ttl-seconds 600 --member ana
draw acct_1 h24 "Sora 2" seconds=2
release acct_1 h24
account limits acct_1 --cap 90000/month --held 50000
hold acct_1 "Sora 2" seconds=1 --member ana
increase acct_1 h28 seconds=2
release acct_1 h28
refund acct_1 r16 --reason "it failed later"
adjust acct_1 --receipt h11 --full --expires-at 30d --reason goodwill
clock show
clock advance artlist 1d
account open acct_2 --db tokens.db
subscribe acct_2 basic --db tokens.db
top-up acct_2 1000 --db tokens.db
verify
verify --all""".splitlines()

REFUSED = """\
top-up acct_1 1000
charge acct_1 "Sora 2" seconds=1 --member nobody
account balance nobody
account receipt acct_1 r1
resume acct_1
draw acct_1 h99 "Sora 2" seconds=1
catalog withdraw 1
clock advance artlist 2026-01-01T00:00:00Z""".splitlines()

WRONG = """\
quote artlist "Sora 2" seconds=lots
quote artlist
charge acct_1 "Sora 2" plan=max-pro
account entries acct_1 --limit many
clock advance artlist soon
change-plan acct_1 gold
catalog publish nowhere.yaml
catalog lint nowhere.yaml
catalog rollback 1
init artlist
grant acct_1 1e400
account open acct_1 --member ana --member ana
charge acct_1 "Sora 2" seconds=1 --label colour""".splitlines()


def test_one_document_for_whatever_is_done_refused_or_wrong(shell):
    for expected, lines in ((0, STORY), (1, REFUSED), (2, WRONG)):
        for line in lines:
            ran = shell(f"{line} --json")
            assert ran.code == expected, f"{line}: {ran.out}{ran.err}"
            document = ran.json
            if expected:
                assert {"code", "message"} <= document.keys(), line


def test_without_json_the_same_commands_speak_to_people(shell):
    for expected, lines in ((0, STORY), (1, REFUSED), (2, WRONG)):
        for line in lines:
            ran = shell(line)
            assert ran.code == expected, f"{line}: {ran.out}{ran.err}"
            said, silent = (ran.err, ran.out) if expected else (ran.out, ran.err)
            assert said.strip()
            assert silent == ""
            with pytest.raises(ValueError, match=r"."):
                json.loads(said)


def test_a_quote_has_the_fields_of_the_interface(shell):
    quote = shell('quote artlist "Veo 3.1" resolution=1080p audio=on seconds=8 --json').json
    assert quote["credits"] == 4000
    assert quote["lines"][0]["model"] == "veo-3.1"
    assert quote["catalog"] == {"platform": "artlist", "version": 1}
    assert quote["allowed"] is True


def test_a_refusal_is_flat_its_facts_beside_its_code(artlist):
    ran = artlist('charge acct_1 "Veo 3.1" audio=on seconds=100 --json')
    assert ran.code == 1
    refusal = ran.json
    assert refusal["code"] == "insufficient_credits"
    assert refusal["shortfall"] == 10000
    assert {way["kind"] for way in refusal["ways_out"]} == {"upgrade", "cheaper", "less"}


def test_a_key_answers_the_same_and_belongs_to_one_request(artlist):
    first = artlist("charge acct_1 sora-2 seconds=1 --key one --json")
    assert artlist("charge acct_1 sora-2 seconds=1 --key one --json") == first
    ran = artlist("charge acct_1 sora-2 seconds=2 --key one --json")
    assert ran.code == 2
    assert (ran.json["code"], ran.json["where"]) == ("key_conflict", "key")


def test_a_quote_is_spent_by_its_token(artlist):
    token = artlist("quote artlist sora-2 seconds=8 --account acct_1 --json").json["quote"]
    assert artlist(f"charge acct_1 --quote {token} --json").json["credits"] == 1600
    assert artlist(f"hold acct_1 --quote {token} --json").json["code"] == "quote_used"


def test_a_broken_catalog_lists_its_problems(shell, folder):
    (folder / "broken.yaml").write_text("platform: x\nname: X\ntools: 5\nplanz: []\n", "utf-8")
    ran = shell("catalog lint broken.yaml --json")
    assert ran.code == 1
    (file,) = ran.json["files"]
    assert file["ok"] is False
    assert {problem["line"] for problem in file["problems"]} >= {3, 4}
    published = shell(f"init x --catalog broken.yaml --test-clock {START} --json")
    assert published.code == 2
    assert published.json["code"] == "invalid_catalog"
    assert published.json["problems"] == file["problems"]
    assert not (folder / "tallystick.db").exists()
