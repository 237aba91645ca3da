"""Two leads that are one person become one: nothing that happened is lost, no promise runs twice.

1. Where both are with sales, the other's handoff is withdrawn: its clocks end unjudged, what was
   missed stays missed, and its owner is told who has the person now.
2. Everything that belongs to the other (activities, handoffs with clocks and ledger, deals) becomes
   the survivor's, whichever room keeps it; handoffs are numbered in their order, the open one last.
3. The survivor's gaps are filled, or what was chosen is taken; what one of them said otherwise is
   noted. It is scored by all their signs, and takes the further stage.
4. The other is deleted; its number and e-mail address lead on to the survivor. What was done is
   noted (`Merge`), so that leads.unmerging can take it back.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import models, transaction

from accounts import audit, configuration, outbox
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads import dealing, insights, merge_choices, merge_notes, normalise, scoring
from leads.activities import record_activities
from leads.calling import lists
from leads.capture import REMEMBERED, signs_of
from leads.duplicates import pairs
from leads.editing import EDITABLE
from leads.handover import missing_for_mql
from leads.journey import aida_of
from leads.known import FILLABLE
from leads.models import (
    TOUCHPOINTS,
    Activity,
    Deal,
    DuplicatePair,
    Enrolment,
    FormerLead,
    Handoff,
    Kind,
    Lead,
    Merge,
    Stage,
)
from leads.sequences import running as sequences

# The later of two counts; whoever was set aside may still come back.
ORDER = (
    Stage.DISQUALIFIED, Stage.INQUIRY, Stage.RECYCLED, Stage.MQL, Stage.SAL, Stage.SQL,
    Stage.OPPORTUNITY, Stage.CUSTOMER,
)  # fmt: skip
# Beyond every cycle, to number them anew without two being the same in between.
APART = 10_000


def merge(
    survivor: Lead,
    other: Lead,
    *,
    by: User,
    at: datetime,
    choices: Mapping[str, str] | None = None,
) -> Lead:
    """Make two leads one, in one transaction; returns the survivor as it is now.

    `choices` names fields of merge_choices.FIELDS, or `extra.<name>`, to take from the "other" or
    to keep from the "survivor"; where nothing is chosen the survivor's gaps are filled. Raises
    Refused for a lead and itself or an unknown choice, Conflict when one of them is gone (merged by
    somebody else), or
    when both have an open deal.
    """
    chosen = merge_choices.read(choices or {})
    if survivor.pk == other.pk:
        raise Refused("A lead can't be merged with itself.")
    with transaction.atomic():
        left, gone = _locked(survivor, other)
        _refuse_two_deals(left, gone)
        note = merge_notes.begin(left, gone, by=by, at=at)
        _withdraw(left, gone, by=by, at=at)
        sequences.stop([gone.pk], Enrolment.Why.MERGED, at=at)
        left.refresh_from_db()
        gone.refresh_from_db()
        _place(left, gone)
        aside = fill(left, gone, chosen)
        _take_over(left, gone, note)
        facts = {"other": gone.pk, "chosen": dict(choices or {})}
        audit.record("lead_merged", left, by=by, at=at, facts=facts)
        FormerLead.objects.create(pk=gone.pk, now=left)
        Lead.objects.filter(pk=gone.pk).delete()
        judge(left, at=at)
        left.save()
        _record(left, gone, aside, by=by, at=at)
        merge_notes.end(note, left)
    survivor.refresh_from_db()
    return survivor


def _locked(survivor: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Both as they stand now: handoffs first, as whoever answers one locks them."""
    ids = (survivor.pk, other.pk)
    list(Handoff.objects.select_for_update().filter(lead__in=ids).order_by("pk"))
    leads = Lead.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    found = {lead.pk: lead for lead in leads}
    for lead in (survivor, other):
        if lead.pk not in found:
            raise Conflict(f"{lead.name} is no longer there: somebody merged or deleted it.")
    return found[survivor.pk], found[other.pk]


def _refuse_two_deals(left: Lead, gone: Lead) -> None:
    if Deal.objects.filter(lead__in=(left, gone)).open().count() > 1:
        raise Conflict(
            f"{left.name} and {gone.name} both have an open deal; close one of them first.",
            code="two_open_deals",
        )


def _withdraw(left: Lead, gone: Lead, *, by: User, at: datetime) -> None:
    """Where both are with sales, the other's handoff ends."""
    kept = Handoff.objects.filter(lead=left).open().select_related("owner").first()
    ended = Handoff.objects.filter(lead=gone).open().select_related("owner").first()
    if kept is None or ended is None:
        return
    ended.close(Handoff.State.WITHDRAWN, at=at, reason="merged", note=f"Merged into {left.name}")
    gone.record(Kind.WITHDRAWN, by=by, at=at, handoff=ended, occurred_at=at, data={"into": left.pk})
    if ended.owner_id is not None and ended.owner_id != kept.owner_id:
        who = f"{kept.owner} has the person now." if kept.owner else "Nobody has taken it yet."
        title = f"Nothing left to do: {gone.name} is {left.name}"
        outbox.send([
            outbox.message(
                ended.owner_id, "withdrawn", title, f"{by} merged the two. {who}",
                left.get_absolute_url(), at=at,
            )
        ])  # fmt: skip


def _place(left: Lead, gone: Lead) -> None:
    """Where the survivor stands with sales: as the one of them that sales has, else the further."""
    further = max((left, gone), key=lambda lead: ORDER.index(Stage(lead.stage)))
    open_on = {h.lead_id for h in Handoff.objects.filter(lead__in=(left, gone)).open()}
    holder = next((lead for lead in (left, gone) if lead.pk in open_on), further)
    left.stage = further.stage
    left.owner_id, left.pool_id = holder.owner_id, holder.pool_id
    left.handed_over_at = holder.handed_over_at


def fill(left: Lead, gone: Lead, chosen: Mapping[str, bool]) -> dict[str, str]:
    """What was chosen, and what the survivor does not know; nothing else is overwritten. Returns
    what was said otherwise and not taken, which is kept with the activity."""
    said = {name: (getattr(left, name), getattr(gone, name)) for name in EDITABLE}
    further = ("of_company_id", "decision_role", "campaign_id", "captured_by_id")
    for name in (*FILLABLE, "email", "email_typed", *further):
        if chosen.get(name, not getattr(left, name)):
            setattr(left, name, getattr(gone, name))
    if not left.email and not left.phone:
        words = "Keep an e-mail address or a phone number: a lead must be reached somehow."
        raise Refused(words, code="invalid", fields={"email": words})
    if not left.consent_text:
        left.consent_text, left.consent_at = gone.consent_text, gone.consent_at
    left.extra, aside = merge_choices.extra_of(left, gone, chosen)
    left.no_calls_at = left.no_calls_at or gone.no_calls_at
    left.tags = sorted({*left.tags, *gone.tags})
    # Whoever had the person first has found them.
    left.sourced_by = min(left, gone, key=lambda lead: lead.created_at).sourced_by
    left.created_at = min(left.created_at, gone.created_at)
    first = filter(None, (left.first_touchpoint_at, gone.first_touchpoint_at))
    last = filter(None, (left.last_touchpoint_at, gone.last_touchpoint_at))
    left.first_touchpoint_at = min(first, default=None)
    left.last_touchpoint_at = max(last, default=None)
    left.match_text = normalise.match_text(left.first_name, left.last_name, left.company)
    return {
        name: next(value for value in values if value != getattr(left, name))
        for name, values in said.items()
        if all(values) and values[0] != values[1]
    } | aside


def _take_over(left: Lead, gone: Lead, note: Merge) -> None:
    """Give everything that points at one lead to the other, whichever room keeps it."""
    handoffs = sorted(
        Handoff.objects.filter(lead__in=(left, gone)),
        key=lambda h: (h.is_open, h.handed_over_at, h.pk),
    )
    for number, handoff in enumerate(handoffs, start=1):
        handoff.cycle = number + APART
    Handoff.objects.bulk_update(handoffs, ["cycle"])
    pairs.carry_over(gone, left)
    if said := insights.said_by_both(left, gone):
        note.moved[merge_notes.SAID_BY_BOTH] = said
    if double := dealing.on_both(left, gone):
        note.moved[merge_notes.ON_BOTH] = double
    if listed := lists.on_both(left, gone):
        note.moved[merge_notes.ON_BOTH_LISTS] = listed
    for relation in relations():
        field = relation.field.name
        rows = relation.related_model._base_manager.filter(**{field: gone})
        merge_notes.moved(note, relation, rows)
        rows.update(**{field: left})
    Handoff.objects.filter(lead=left).update(cycle=models.F("cycle") - APART)


def relations() -> Iterator[models.ManyToOneRel]:
    for field in Lead._meta.get_fields(include_hidden=True):
        if isinstance(field, models.ManyToOneRel) and field.related_model is not DuplicatePair:
            yield field


def judge(left: Lead, *, at: datetime) -> None:
    """Score it by all the signs there are."""
    signs = Activity.objects.filter(lead=left, occurred_at__gte=at - REMEMBERED)
    touchpoints = list(signs.filter(kind__in=TOUCHPOINTS).order_by("occurred_at", "pk"))
    scored = scoring.score(left.values(), signs_of(touchpoints), at=at, stamp=configuration.stamp())
    scoring.apply(left, scored, at=at)
    left.aida = aida_of({sign.kind for sign in signs}, left.stage)
    left.updated_at = at


def _record(left: Lead, gone: Lead, aside: dict[str, str], *, by: User, at: datetime) -> None:
    """Say that it was done; `sla` finds the next deadline anew by it."""
    handoff = Handoff.objects.filter(lead=left).order_by("-cycle").first()
    merged = Activity(
        lead=left, handoff=handoff, kind=Kind.MERGED, actor=by, occurred_at=at,
        data={"other": gone.pk, "name": gone.name, "aside": aside},
    )  # fmt: skip
    activities = [merged]
    early = left.stage in (Stage.INQUIRY, Stage.RECYCLED)
    if early and not missing_for_mql(left, at=at):
        left.stage = Stage.MQL
        left.save(update_fields=["stage"])
        score = {"score": left.score}
        activities.append(Activity(lead=left, kind=Kind.MQL, actor=by, occurred_at=at, data=score))
    record_activities(activities, at=at)
