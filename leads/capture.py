"""The one way in: form, API, CSV and e-mail all call `capture_leads`.

Exact duplicates (same normalised e-mail) become a touchpoint of the lead we have, filling its
gaps and overwriting nothing; likely duplicates are shown elsewhere, never merged (leads.dedupe).
A row that is refused does not keep the others out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts import configuration
from accounts.models import Team, User
from accounts.writing import insert, update
from leads import intake, normalise, scoring
from leads.activities import record_activities
from leads.handover import missing_for_mql, pass_on, place
from leads.intake import Refusals, Row
from leads.journey import aida_of
from leads.models import TOUCHPOINTS, Activity, Handoff, Kind, Lead, Stage
from leads.routing import Route

# How far back an old touchpoint can still matter to the score.
REMEMBERED = timedelta(days=400)
FILLABLE = (
    "phone", "phone_typed", "first_name", "last_name", "company", "company_domain",
    "job_title", "country", "source",
)  # fmt: skip
CHANGED_BY_MERGE = (
    *FILLABLE, "match_text", "campaign", "consent_text", "consent_at", "extra", "stage", "aida",
    "persona", "score", "fit", "engagement", "score_reasons", "score_version", "tier",
    "scored_at", "handed_over_at", "owner", "pool", "updated_at", "first_touchpoint_at",
    "last_touchpoint_at",
)  # fmt: skip
RACES = 3
LOCK = "SELECT id FROM leads_lead WHERE email = ANY(%s) ORDER BY id FOR UPDATE"


@dataclass(slots=True)
class Captured:
    """What became of one row: a lead (new or known), or the reasons it was refused."""

    lead: Lead | None = None
    created: bool = False
    refused: Refusals = field(default_factory=dict)
    handoff: Handoff | None = None


@dataclass(slots=True)
class _Work:
    """One lead touched by this batch, with what is known about it."""

    lead: Lead
    created: bool
    touchpoints: list[Activity] = field(default_factory=list)
    earlier: list[Activity] = field(default_factory=list)
    at_once: bool = True
    newly_mql: bool = False


def capture_leads(
    rows: Iterable[Mapping[str, Any]],
    *,
    by: User | None,
    team: Team | None = None,
    at: datetime,
    hand_over: bool | None = None,
    stamp: UUID | None = None,
) -> list[Captured]:
    """Capture a batch, in one transaction; the answers are in the order of the rows.

    `team` is whose leads they are when no campaign says so. `hand_over` False keeps MQLs with
    marketing; None leaves it to the campaign. Row fields: leads.intake.FIELDS. `stamp` is the
    configuration stamp, if the caller has read it already.
    """
    stamp = stamp or configuration.stamp()
    known = intake.campaigns(stamp=stamp)
    read = [intake.read(raw, known, at=at) for raw in rows]
    for attempt in range(RACES):
        try:
            with transaction.atomic():
                return _capture(read, by=by, team=team, at=at, hand_over=hand_over, stamp=stamp)
        except IntegrityError as error:
            # Somebody captured the same address between our look and our insert: look again.
            if "lead_email_once" not in str(error) or attempt == RACES - 1:
                raise
    raise AssertionError("unreachable")


def _capture(
    read: list[tuple[Row, Refusals]],
    *,
    by: User | None,
    team: Team | None,
    at: datetime,
    hand_over: bool | None,
    stamp: UUID,
) -> list[Captured]:
    good = [row for row, refused in read if not refused]
    existing = _lock_existing(good, at=at)
    by_email: dict[str, _Work] = {work.lead.email or "": work for work in existing}
    works: list[_Work] = list(existing)
    answers: list[tuple[Captured, _Work | None]] = []
    for row, refused in read:
        if refused:
            answers.append((Captured(refused=refused), None))
            continue
        work = by_email.get(row.email) if row.email else None
        created = work is None
        if work is None:
            work = _Work(_new_lead(row, by=by, team=team, at=at), created=True)
            works.append(work)
            if row.email:
                by_email[row.email] = work
        else:
            _fill_gaps(work.lead, row, at=at)
        if row.campaign is not None and not row.campaign.hand_over_at_once:
            work.at_once = False
        work.touchpoints.append(_touchpoint(work.lead, row, by=by, at=at))
        answers.append((Captured(lead=work.lead, created=created), work))
    for work in works:
        _judge(work, at=at, stamp=stamp)
    passing = [w for w in works if w.newly_mql and (w.at_once if hand_over is None else hand_over)]
    # Placed before they are saved, so that each lead is written once.
    routes = place([w.lead for w in passing], at=at, stamp=stamp)
    _save(works)
    handoffs = _record(works, passing, routes, by=by, at=at, stamp=stamp)
    for captured, work in answers:
        if work is not None:
            captured.handoff = handoffs.get(work.lead.pk)
    return [captured for captured, _ in answers]


def _lock_existing(rows: list[Row], *, at: datetime) -> list[_Work]:
    emails = {row.email for row in rows if row.email}
    if not emails:
        return []
    # The ids alone first: mostly there are none, and a lead is wide.
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(emails)])
        known = [pk for (pk,) in cursor.fetchall()]
    leads = Lead.objects.filter(pk__in=known).order_by("pk") if known else []
    works = {lead.pk: _Work(lead, created=False) for lead in leads}
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
    return Lead(
        email=row.email,
        team_id=team_id,
        campaign_id=row.campaign.id if row.campaign else None,
        captured_by=by,
        consent_text=row.consent_text,
        consent_at=row.consent_at,
        extra=row.extra,
        created_at=at,
        updated_at=at,
        **row.person,
    )


def _fill_gaps(lead: Lead, row: Row, *, at: datetime) -> None:
    for name in FILLABLE:
        if not getattr(lead, name) and row.person.get(name):
            setattr(lead, name, row.person[name])
    lead.match_text = normalise.match_text(lead.first_name, lead.last_name, lead.company)
    if lead.campaign_id is None and row.campaign is not None:
        lead.campaign_id = row.campaign.id
    if not lead.consent_text and row.consent_text:
        lead.consent_text, lead.consent_at = row.consent_text, row.consent_at
    lead.extra = {**row.extra, **lead.extra}
    lead.updated_at = at


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
    return [
        scoring.Sign(a.kind, a.occurred_at, f"{a.data.get('path', '')} {a.data.get('title', '')}")
        for a in activities
        if a.kind in TOUCHPOINTS
    ]


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


def _save(works: list[_Work]) -> None:
    insert([w.lead for w in works if w.created])
    update([w.lead for w in works if not w.created], CHANGED_BY_MERGE)


def _record(
    works: list[_Work],
    passing: list[_Work],
    routes: list[Route],
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
        if work.newly_mql:
            activities.append(
                Activity(
                    lead=work.lead,
                    kind=Kind.MQL,
                    actor=by,
                    occurred_at=at,
                    data={"score": work.lead.score},
                )
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
    record_activities([*activities, *steps], at=at, stamp=stamp)
    return {handoff.lead_id: handoff for handoff in handoffs}
