"""Tests wait for the event itself, as long as a slow machine needs."""

import pytest

from tests.tidy.rules import Source
from tests.tidy.test_tree import apply, python
from tests.tidy.waits import impatient_waits

PATH = "tests/http/test_x.py"


@pytest.mark.parametrize(
    "text",
    [
        "begun.wait(10)\n",
        "thread.join(5.0)\n",
        "said = asked.result(timeout=30)\n",
        "reply = httpx2.get(url, timeout=5)\n",
    ],
)
def test_a_wait_that_a_slow_machine_outlasts_is_found(text: str):
    (finding,) = impatient_waits(Source(PATH, text))
    assert "tests.patience" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "begun.wait(PATIENCE_SECONDS)\n",
        "pause.wait(0.05)\n",
        "process.communicate(timeout=600)\n",
        "', '.join(names)\n",
        "credits = connect(url, timeout=4)\n",
    ],
)
def test_a_patient_wait_a_pause_and_a_time_out_under_test_are_left_alone(text: str):
    assert list(impatient_waits(Source(PATH, text))) == []


def test_no_test_gives_up_before_a_slow_machine_is_done():
    apply(impatient_waits, python("tests/"))
