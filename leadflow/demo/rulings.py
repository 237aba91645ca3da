"""How the demo's managers rule on what marketing disputes: Mona proposes, Dana agrees, or not."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from leadflow.demo.history import History, spell
from leadflow.demo.objections import case_of
from leads import rulings
from leads.models import Return, Ruling

HOUR = 3600
LATE = timedelta(days=4)
SECOND = "We looked at the lead together. It is as marketing says."


def is_late(history: History, at: datetime) -> bool:
    """Whether it is so late that something is left for whoever looks at the demo."""
    return history.until - at < LATE


def disputed(history: History, returned: Return, at: datetime) -> None:
    """Sooner or later Mona reads both sides and says how she would rule."""
    rng = history.rng("ruling", returned.handoff.lead.email, returned.handoff.cycle)
    case = case_of(returned)
    assert case is not None, f"nobody disputes “{returned.note}”"
    step = partial(_propose, history, returned.pk, case.outcome.value, case.ruled, rng)
    history.at(history.in_working("mona", at, spell(rng, 7 * HOUR)), step)


def _propose(
    history: History, pk: int, outcome: str, reason: str, rng: Random, at: datetime
) -> None:
    returned = Return.objects.get(pk=pk)
    made = rulings.propose(
        returned, outcome, "marketing", reason=reason, by=history.users["mona"], at=at
    )
    if is_late(history, at):
        return
    step = partial(_decide, history, made.pk, rng)
    history.at(history.in_working("dana", at, spell(rng, 6 * HOUR)), step)


def _decide(history: History, pk: int, rng: Random, at: datetime) -> None:
    made = Ruling.objects.select_related("returned").get(pk=pk)
    dana, history.stirred = history.users["dana"], True
    if made.outcome == Return.Ruled.STANDS and rng.random() < 0.4:
        rulings.decline(made, by=dana, at=at)
        other = Return.Ruled.OVERTURNED.value
        _propose(history, made.returned_id, other, SECOND, rng, at)
        return
    rulings.agree(made, "sales", by=dana, at=at)
