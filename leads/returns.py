"""Marketing's answer to a lead that sales rejected."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads import rulings
from leads.activities import record_activities
from leads.handover import hand_over
from leads.models import Activity, Handoff, Kind, Return


def answer(
    returned: Return, answer: str, *, by: User, at: datetime, note: str = ""
) -> Handoff | None:
    """Answer a return: accept it, dispute it, or fix the lead and hand it over again.

    Returns the new handoff when it was sent again. Raises Conflict when it was answered
    already, Refused for an unknown answer or a missing note.
    """
    if answer not in Return.Answer.values:
        raise Refused(
            f"“{answer}” is not an answer; use one of {', '.join(Return.Answer.values)}.",
            fields={"answer": "Choose an answer."},
        )
    if answer != Return.Answer.ACCEPTED and not note.strip():
        raise Refused(
            "Say what was fixed or why you disagree.",
            fields={"note": "Say what was fixed or why you disagree."},
        )
    with transaction.atomic():
        changed = Return.objects.filter(pk=returned.pk, answered_at=None).update(
            answer=answer, answer_note=note, answered_by=by, answered_at=at
        )
        returned.refresh_from_db()
        if not changed:
            raise Conflict(
                f"{returned.answered_by} answered this already: "
                f"{returned.get_answer_display().lower()}."
            )
        lead = returned.handoff.lead
        said = Activity(
            lead=lead, handoff=returned.handoff, kind=Kind.RETURN_ANSWERED, actor=by,
            occurred_at=at, note=note, data={"answer": answer},
        )  # fmt: skip
        if answer == Return.Answer.DISPUTED:
            disputed = Activity(
                lead=lead, handoff=returned.handoff, kind=Kind.DISPUTED, actor=by, occurred_at=at
            )
            record_activities([said, disputed], at=at)
            rulings.ask_the_managers(returned, by=by, at=at)
            return None
        record_activities([said], at=at)
        if answer == Return.Answer.FIXED:
            return hand_over([lead], by=by, at=at, override_reason=f"Fixed: {note}")[0]
    return None
