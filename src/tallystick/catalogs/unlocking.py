"""What a plan unlocks, over all its packages."""

from ..core.catalog import Catalog, Plan


def unlocked(catalog: Catalog, plan: Plan) -> set[str]:
    """The ids of the tools that a plan unlocks with at least one of its packages."""
    every = tuple(tool.id for tool in catalog.tools)
    own = every if plan.tools is None else plan.tools
    offers = [own if each.tools is None else each.tools for each in plan.packages] or [own]
    return {tool for tools in offers for tool in tools}
