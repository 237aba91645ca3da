"""Take a merge back: the other lead is there again, with all that was its own.

1. Nobody may have gone on with what would have to be taken apart: that is said and refused.
2. The survivor gets its own details back, but for what somebody changed since.
3. The other is made anew under its old number; its activities, handoffs, clocks and deals are its
   own again. What happened since the merge stays with the survivor.
4. Where its handoff was withdrawn by the merge it goes on, and so do its clocks (`sla` listens).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from accounts import audit, outbox
from accounts.models import User
from accounts.refusals import Conflict
from leads import dealing, insights, normalise
from leads.activities import record_activities
from leads.calling import lists
from leads.custom_fields.restoring import put_back
from leads.merge_notes import ENDED, ON_BOTH, ON_BOTH_LISTS, SAID_BY_BOTH, columns, key_of
from leads.merging import APART, judge, relations
from leads.models import (
    Activity,
    Company,
    Deal,
    DuplicatePair,
    FormerLead,
    Handoff,
    Kind,
    Lead,
    Merge,
)

# Counted anew by whoever undoes it, or told by the other's return.
COUNTED = {
    "id", "updated_at", "score", "fit", "engagement", "score_reasons", "score_version", "tier",
    "scored_at", "persona_id", "aida", "match_text", "respond_by",
}  # fmt: skip


def undo(merge: Merge, *, by: User, at: datetime) -> tuple[Lead, list[str]]:
    """Both leads as they were, in one transaction; the other one, and what was left as it is.

    Raises Conflict saying what happened since that stands against it.
    """
    try:
        with transaction.atomic():
            now, left = _locked(merge)
            _refuse_when_gone_on(now, left)
            stays = _put_back(left, now)
            gone = _made_anew(now)
            _give_back(gone, left, now)
            _reopen(gone, now)
            if not left.handoffs.exists():
                left.respond_by = None  # what `sla` had written was of the other's clocks
            for lead in (left, gone):
                judge(lead, at=at)
                lead.save()
            FormerLead.objects.filter(pk=gone.pk).delete()
            Merge.objects.filter(pk=now.pk).update(undone_at=at, undone_by=by)
            _propose_again(left, gone, now, at=at)
            audit.record("lead_unmerged", left, by=by, at=at, facts={"other": gone.pk})
            _record(left, gone, now, by=by, at=at)
    except IntegrityError as error:
        if "lead_email_once" not in str(error):
            raise
        raise Conflict(
            f"{merge.other_before['email']} belongs to a third lead by now; merge the two first.",
            code="email_taken",
        ) from None
    gone.refresh_from_db()
    return gone, stays


def _locked(merge: Merge) -> tuple[Merge, Lead]:
    """Handoffs before leads, as everybody locks them."""
    mine = Handoff.objects.select_for_update().filter(lead=merge.survivor_id)
    list(mine.order_by("pk"))
    left = Lead.objects.select_for_update(of=("self",)).filter(pk=merge.survivor_id).first()
    now = Merge.objects.filter(pk=merge.pk, undone_at=None).first()
    if left is None or now is None or now.survivor_id != left.pk:
        raise Conflict("This merge is undone already, or its lead is gone.", code="undone")
    return now, left


def _refuse_when_gone_on(merge: Merge, left: Lead) -> None:
    later = Merge.objects.filter(survivor=left, undone_at=None, pk__gt=merge.pk).first()
    if later is not None:
        raise Conflict(
            f"{left.name} was merged with lead {later.other_id} since; undo that one first.",
            code="merged_since",
        )
    handoffs = merge.moved.get("leads.handoff.lead", [])
    kinds = Activity.objects.filter(handoff__in=handoffs, recorded_at__gt=merge.at)
    activity = kinds.exclude(kind=Kind.MERGED).order_by("recorded_at").first()
    if activity is not None:
        raise Conflict(
            f"Sales went on with it since ({activity.get_kind_display().lower()} on "
            f"{activity.recorded_at:%-d %b}); it can't be undone any more.",
            code="gone_on",
        )
    deals = Deal.objects.filter(pk__in=merge.moved.get("leads.deal.lead", []))
    if closed := deals.filter(closed_at__gt=merge.at).first():
        raise Conflict(
            f"The deal “{closed.name}” was {closed.get_state_display().lower()} since; it can't be "
            "undone any more.",
            code="gone_on",
        )


def _put_back(left: Lead, merge: Merge) -> list[str]:
    """Restore what is as the merge left it; names what somebody changed since."""
    stays, present = [], columns(left)
    for name, before in merge.survivor_before.items():
        after = merge.survivor_after[name]
        if name in COUNTED or before == after:
            continue
        if name == "extra":
            left.extra, since = put_back(left.extra, before, after)
            stays += since
        elif present[name] == after:
            setattr(left, name, _read(name, before))
        else:
            stays.append(name.removesuffix("_id").replace("_", " "))
    left.match_text = normalise.match_text(left.first_name, left.last_name, left.company)
    left.save()
    return stays


def _read(name: str, value: Any) -> Any:
    field = next(field for field in Lead._meta.concrete_fields if field.attname == name)
    if name == "of_company_id":  # it may have gone with its last people
        return value if Company.everything.filter(pk=value).exists() else None
    return field.to_python(value) if isinstance(field, models.DateTimeField) else value


def _made_anew(merge: Merge) -> Lead:
    gone = Lead(**{name: _read(name, value) for name, value in merge.other_before.items()})
    gone.save(force_insert=True)
    return gone


def _give_back(gone: Lead, left: Lead, merge: Merge) -> None:
    for relation in relations():
        ids = merge.moved.get(key_of(relation), [])
        field = relation.field.name
        rows = relation.related_model._base_manager.filter(pk__in=ids, **{field: left})
        if field == "lead" and relation.related_model is Handoff:
            rows.update(lead=gone, cycle=models.F("cycle") + APART)
        elif ids:
            rows.update(**{field: gone})
    insights.say_again(gone, merge.moved.get(SAID_BY_BOTH, []))
    dealing.part_again(merge.moved.get(ON_BOTH, []))
    lists.back_on(gone, merge.moved.get(ON_BOTH_LISTS, []))
    # Where the merge was noted on one of them: it is the survivor's to tell.
    mine = merge.moved.get("leads.handoff.lead", [])
    Activity.objects.filter(lead=left, handoff__in=mine, kind=Kind.MERGED).update(handoff=None)
    handoffs = list(Handoff.objects.filter(pk__in=[int(pk) for pk in merge.cycles]))
    Handoff.objects.filter(pk__in=[h.pk for h in handoffs], cycle__lt=APART).update(
        cycle=models.F("cycle") + APART
    )
    for handoff in handoffs:
        handoff.cycle = merge.cycles[str(handoff.pk)]
    Handoff.objects.bulk_update(handoffs, ["cycle"])


def _reopen(gone: Lead, merge: Merge) -> None:
    if merge.withdrawn is not None:
        facts = {name: merge.withdrawn[name] for name in ENDED}
        Handoff.objects.filter(pk=merge.withdrawn["id"]).update(**facts)


def _propose_again(left: Lead, gone: Lead, merge: Merge, *, at: datetime) -> None:
    """They are to be decided about again."""
    first, second = sorted((left, gone), key=lambda lead: lead.pk)
    if merge.pair is not None:
        DuplicatePair.objects.get_or_create(
            lead_a=first, lead_b=second, defaults={**merge.pair, "found_at": at}
        )


def _record(left: Lead, gone: Lead, merge: Merge, *, by: User, at: datetime) -> None:
    """Say so on both; `sla` lets the clocks run on that the merge had ended."""
    activities: list[Activity] = []
    for lead, other in ((left, gone), (gone, left)):
        handoff = Handoff.objects.filter(lead=lead).order_by("-cycle").first()
        data = {"other": other.pk, "name": other.name}
        if merge.withdrawn is not None and lead is gone:
            handoff = Handoff.objects.get(pk=merge.withdrawn["id"])
            data["withdrawn_at"] = merge.at.isoformat()
            _tell(handoff, gone, by=by, at=at)
        activities.append(
            Activity(
                lead=lead, handoff=handoff, kind=Kind.UNMERGED, actor=by, occurred_at=at, data=data
            )
        )
    record_activities(activities, at=at)


def _tell(handoff: Handoff, gone: Lead, *, by: User, at: datetime) -> None:
    messages: Sequence[Any] = []
    if handoff.owner_id is not None:
        title = f"{gone.name} is yours again"
        words = f"{by} undid the merge; its deadlines go on."
        messages = [
            outbox.message(
                handoff.owner_id, "assigned", title, words, gone.get_absolute_url(), at=at
            )
        ]
    outbox.send(list(messages))
