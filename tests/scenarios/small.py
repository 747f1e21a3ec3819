"""A small catalog of our own, for the rules that none of the shipped catalogs uses."""

HEAD = """
platform: small
name: Small
tools:
  - {id: image, name: Image}
  - {id: agent, name: Agent}
  - {id: film, name: Film}
models:
  - {name: Dot, tool: image, rates: [{credits: 1, per: image}]}
  - {name: Consultation, tool: agent, rates: [{credits: 5..10, per: consultation}]}
  - {name: Voice, tool: agent, rates: [{credits: 1, per: 5 characters}]}
  - {name: Clip, tool: film, rates: [{credits: 10, per: second}]}
  - name: Shot
    tool: film
    settings: {resolution: [720p, 1080p]}
    rates:
      - {when: {resolution: 720p}, credits: 10, per: second}
      - {when: {resolution: 1080p}, credits: 20, per: second}
"""

PLANS = """
plans:
  - {id: free, name: Free, pro_models: false}
  - {id: basic, name: Basic, intervals: [monthly, yearly], packages: [{credits: 100}]}
  - {id: studio, name: Studio, intervals: [monthly, yearly], packages: [{credits: 500}]}
default_plan: free
top_ups: {requires_subscription: false, bundles: [{credits: 50}, {credits: 200}]}
"""


def small(extra: str = "", plans: str = PLANS, member_required: bool = False) -> str:
    """The catalog's text: one credit a dot, ten a second of film, a consultation 5 to 10. Who
    spends need not be named, and no hold is settled late, unless the test is about that."""
    needs = f"settle_late_seconds: 0, member_required: {str(member_required).lower()}"
    if "policy: {" in extra:
        return HEAD + plans + extra.replace("policy: {", f"policy: {{{needs}, ")
    own = f"{extra.rstrip()}\n" if extra else ""
    return f"{HEAD}{plans}{own}policy: {{{needs}}}\n"
