"""The one way in: form, API, CSV and e-mail all call `capture_leads`.

Exact duplicates (same normalised e-mail) become a touchpoint of the lead we have, filling its
gaps and overwriting nothing; likely ones are shown elsewhere, never merged (leads.duplicates).
A row that is refused does not keep the others out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import configuration
from accounts.models import Team, User
from accounts.writing import insert, update
from leads import custom_fields, intake, known, scoring, sourcing, tagging
from leads.activities import record_activities
from leads.companies import linking
from leads.handover import missing_for_mql, pass_on, place
from leads.intake import Refusals, Row
from leads.journey import aida_of
from leads.known import FILLABLE
from leads.models import (
    TOUCHPOINTS,
    Activity,
    CustomField,
    Duplicates,
    Handoff,
    Kind,
    Lead,
    Sourced,
    Stage,
)
from leads.routing import Route

# How far back an old touchpoint can still matter to the score.
REMEMBERED = timedelta(days=400)
CHANGED_BY_MERGE = (
    *FILLABLE, "of_company", "match_text", "campaign", "consent_text", "consent_at", "extra",
    "stage", "aida", "persona", "score", "fit", "engagement", "score_reasons", "score_version",
    "tier", "tags", "scored_at", "handed_over_at", "owner", "pool", "updated_at",
    "first_touchpoint_at", "last_touchpoint_at",
)  # fmt: skip
RACES = 3


@dataclass(slots=True)
class Captured:
    """What became of one row: a lead (new or known), or the reasons it was refused."""

    lead: Lead | None = None
    created: bool = False
    refused: Refusals = field(default_factory=dict)
    handoff: Handoff | None = None
    # Why a lead we had was left as it was (leads.known.Left); empty when it was not.
    left: str = ""
    # A lead we had as it was before, by the names of CHANGED_BY_MERGE's columns.
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Work:
    """One lead touched by this batch, with what is known about it."""

    lead: Lead
    created: bool
    touchpoints: list[Activity] = field(default_factory=list)
    earlier: list[Activity] = field(default_factory=list)
    at_once: bool = True
    newly_mql: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    overwritten: dict[str, dict[str, object]] = field(default_factory=dict)


_Answers = list[tuple[Captured, _Work | None]]


def capture_leads(
    rows: Iterable[Mapping[str, Any]],
    *,
    by: User | None,
    team: Team | None = None,
    at: datetime,
    hand_over: bool | None = None,
    stamp: UUID | None = None,
    duplicates: str = Duplicates.FILL,
    make_tags: bool = True,
) -> list[Captured]:
    """Capture a batch, in one transaction; the answers are in the order of the rows.

    `team` is whose leads they are when no campaign says so; what sales finds itself
    (leads.sourcing) is sales' in any case, and whoever captures it has it at once. `hand_over`
    False keeps MQLs with marketing; None leaves it to the campaign. Row fields:
    leads.intake.FIELDS. `stamp` is the configuration stamp, if the caller has read it already.
    `duplicates` is what a row does to a lead we have; overwriting leaves leads that `by` may not
    edit to the filling of gaps. Without `make_tags` a row with a tag there is not is refused.
    """
    stamp = stamp or configuration.stamp()
    slugs = intake.campaigns(stamp=stamp)
    fields = custom_fields.by_name(CustomField.About.LEAD, stamp=stamp)
    read = [intake.read(raw, slugs, at=at, fields=fields) for raw in rows]
    tagging.number(read, by=by, at=at, make=make_tags)
    for attempt in range(RACES):
        try:
            with transaction.atomic():
                works, answers = _meet(read, by=by, team=team, at=at, how=duplicates)
                _finish(works, answers, by=by, at=at, hand_over=hand_over, stamp=stamp)
                return [captured for captured, _ in answers]
        except IntegrityError as error:
            # Somebody captured the same address between our look and our insert: look again.
            if "lead_email_once" not in str(error) or attempt == RACES - 1:
                raise
    raise AssertionError("unreachable")


def _meet(
    read: list[tuple[Row, Refusals]], *, by: User | None, team: Team | None, at: datetime, how: str
) -> tuple[list[_Work], _Answers]:
    """Each row with the lead it makes or meets; nothing is written yet."""
    works = _lock_existing([row for row, refused in read if not refused], at=at)
    by_key: dict[known.Key, _Work] = {known.key_of_lead(work.lead): work for work in works}
    leads = [work.lead for work in works]
    by_id = {work.lead.pk: work for work in works}
    good = [row for row, refused in read if not refused]
    by_key |= {email: by_id[pk] for email, pk in known.formerly(leads, good).items()}
    editable = known.editable(leads, by=by) if how == Duplicates.OVERWRITE else set()
    answers: _Answers = []
    for row, refused in read:
        if refused:
            answers.append((Captured(refused=refused), None))
            continue
        key = known.key_of_row(row)
        work = by_key.get(key) if key else None
        created = work is None
        if work is None:
            work = _Work(_new_lead(row, by=by, team=team, at=at), created=True)
            works.append(work)
            if key:
                by_key[key] = work
        else:
            signs = [*work.earlier, *work.touchpoints]
            may_edit = work.created or work.lead.pk in editable
            left = known.left_alone(work.lead, row, signs, how=how, may_edit=may_edit)
            if left:
                answers.append((Captured(work.lead, left=left), None))
                continue
            if how == Duplicates.OVERWRITE and may_edit:
                work.overwritten |= known.overwrite(work.lead, row)
            known.fill_gaps(work.lead, row, at=at)
        if row.campaign is not None and not row.campaign.hand_over_at_once:
            work.at_once = False
        work.touchpoints.append(_touchpoint(work.lead, row, by=by, at=at))
        answers.append((Captured(work.lead, created=created, before=work.before), work))
    return [work for work in works if work.touchpoints], answers


def _finish(
    works: list[_Work],
    answers: _Answers,
    *,
    by: User | None,
    at: datetime,
    hand_over: bool | None,
    stamp: UUID,
) -> None:
    """Score, place, save and record the leads that rows made or changed."""
    for work in works:
        _judge(work, at=at, stamp=stamp)
    linking.link([w.lead for w in works if w.lead.of_company_id is None], at=at)
    found = [w.lead for w in works if w.created and w.lead.sourced_by == Sourced.SALES]
    passing = [w for w in works if w.newly_mql and (w.at_once if hand_over is None else hand_over)]
    # Placed before they are saved, so that each lead is written once.
    routes = place([w.lead for w in passing], at=at, stamp=stamp)
    insert([w.lead for w in works if w.created])
    update([w.lead for w in works if not w.created], CHANGED_BY_MERGE)
    handoffs = _record(works, passing, routes, found, by=by, at=at, stamp=stamp)
    for captured, met in answers:
        if met is not None:
            captured.handoff = handoffs.get(met.lead.pk)


def _lock_existing(rows: list[Row], *, at: datetime) -> list[_Work]:
    # The ids alone first: mostly there are none, and a lead is wide.
    ids = known.lock(rows)
    leads = Lead.objects.filter(pk__in=ids).order_by("pk") if ids else []
    works = {lead.pk: _Work(lead, created=False, before=dict(lead.__dict__)) for lead in leads}
    if works:
        earlier = Activity.objects.filter(
            lead__in=works, kind__in=TOUCHPOINTS, occurred_at__gte=at - REMEMBERED
        )
        for activity in earlier:
            works[activity.lead_id].earlier.append(activity)
    return list(works.values())


def _new_lead(row: Row, *, by: User | None, team: Team | None, at: datetime) -> Lead:
    team_id = row.campaign.team_id if row.campaign else (team.pk if team else None)
    if team_id is None:
        raise ValueError("A lead needs a team: name a campaign or pass team=.")
    lead = Lead(
        email=row.email,
        team_id=team_id,
        campaign_id=row.campaign.id if row.campaign else None,
        captured_by=by,
        consent_text=row.consent_text,
        consent_at=row.consent_at,
        extra=row.extra,
        tags=row.tags,
        created_at=at,
        updated_at=at,
        **row.person,
    )
    sourcing.claim(lead, by, at=at)
    return lead


def _touchpoint(lead: Lead, row: Row, *, by: User | None, at: datetime) -> Activity:
    return Activity(
        lead=lead,
        kind=row.touchpoint,
        actor=by,
        occurred_at=row.occurred_at or at,
        recorded_at=at,
        evidence=Activity.Evidence.SYSTEM,
        note=row.message,
        campaign_id=row.campaign.id if row.campaign else None,
        data=row.origin,
    )


def signs_of(activities: Iterable[Activity]) -> list[scoring.Sign]:
    """Touchpoints as the score sees them."""
    return [sign_of(a.kind, a.occurred_at, a.data) for a in activities if a.kind in TOUCHPOINTS]


def sign_of(kind: str, occurred_at: datetime, data: Mapping[str, Any]) -> scoring.Sign:
    """One touchpoint as the score sees it, from what its row says."""
    return scoring.Sign(kind, occurred_at, f"{data.get('path', '')} {data.get('title', '')}")


def _judge(work: _Work, *, at: datetime, stamp: UUID) -> None:
    """Score the lead, place it in its journey, and see whether it became an MQL."""
    lead, everything = work.lead, [*work.earlier, *work.touchpoints]
    scoring.apply(
        lead, scoring.score(lead.values(), signs_of(everything), at=at, stamp=stamp), at=at
    )
    lead.aida = aida_of({a.kind for a in everything}, lead.stage)
    instants = [a.occurred_at for a in everything]
    lead.first_touchpoint_at = min(filter(None, [lead.first_touchpoint_at, *instants]))
    lead.last_touchpoint_at = max(filter(None, [lead.last_touchpoint_at, *instants]))
    if lead.stage in (Stage.INQUIRY, Stage.RECYCLED) and not missing_for_mql(
        lead, at=at, stamp=stamp
    ):
        lead.stage = Stage.MQL
        work.newly_mql = True


def _record(
    works: list[_Work],
    passing: list[_Work],
    routes: list[Route],
    found: list[Lead],
    *,
    by: User | None,
    at: datetime,
    stamp: UUID,
) -> dict[int, Handoff]:
    activities: list[Activity] = []
    for work in works:
        for activity in work.touchpoints:
            activity.lead = work.lead
            activities.append(activity)
        if work.overwritten:
            changed = {"changed": work.overwritten}
            activities.append(
                Activity(lead=work.lead, kind=Kind.EDITED, actor=by, occurred_at=at, data=changed)
            )
        if work.newly_mql:
            data = {"score": work.lead.score}
            activities.append(
                Activity(lead=work.lead, kind=Kind.MQL, actor=by, occurred_at=at, data=data)
            )
    handoffs, steps = pass_on(
        [w.lead for w in passing],
        [a for w in passing for a in (*w.earlier, *w.touchpoints)],
        by=by,
        at=at,
        stamp=stamp,
        routes=routes,
        brand_new=all(w.created for w in passing),
    )
    own, begun = sourcing.begin(found, by=by, at=at)
    record_activities([*activities, *steps, *begun], at=at, stamp=stamp)
    return {handoff.lead_id: handoff for handoff in (*handoffs, *own)}
