"""Take a whole import back: its new leads go, its merges are reverted, batch by batch from the end.

A lead that something has happened with since stays, with why; of a merge, what somebody changed
since stays as they left it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts import audit, configuration, outbox
from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict
from accounts.writing import update
from leads import normalise, scoring
from leads.capture import CHANGED_BY_MERGE, REMEMBERED, signs_of
from leads.companies import linking
from leads.custom_fields.restoring import put_back
from leads.imports import snapshot
from leads.journey import aida_of
from leads.known import FILLABLE
from leads.models import TOUCHPOINTS, Activity, Handoff, Import, ImportBatch, Kind, Lead

State = Import.State
DETAILS = {*FILLABLE, "of_company_id", "campaign_id", "consent_text", "consent_at"}
PLACE = ("stage", "owner_id", "pool_id", "handed_over_at")
WRITTEN = (*CHANGED_BY_MERGE, "respond_by")


def undo(importing: Import, *, by: User, at: datetime) -> None:
    """Let the workers take it back. Raises Conflict while it runs, or when it is undone."""
    ended = Import.objects.filter(pk=importing.pk, state__in=Import.ENDED, erased_at=None)
    with transaction.atomic():
        if not ended.update(state=State.UNDOING, undone_by=by, claim=None, claimed_until=None):
            raise Conflict(f"The import of “{importing}” can't be undone now.")
        audit.record("import.undone", importing, by=by, at=at, facts={"file": importing.file_name})


def steps(importing: Import, mine: UUID, *, lease: timedelta) -> Iterator[bool]:
    """One batch a step, the last one first; ends where another worker took over."""
    batches = ImportBatch.objects.filter(of=importing, undone_at=None).order_by("-first")
    for batch in list(batches.values_list("pk", flat=True)):
        if not _take_back(importing.pk, mine, batch, lease=lease):
            return
        yield True
    done = Import.objects.filter(pk=importing.pk, claim=mine, state=State.UNDOING)
    done.update(state=State.UNDONE, undone_at=database_now(), claim=None, claimed_until=None)


def _take_back(pk: int, mine: UUID, number: int, *, lease: timedelta) -> bool:
    with transaction.atomic():
        now = Import.objects.select_for_update(of=("self",)).get(pk=pk)
        if (now.claim, now.state) != (mine, State.UNDOING):
            return False
        batch, at = ImportBatch.objects.get(pk=number), database_now()
        kept: list[tuple[int, str]] = []
        removed = _remove(batch.created, kept, since=batch.at, at=at)
        reverted = _revert(batch.merged, kept, since=batch.at, at=at)
        batch.undone_at, batch.kept = at, kept
        batch.save(update_fields=["undone_at", "kept"])
        Import.objects.filter(pk=pk).update(
            removed=F("removed") + removed,
            reverted=F("reverted") + reverted,
            kept=F("kept") + len(kept),
            claimed_until=database_now() + lease,
        )
    return True


def _since(ids: list[int], *, since: datetime, at: datetime) -> dict[int, str]:
    """Leads that something has happened with, and what."""
    found: dict[int, str] = {}
    late = Lead.objects.filter(pk__in=ids, handoffs__handed_over_at__gte=since)
    for pk in late.filter(handoffs__clocks__due_at__lte=at).values_list("pk", flat=True):
        found[pk] = "a deadline of sales has passed"
    later = Activity.objects.filter(lead__in=ids, recorded_at__gt=since).order_by("-recorded_at")
    for activity in later:
        found[activity.lead_id] = f"{activity.get_kind_display()} since"
    return found


def _remove(ids: list[int], kept: list[tuple[int, str]], *, since: datetime, at: datetime) -> int:
    leads = Lead.objects.filter(pk__in=ids)
    there = list(leads.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    stay = _since(there, since=since, at=at)
    kept += [(pk, why) for pk, why in sorted(stay.items())]
    go = Lead.objects.filter(pk__in=[pk for pk in there if pk not in stay])
    companies = set(go.values_list("of_company", flat=True))
    passed = go.filter(handed_over_at__isnull=False)
    outbox.forget(lead.get_absolute_url() for lead in passed.only("pk"))
    removed = go.delete()[1].get("leads.Lead", 0)
    linking.drop_bare(companies)
    return removed


def _revert(
    merged: list[dict[str, Any]], kept: list[tuple[int, str]], *, since: datetime, at: datetime
) -> int:
    notes = {note["lead"]: note for note in merged}
    leads = list(Lead.objects.filter(pk__in=notes).select_for_update(of=("self",)).order_by("pk"))
    if not leads:
        return 0
    ids = [lead.pk for lead in leads]
    happened = _since(ids, since=since, at=at)
    recorded = Activity.objects.filter(lead__in=ids, recorded_at=since)
    recorded.filter(kind__in=[*TOUCHPOINTS, Kind.EDITED]).delete()
    moved = [lead for lead in leads if "stage" in notes[lead.pk]["before"]]
    back = [lead for lead in moved if lead.pk not in happened]
    recorded.filter(lead__in=back).delete()
    Handoff.objects.filter(lead__in=back, handed_over_at=since).delete()
    for lead in leads:
        stays = _put_back(lead, notes[lead.pk], placed=lead in back)
        if lead in moved and lead not in back:
            stays.append(f"{lead.get_stage_display()}, {happened[lead.pk]}")
        if stays:
            kept.append((lead.pk, "; ".join(stays)))
    _score(leads, at=at)
    update(leads, WRITTEN)
    return len(leads) - sum(pk in notes for pk, _ in kept)


def _put_back(lead: Lead, note: dict[str, Any], *, placed: bool) -> list[str]:
    """Restore what is as the import left it; names what somebody changed since."""
    before, after, stays = note["before"], note["after"], []
    for name in before:
        if name in DETAILS:
            if getattr(lead, name) == snapshot.read(name, after[name]):
                setattr(lead, name, snapshot.read(name, before[name]))
            else:
                stays.append(f"{name.removesuffix('_id').replace('_', ' ')} was changed since")
        elif name in ("first_touchpoint_at", "last_touchpoint_at") and getattr(
            lead, name
        ) == snapshot.read(name, after[name]):
            setattr(lead, name, snapshot.read(name, before[name]))
    if "extra" in before:
        lead.extra, since = put_back(lead.extra, before["extra"], after["extra"])
        stays += [f"{name} was changed since" for name in since]
    if "tags" in before:
        came = set(after["tags"]) - set(before["tags"])
        lead.tags = [tag for tag in lead.tags if tag not in came]
    if placed:
        for name in PLACE:
            if name in before:
                setattr(lead, name, snapshot.read(name, before[name]))
        lead.respond_by = None
    lead.match_text = normalise.match_text(lead.first_name, lead.last_name, lead.company)
    return stays


def _score(leads: list[Lead], *, at: datetime) -> None:
    """Score and journey as if the rows had never come."""
    stamp = configuration.stamp()
    signs: dict[int, list[Activity]] = {lead.pk: [] for lead in leads}
    found = Activity.objects.filter(
        lead__in=leads, kind__in=TOUCHPOINTS, occurred_at__gte=at - REMEMBERED
    )
    for activity in found:
        signs[activity.lead_id].append(activity)
    for lead in leads:
        result = scoring.score(lead.values(), signs_of(signs[lead.pk]), at=at, stamp=stamp)
        scoring.apply(lead, result, at=at)
        lead.aida = aida_of({activity.kind for activity in signs[lead.pk]}, lead.stage)
        lead.updated_at = at
