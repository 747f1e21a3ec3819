"""What every test starts from: Hypothesis profiles, chosen by ``TALLYSTICK_PROOF``."""

import os
import signal
from typing import Any

from hypothesis import HealthCheck, settings

# A shell has what it starts in the background ignore Ctrl-C, and so would the programs that are
# started and interrupted here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine must not fail a sound test, so no deadline and no check of the generator's speed.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)

settings.register_profile(
    "test", PATIENT, derandomize=True, max_examples=60, stateful_step_count=30
)
settings.register_profile(
    "slice", PATIENT, derandomize=True, max_examples=12, stateful_step_count=25
)
settings.register_profile("prove", PATIENT, max_examples=600, stateful_step_count=60)
settings.load_profile(os.environ.get("TALLYSTICK_PROOF", "test"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures that a test has recorded, whichever process it ran in."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, said in report.user_properties:
            if name == "figures" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {said}")
