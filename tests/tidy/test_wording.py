"""No text about a platform's accounts says credits: it takes the word of the catalog."""

import pytest

from tests.tidy.rules import Source
from tests.tidy.test_tree import apply, python
from tests.tidy.wording import OF_A_PLATFORM, words_for_money

PAGE = "src/tallystick/cli/pages/x.py"


@pytest.mark.parametrize(
    "text",
    [
        "say(f'this costs {text(cost)} credits')\n",
        "say('1 credit left')\n",
        "say(f'Free credits of the {day}')\n",
        "say('buy a top-up')\n",
    ],
)
def test_a_text_that_says_credits_is_found(text: str):
    (finding,) = words_for_money(Source(PAGE, text))
    assert "Wording" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "'''Credits that were bought.'''\n",
        "def f():\n    '''The credits of a grant.'''\n",
        "credits = amounts['credits']\n",
        "say(f'this costs {wording.amount(cost)}')\n",
        "say('give `credits` or `quantities`')\n",
        "say('add credits=5 to the call')\n",
    ],
)
def test_what_means_no_credits_is_left_alone(text: str):
    assert list(words_for_money(Source(PAGE, text))) == []


def test_texts_about_accounts_are_in_the_platforms_words():
    apply(words_for_money, python(*OF_A_PLATFORM))
