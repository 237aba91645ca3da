"""What the demo's marketers do: hand over by hand, answer what sales sends back."""

from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from accounts.refusals import Refused
from leadflow.demo import rulings
from leadflow.demo.arrivals import Arrival
from leadflow.demo.campaigns import PLANS
from leadflow.demo.history import History, spell
from leadflow.demo.objections import case_of
from leadflow.demo.people import TEMPERS
from leads import returns
from leads.capture import Captured
from leads.handover import hand_over, missing_for_mql
from leads.models import Handoff, Kind, Lead, Return, Stage

OWNERS = {plan.slug: plan.owner for plan in PLANS}
HOUR = 3600


def attend(history: History, found: list[Arrival]) -> None:
    """Put arrivals on the agenda."""
    for arrival in found:
        history.at(arrival.at, partial(arrive, history, arrival))


def arrive(history: History, arrival: Arrival, at: datetime) -> None:
    """Leads come in; what the campaign leaves to marketing is put on a marketer's desk."""
    for captured, row in zip(history.capture(arrival, at), arrival.rows, strict=True):
        assert captured.lead is not None, captured.refused
        came_in(history, captured, row, at)


def came_in(history: History, captured: Captured, row: dict[str, Any], at: datetime) -> None:
    """Look at a lead that just came in and was not handed over by itself."""
    lead = captured.lead
    assert lead is not None
    login = OWNERS[row["campaign"]]
    rng = history.rng("desk", lead.email, at)
    if captured.handoff is not None:
        return
    if lead.stage == Stage.MQL and lead.handed_over_at is None:
        delay = spell(rng, 5 * HOUR * TEMPERS[login].pace, 0.6)
        step = partial(pass_on, history, lead.pk, login, "")
        history.at(history.in_working(login, at, delay), step)
    elif lead.stage == Stage.INQUIRY and row["touchpoint"] == Kind.REPLY and rng.random() < 0.6:
        step = partial(pass_on, history, lead.pk, login, "They wrote back and asked for a call.")
        history.at(history.in_working(login, at, spell(rng, 2 * HOUR)), step)


def pass_on(history: History, lead_id: int, login: str, override: str, at: datetime) -> None:
    """Hand a lead over by hand, unless something else came first."""
    lead = Lead.objects.get(pk=lead_id)
    history.stirred = True
    if lead.handed_over_at is None and lead.stage in (Stage.MQL, Stage.INQUIRY):
        by = history.users[login]
        if lead.stage == Stage.MQL and missing_for_mql(lead, at=at):
            override = "It met the definition in force when it came in."
        hand_over([lead], by=by, at=at, override_reason=override)


def came_back(history: History, returned: Return, at: datetime) -> None:
    """A lead came back from sales: somebody in marketing will answer."""
    lead = returned.handoff.lead
    rng = history.rng("return", lead.email, returned.handoff.cycle)
    login = OWNERS[lead.campaign.slug] if lead.campaign else "maya"
    delay = spell(rng, 2.6 * HOUR * TEMPERS[login].pace, 0.75)
    step = partial(answer, history, returned.pk, login, rng)
    history.at(history.in_working(login, at, delay), step)


def answer(
    history: History, return_id: int, login: str, rng: Random, at: datetime
) -> Handoff | None:
    """Agree, dispute, or mend the lead and send it again."""
    returned = Return.objects.select_related("handoff__lead").get(pk=return_id)
    history.stirred = True
    case, dice = case_of(returned), rng.random()
    if case and dice < 0.28:
        choice, note = Return.Answer.FIXED, case.fixed
    elif case and dice < (0.85 if rulings.is_late(history, at) else 0.42):
        choice, note = Return.Answer.DISPUTED, case.disputed
    else:
        choice, note = Return.Answer.ACCEPTED, ""
    try:
        sent = returns.answer(returned, choice, by=history.users[login], at=at, note=note)
        if choice == Return.Answer.DISPUTED:
            rulings.disputed(history, returned, at)
        return sent
    except Refused:  # handed over again meanwhile, for a new sign of interest
        returned = Return.objects.select_related("handoff__lead").get(pk=return_id)
        return returns.answer(
            returned, Return.Answer.ACCEPTED, by=history.users[login], at=at, note=""
        )
