"""Quotes: honoured until they expire, spent once, by the account they were made for; and their
tokens, which nobody can change (`docs/spec.md` 2.9)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from tallystick import InvalidRequest
from tallystick.core.pricing import Priced
from tallystick.core.quotes import TOKEN_CHARACTERS_MAX, Quote, sign, verify
from tests.core.story import BARE, Story

PLAN = """
    2026-01-10 10:00  open                          -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
"""


def test_a_quote_is_honoured_although_the_catalog_changed():
    story = Story(BARE).tell(PLAN).tell("quote q Picture images=2 -> 48")
    story.publish(BARE.replace("credits: 24,", "credits: 30,"), "2026-01-10T10:05:00Z")
    story.tell(
        """
        2026-01-10 10:06  charge Picture images=2  -> 60; subscription 940
                          hold h quote=q           -> 48; subscription 892, held 48
                          settle h images=1        -> 24; subscription 916
        """
    )


def test_a_quote_lasts_15_minutes_to_the_instant():
    Story(BARE).tell(PLAN).tell(
        """
        quote q Picture images=1                    -> 24
        quote p Picture images=1                    -> 24
        2026-01-10 10:14:59.999999 charge quote=q   -> 24; subscription 976
        2026-01-10 10:15 charge quote=p             -> no quote_expired
        """
    )


def test_the_catalog_can_say_how_long_a_quote_lasts():
    longer = {"upgrades:": "policy: {quote_ttl_seconds: 3600}\nupgrades:"}
    Story(BARE, longer).tell(PLAN).tell(
        """
        quote q Picture images=1          -> 24
        2026-01-10 10:59 charge quote=q   -> 24; subscription 976
        """
    )


def test_a_quote_is_spent_once_by_a_hold_or_a_charge():
    Story(BARE).tell(PLAN).tell(
        """
        quote q Picture images=1  -> 24
        hold h quote=q            -> 24; subscription 976, held 24
        charge quote=q            -> no quote_used
        release h                 -> subscription 1000
        hold h quote=q            -> no quote_used
        """
    )


def test_a_refused_quote_is_not_used_up():
    Story(BARE).tell(PLAN).tell(
        """
        quote q Picture images=50     -> 1200
        charge quote=q                -> no insufficient_credits
        grant promo 200               -> subscription 1000, promo 200
        charge quote=q                -> 1200; nothing
        """
    )


def test_a_quote_is_for_one_account():
    Story(BARE).tell(PLAN).tell(
        """
        quote q Picture images=1 account=acct_2  -> 24
        charge quote=q                           -> no quote_for_another_account
        """
    )


def test_a_quote_keeps_its_price_when_the_plan_changes_but_not_what_the_plan_unlocks():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                               -> nothing
                          subscribe basic 1000 monthly                       -> subscription 1000
                          quote v Voice characters=50                        -> 10
                          quote c Clip audio=on seconds=1                    -> 20
                          change max 4000 monthly       -> carry_over 1000, subscription 4000
                          charge Voice characters=50    -> 0; carry_over 1000, subscription 4000
                          charge quote=v                -> 10; carry_over 990, subscription 4000
        """
    )
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                               -> nothing
                          subscribe basic 1000 monthly                       -> subscription 1000
                          cancel                                             -> subscription 1000
        2026-02-10 09:59  quote c Clip audio=on seconds=1                    -> 20
                          grant promo 50                     -> subscription 1000, promo 50
        2026-02-10 10:00  charge quote=c                                     -> no tool_not_in_plan
        """
    )


# Tokens

SECRET = b"s" * 32
QUOTE = Quote(
    "q1", "acct_1", Priced("picture", "image", "picture", 1, "image", 10**6, 24 * 10**6), 10**15
)


def test_a_token_reads_back_with_the_secret_it_was_signed_with():
    token = sign(QUOTE, SECRET)
    assert token.startswith("q_")
    assert verify(token, SECRET) == QUOTE
    with pytest.raises(InvalidRequest, match="not a quote of this platform"):
        verify(token, b"t" * 32)


def test_no_bit_of_a_token_can_be_changed():
    token = sign(QUOTE, SECRET)
    body = urlsafe_b64decode(token[2:] + "=" * (-(len(token) - 2) % 4))
    for at in range(len(body)):
        for bit in (1, 128):
            forged = bytearray(body)
            forged[at] ^= bit
            with pytest.raises(InvalidRequest):
                verify("q_" + urlsafe_b64encode(forged).decode().rstrip("="), SECRET)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "q_",
        "q_x",
        "nonsense",
        "q_é",
        None,
        5,
        b"q_",
        "q_" + "A" * TOKEN_CHARACTERS_MAX,
        sign(QUOTE, SECRET)[:-4],
    ],
    ids=lambda token: repr(token)[:10],
)
def test_what_is_no_token_is_refused(token: object):
    with pytest.raises(InvalidRequest) as refused:
        verify(token, SECRET)
    assert refused.value.where == "quote"
    assert len(str(refused.value)) < 250
