"""What people see: aligned numbers, short dates, empty states, ways back, narrow terminals."""

import re

import pytest

SHOP = """
platform: shop
name: Shop
tools: [{id: film, name: Film}]
models:
  - name: Clip
    tool: film
    settings: {resolution: [720p, 1080p], audio: ["off", "on"]}
    rates:
      - {when: {resolution: 720p, audio: "off"}, credits: 10, per: second}
      - {when: {resolution: 1080p, audio: "off"}, credits: 1000, per: second}
      - {when: {resolution: 720p, audio: "on"}, credits: 20, per: second}
      - {when: {resolution: 1080p, audio: "on"}, credits: 2000, per: second}
plans:
  - id: basic
    name: Basic
    intervals: [monthly, yearly]
    packages:
      - credits: 100000
        prices:
          monthly: {amount: "1200.50", currency: USD}
          yearly: {amount: "12000", currency: USD, sample: true}
free_credits: [{credits: 200, every: month, plans: [basic]}]
top_ups:
  bundles:
    - {credits: 5000, price: {amount: "49.90", currency: USD}}
    - {credits: 20000}
"""


def test_numbers_are_aligned_and_grouped(artlist):
    artlist("charge acct_1 sora-2 seconds=8")
    table = artlist("account entries acct_1").out.splitlines()
    assert "seq   at (UTC)" in table[0]
    balances = [line for line in table if line.endswith(("40,000", "38,400   r4"))]
    assert len(balances) == 2
    ends = {re.search(r"(40,000|38,400)(   r4)?$", line).end(1) for line in balances}  # type: ignore[union-attr]
    assert len(ends) == 1
    assert "-1,600" in table[-1]


def test_instants_are_short_and_in_utc(artlist):
    said = artlist("account balance acct_1").out
    assert "renews       2026-02-28 10:00:00 UTC" in said
    assert "+00:00" not in said


def test_a_balance_shows_each_source_and_where_it_matters_each_grant(artlist):
    artlist("grant acct_1 100 --expires-at 2026-02-05T00:00:00Z")
    assert "Grants, in the order" not in artlist("account balance acct_1").out
    artlist("grant acct_1 200")
    said = artlist("account balance acct_1").out
    assert "40,300 credits available" in said
    assert "Grants, in the order in which they burn" in said
    assert said.index("g3") < said.index("g4") < said.index("g5")


def test_top_ups_carry_the_platforms_own_word(shell):
    shell("init imagineart --test-clock 2026-01-31T10:00:00Z")
    shell("account open acct_1")
    shell("subscribe acct_1 basic")
    shell("top-up acct_1 1000")
    assert "Token" in shell("account balance acct_1").out
    assert "top-up" not in shell("account balance acct_1").out


@pytest.mark.parametrize(
    ("line", "said", "next_"),
    [
        ("account list", "There are no accounts yet", "account open"),
        ("usage acct_1", "Nothing was charged", "charge acct_1"),
        ("account holds acct_1", "No open holds", "hold acct_1"),
        ("account members list acct_1", "has no members", "account members set acct_1"),
        ("account entries acct_1 --after 9", "No entries here", "account entries acct_1"),
        ("account balance acct_1", "0 credits available", "subscribe acct_1"),
    ],
)
def test_what_is_empty_says_what_to_type(shell, line, said, next_):
    shell("init artlist")
    if "acct_1" in line:
        shell("account open acct_1")
    ran = shell(line)
    assert ran.code == 0
    assert said in ran.out
    assert f"tallystick {next_}" in ran.out


def backs(said: str) -> str:
    """The command that takes back what was just done."""
    (found,) = re.findall(r"(?:take it back|undo it|do it) +tallystick (.+)$", said, re.MULTILINE)
    return found.replace("TEXT", "x")


def test_what_can_be_taken_back_says_how(artlist):
    for line in ("cancel acct_1", "change-plan acct_1 --interval yearly"):
        done = artlist(line).out
        if "take it back" in done:
            assert artlist(f"{backs(done)} --json").json["change"] == "resume"
    granted = artlist("grant acct_1 500").out
    assert artlist(f"{backs(granted)} --json").json["credits"] == -500


def test_a_preview_says_how_to_do_it(artlist):
    preview = artlist("change-plan acct_1 max-pro --package 240000 --preview")
    assert "nothing has changed" in preview.out
    assert artlist("account balance acct_1 --json").json["available"] == 40000
    assert artlist(f"{backs(preview.out)} --json").json["after"]["subscription"] == 240000


def test_a_long_list_says_how_to_go_on(artlist):
    first = artlist("account entries acct_1 --limit 2").out
    assert "account entries acct_1 --after 2" in first
    last = artlist("account entries acct_1 --limit 2 --newest").out
    assert "account entries acct_1 --after 2 --newest" in last
    artlist("account open acct_2")
    assert "account list --after acct_1" in artlist("account list --limit 1").out


@pytest.mark.parametrize("columns", ["50", "60", "80", "100"])
def test_a_row_stays_a_row_however_narrow_the_terminal(artlist, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    artlist("charge acct_1 'Veo 3.1' resolution=1080p audio=on seconds=8")
    said = artlist("account entries acct_1").out
    assert max(map(len, said.splitlines())) <= int(columns)
    (row,) = [line for line in said.splitlines() if line.lstrip().startswith("4 ")]
    for word in ("Veo 3.1", "-4,000"):
        assert word in row


def test_what_has_no_room_is_left_out_by_importance_and_named(artlist, monkeypatch):
    monkeypatch.setenv("COLUMNS", "75")
    artlist("charge acct_1 'Veo 3.1' resolution=1080p audio=on seconds=8 --label project=launch")
    said = artlist("usage acct_1").out
    assert "Not shown at this width: labels." in said
    assert re.search(r"^2026-01-31 10:00.* 8 seconds +4,000 +r4$", said, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "100")
    assert "project=launch" in artlist("usage acct_1").out


def test_a_page_has_one_zone_the_platforms_and_names_it(shell, folder):
    source = shell("catalog show artlist --source").out
    in_berlin = re.sub(r"^time_zone: .*$", "time_zone: Europe/Berlin", source, flags=re.MULTILINE)
    (folder / "berlin.yaml").write_text(in_berlin, "utf-8")
    shell("init artlist --catalog berlin.yaml --test-clock 2026-01-31")
    shell("account open ana")
    bought = shell("subscribe ana 'AI Suite Starter' --package 40000").out
    assert bought.count("2026-02-28 00:00:00 Europe/Berlin") == 2
    assert "UTC" not in bought
    shell("grant ana 100 --expires-at 2026-05-28")
    for page in ("account balance ana", "account entries ana", "catalog show", "clock show"):
        said = shell(page).out
        assert "Europe/Berlin" in said
        assert "UTC" not in said
    assert "2026-05-28 00:00:00" in shell("account balance ana").out
    assert '"expires_at":"2026-05-27T22:00:00Z"' in shell("account balance ana --json").out


def test_the_price_page_has_money_and_the_order_of_settings(shell, folder):
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    shell("init shop --catalog shop.yaml")
    said = shell("catalog show").out
    assert re.search(
        r"Basic +100,000 +1,200.50 USD monthly, 12,000 USD \(a sample price\) yearly", said
    )
    assert "5,000 for 49.90 USD, 20,000; only with a subscription" in said
    assert "200 credits a month on Basic" in said
    assert [each.strip() for each in re.findall(r"(720p, audio \w+|1080p, audio \w+)", said)] == [
        "720p, audio off",
        "720p, audio on",
        "1080p, audio off",
        "1080p, audio on",
    ]


def test_a_pipe_gets_no_colours_and_no_line_is_wrapped(artlist):
    artlist("charge acct_1 'Veo 3.1' resolution=1080p audio=on seconds=8")
    said = artlist("account entries acct_1").out
    assert "\x1b" not in said
    assert "Subscribed: AI Suite Starter, 40,000 credits a month, billed monthly" in said
    assert said == "".join(f"{line.rstrip()}\n" for line in said.splitlines())


def test_the_source_of_a_catalog_comes_back_as_it_is(shell, folder):
    source = shell("catalog show videodraft --source").out
    (folder / "copy.yaml").write_text(source, "utf-8")
    assert shell("catalog diff videodraft copy.yaml --json").json == {"changes": []}
    assert source == shell("catalog show videodraft --source --json").json["source"]


def test_a_receipt_explains_itself(artlist):
    artlist("charge acct_1 'Eleven v2' characters=12")
    said = artlist("account receipt acct_1 r4").out
    assert "1 credit per 5 characters" in said
    assert "2.4" in said
    assert "up to whole credits" in said
    assert "subscription g3: 3" in said


def test_capacity_counts_down_and_says_unlimited(shell):
    said = shell("capacity videodraft visionary").out
    assert re.search(r"Kling v2.1 .* 300 generations of 5 seconds", said)
    assert re.search(r"Google Text-to-Speech .* unlimited", said)


def test_capacity_says_how_much_the_least_price_pays_for(shell):
    said = shell("capacity videodraft pro").out
    assert re.search(r"Script Gen.* 500 generations of up to 0.5 minutes", said)


def test_an_estimate_adds_its_buffer(shell):
    lines = "--line '30 x Example Image' --line '10 x Example Video'"
    said = shell(f"estimate imagineart {lines} --days 22 --buffer 30%").out
    assert "62,040" in said
    assert "80,652 credits" in said


def test_verify_says_what_is_wrong_and_where(artlist):
    import apsw

    with apsw.Connection("tallystick.db") as connection:
        connection.execute("update journal set balance_after = 1 where seq = 3")
    ran = artlist("verify")
    assert ran.code == 1
    assert "acct_1" in ran.out
    report = artlist("verify --json")
    assert report.code == 1
    assert report.json["ok"] is False
    assert 3 in {problem["seq"] for problem in report.json["problems"]}


def test_a_fault_is_said_without_a_traceback(shell, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("at the wrong moment")

    monkeypatch.setattr("tallystick.cli.pages.pricing.quote", broken)
    ran = shell("quote artlist sora-2 seconds=8")
    assert ran.code == 70
    assert "ZeroDivisionError: at the wrong moment" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("TALLYSTICK_TRACEBACK", "1")
    assert "Traceback" in shell("quote artlist sora-2 seconds=8").err
