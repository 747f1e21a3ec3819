"""API keys as texts: what is read off one, and which slips of the hand its checksum notices."""

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.api_keys import ALPHABET, KeyText, platform_of, read, write

ID, SECRET = "und2NY4sF8", "PGDaDSoxc1i9kyd1RuICvRQqMRmSvMh0FL9VcHPj"
LIVE = write("live", "artlist", ID, SECRET)
characters = st.sampled_from(ALPHABET)


def mistyped(api_key: str) -> bool:
    """Whether a text is seen to be no key, without looking for it."""
    found = read(api_key)
    return found is None or found.mistyped


def test_a_key_says_its_platform_and_its_environment():
    found = read(LIVE)
    assert found is not None
    assert LIVE.startswith("tk_live_artlist_")
    assert found[:4] == ("artlist", ID, SECRET, "live")
    assert not found.mistyped
    assert platform_of(write("test", "my_shop", ID, SECRET)) == "my_shop"


def test_an_older_key_has_neither_environment_nor_checksum():
    assert read(f"tk_artlist_{ID}{SECRET}") == KeyText("artlist", ID, SECRET)
    assert read(f"tk_live_shop_{ID}{SECRET}") == KeyText("live_shop", ID, SECRET), "its name"


def test_what_cannot_be_a_key_is_none():
    other = ["", "tk_", "tk__" + ID + SECRET, LIVE[:-1], LIVE + "x", LIVE[3:], f"x{LIVE}",
             LIVE.replace("live", "prod"), LIVE.replace("a", "\u0430")]  # fmt: skip
    assert [read(each) for each in other] == [None] * len(other)


@given(st.integers(0, len(LIVE) - 1), characters)
def test_one_wrong_character_is_noticed(at: int, other: str):
    wrong = LIVE[:at] + other + LIVE[at + 1 :]
    assert wrong == LIVE or mistyped(wrong)


@given(st.integers(0, len(LIVE) - 2))
def test_two_swapped_characters_are_noticed(at: int):
    wrong = LIVE[:at] + LIVE[at + 1] + LIVE[at] + LIVE[at + 2 :]
    assert wrong == LIVE or mistyped(wrong)


@given(st.text(characters, min_size=10, max_size=10), st.text(characters, min_size=40, max_size=40))
def test_every_key_that_is_written_is_read(id: str, secret: str):
    for environment in ("live", "test"):
        found = read(write(environment, "a", id, secret))
        assert found is not None
        assert not found.mistyped
        assert (found.id, found.secret, found.environment) == (id, secret, environment)
