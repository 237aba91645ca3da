"""How the demo's managers rule on what marketing disputes: Mona proposes, Dana agrees, or not."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from leadflow.demo.history import History, spell
from leads import rulings
from leads.models import RejectReason, Return, Ruling

HOUR = 3600
LATE = timedelta(days=4)
# How a dispute is ruled, and why.
WORDS = {
    RejectReason.WRONG_PERSONA: (
        "overturned", "Eighty rooms and a spa: that is the persona we signed."),
    RejectReason.NOT_READY: (
        "stands", "A price was asked for out of curiosity. Nurture it until spring."),
    RejectReason.BAD_CONTACT: (
        "overturned", "The number works; one call is no reason to send a lead back."),
    RejectReason.DUPLICATE: ("stands", "Sam has been talking with the husband for weeks."),
    RejectReason.SPAM: ("overturned", "Opening three letters is what a person does."),
}  # fmt: skip
SECOND = "We looked at the lead together. It is as marketing says."


def is_late(history: History, at: datetime) -> bool:
    """Whether it is so late that something is left for whoever looks at the demo."""
    return history.until - at < LATE


def disputed(history: History, returned: Return, at: datetime) -> None:
    """Sooner or later Mona reads both sides and says how she would rule."""
    rng = history.rng("ruling", returned.handoff.lead.email, returned.handoff.cycle)
    outcome, reason = WORDS[RejectReason(returned.reason)]
    step = partial(_propose, history, returned.pk, outcome, reason, rng)
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
