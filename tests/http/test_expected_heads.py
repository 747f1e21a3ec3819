"""The head of a platform over HTTP, and what a later report lacks of an earlier one."""

from __future__ import annotations

import pytest

from tests.http.world import Sample, World


def test_a_report_has_a_head_that_a_later_one_is_held_against(fresh: World):
    first = fresh.ask("verify").json
    assert fresh.ask("verify", Sample(body={"expect": first["head"]})).json["ok"] is True
    assert fresh.ask("verify", Sample(body={"expect": None})).json["ok"] is True
    accounts, entries, digest = first["head"].split(":")
    assert (int(accounts), int(entries)) == (first["accounts"], first["entries"])
    more = f"{accounts}:{int(entries) + 2}:{digest}"
    found = fresh.ask("verify", Sample(body={"expect": more})).json
    assert found["ok"] is False
    assert "older than expected, or not whole: 2 entries missing" in found["problems"][0]["message"]


@pytest.mark.parametrize("given", ["credits.db.head", "/etc/passwd", "1:2:3", 7, ["1:2:3"]])
def test_a_server_reads_no_file_for_whoever_asks(fresh: World, given: object):
    reply = fresh.ask("verify", Sample(body={"expect": given}))
    assert reply.status == 400
    assert reply.json["where"] == "expect"
