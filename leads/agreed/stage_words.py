"""The words that stand for stages: there before anybody agreed on them, and who sets them."""

from dataclasses import dataclass
from uuid import UUID

from leads.custom_fields import registry
from leads.models import CustomField
from leads.score_rules.form import FACTS

RULED = "mql"


@dataclass(frozen=True, slots=True)
class StageWord:
    """A stage's word: what it is called until it is agreed, and what makes a lead one."""

    name: str
    set_by: str


STAGE_WORDS = {
    "inquiry": StageWord("Lead (inquiry)", "Whoever comes in, until they are more."),
    RULED: StageWord(
        "Marketing qualified lead (MQL)",
        "leadflow holds every lead against this rule whenever something is heard from it.",
    ),
    "sal": StageWord("Sales accepted lead (SAL)", "A rep accepts the handoff."),
    "sql": StageWord("Sales qualified lead (SQL)", "A rep qualifies it."),
    "opportunity": StageWord("Opportunity", "A rep opens a deal."),
    "customer": StageWord("Customer", "A rep wins the deal."),
    "recycled": StageWord("Recycled", "A rep sends it back to be cared for."),
    "disqualified": StageWord("Disqualified", "A rep rules it out, with a reason."),
}


def field_names(*, stamp: UUID | None = None) -> dict[str, str]:
    """What a rule may ask to be known, as people call it: built in, then fields of one's own."""
    own = registry.of(CustomField.About.LEAD, stamp=stamp)
    return {**FACTS, **{field.key: field.label for field in own}}
