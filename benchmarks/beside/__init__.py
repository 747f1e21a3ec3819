"""This checkout beside another one: what a change costs, measured turn by turn in one run."""
