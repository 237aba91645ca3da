"""Which leads would a persona's criteria fit? Of those whose score may still move."""

from dataclasses import dataclass, field

from accounts import configuration
from leads import scoring
from leads.rescoring import READ, scored_leads
from personas.matching import PersonaRules, best_persona, matches

# The newest so many are looked at; the page says so when there are more.
LOOKED_AT = 5000
SHOWN = 8


@dataclass(slots=True)
class Fitting:
    """How many reach the points, get the persona (no other fits them better), and have it now.

    `gets` are leads by number, newest first, with whether it is new to each.
    """

    of: int
    looked_at: int
    reach: int = 0
    have: int = 0
    lose: int = 0
    gets: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def gain(self) -> int:
        return sum(is_new for _, is_new in self.gets)


def fitting(rules: PersonaRules, *, active: bool = True) -> Fitting:
    """Hold the open leads against these criteria, among the other personas in use.

    `rules.id` is 0 for a persona there is not yet. A few queries however many leads there are.
    """
    stamp = configuration.stamp()
    known = scoring.personas(stamp=stamp)
    personas = [rules if each.id == rules.id else each for each in known]
    if rules not in personas:
        personas.append(rules)
    if not active:
        personas.remove(rules)
    leads = list(scored_leads().order_by("-created_at", "-pk").only(*READ)[:LOOKED_AT])
    of = scored_leads().count() if len(leads) == LOOKED_AT else len(leads)
    found = Fitting(of, len(leads))
    for lead in leads:
        values = lead.values()
        points = sum(rule["points"] for rule in rules.criteria if matches(rule, values))
        found.reach += points >= rules.min_points
        best = best_persona(personas, values)
        gets, has = best is rules, bool(rules.id) and lead.persona_id == rules.id
        found.have += has
        found.lose += has and not gets
        if gets:
            found.gets.append((lead.pk, not has))
    return found
