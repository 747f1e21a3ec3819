"""How the stories of several files begin."""

BEGIN = """
    2026-01-10 10:00  open             -> nothing
                      grant promo 200  -> promo 200
"""
"""An account with a promotion, on no plan."""
ON_PLAN = """
    2026-01-10 10:00  open                          -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
"""
"""An account on a plan."""
