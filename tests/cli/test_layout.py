"""Tables in a width: what gives way, and in which order."""

import pytest

from tallystick.cli import layout

AT = "2026-01-31 10:00:00"
COLUMNS = (">seq", "at (UTC)", "what", ">credits", "labels", "receipt")
ROWS = [
    ("1", AT, "Subscribed: AI Suite Starter, billed monthly", "+40,000", "", ""),
    ("2", AT, "Veo 3.1, 8 seconds", "-4,000", "project=launch", "r2"),
]


def fit(width: int, drop: tuple[str, ...] = ("labels",)) -> layout.Fitted:
    fitted = layout.fit(COLUMNS, ROWS, width, drop)
    gaps = layout.GAP_COLUMNS * (len(fitted.columns) - 1)
    assert sum(column.width for column in fitted.columns) + gaps <= width
    return fitted


def names(fitted: layout.Fitted) -> list[str]:
    return [column.name for column in fitted.columns]


def test_with_room_for_all_nothing_changes():
    fitted = fit(140)
    assert names(fitted) == ["seq", "at (UTC)", "what", "credits", "labels", "receipt"]
    assert not any(column.wraps for column in fitted.columns)
    assert fitted.columns[1].cells == (AT, AT)
    assert fitted.left_out == []


def test_instants_lose_their_seconds_first():
    fitted = fit(107)
    assert fitted.columns[1].cells == (AT[:-3], AT[:-3])
    assert not any(column.wraps for column in fitted.columns)


def test_then_the_longest_text_wraps():
    fitted = fit(85)
    assert [column.name for column in fitted.columns if column.wraps] == ["what"]
    assert fitted.left_out == []


def test_then_columns_are_left_out_in_their_order_and_from_the_right():
    assert fit(75).left_out == ["labels"]
    assert fit(60).left_out == ["labels", "receipt"]
    assert fit(50).left_out == ["labels", "receipt", "credits"]
    assert fit(50, drop=()).left_out == ["receipt", "labels", "credits"]
    assert fit(50, drop=("labels", "at (UTC)")).left_out == ["labels", "at (UTC)"]


def test_the_first_column_stays_and_is_folded_at_last():
    fitted = fit(2)
    assert names(fitted) == ["seq"]


@pytest.mark.parametrize("width", range(1, 130, 3))
def test_whatever_the_width_each_row_is_there_and_numbers_are_whole(width: int):
    fitted = fit(width)
    assert all(len(column.cells) == len(ROWS) for column in fitted.columns)
    numbers = [column for column in fitted.columns[1:] if column.is_number]
    assert not any(column.wraps for column in numbers)


def test_a_column_without_text_is_none_and_an_empty_name_may_go():
    rows = [("a" * 20, "", "b" * 30)]
    assert names(layout.fit(("one", "two", ""), rows, 80)) == ["one", ""]
    assert layout.fit(("one", "two", ""), rows, 30).left_out == [""]


def test_the_help_says_of_every_command_a_whole_sentence(shell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for group in ("", "account ", "catalog ", "keys ", "clock "):
        said = shell(f"{group}--help").out
        assert not [line for line in said.splitlines()[1:] if line.endswith("...")]
        assert max(map(len, said.splitlines())) <= 80
