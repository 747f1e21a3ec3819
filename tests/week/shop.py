"""What is sold in the week: prices that a client can reckon for itself."""

from tests.scenarios.small import small

PLATFORM = "small"
CATALOG = small("free_credits: [{credits: 10, every: day}]\n")
DOT, CLIP = 1, 10
"""Credits of a dot, and of a second of a clip."""
MEMBERS = {"mia": 2_000, "ben": None}
"""Of the accounts that are shared: one with a cap, one without."""
