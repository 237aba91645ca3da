"""Leads and activities as the API tells them; a page of leads is one query.

`sla` may not be imported here: clocks come by the handoff's reverse relation, as JSON that
PostgreSQL builds, so that a queue of fifty costs no more queries than one of one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from leads.intake import ORIGIN_FIELDS
from leads.models import TOUCHPOINTS, Activity, Handoff, Lead

PLAIN = (
    "id", "phone", "first_name", "last_name", "company", "job_title", "country", "source",
    "extra", "stage", "aida", "score", "score_reasons", "tier",
)  # fmt: skip
ORIGIN = tuple(name for name in ORIGIN_FIELDS if name != "path")


def answers(leads: QuerySet[Lead]) -> list[dict[str, Any]]:
    """The leads as the API tells them, in the order of the query; one query."""
    rows = leads.values(
        *PLAIN,
        "email",
        "consent_text",
        "consent_at",
        "respond_by",
        campaign_slug=F("campaign__slug"),
        persona_slug=F("persona__slug"),
        owner_email=F("owner__email"),
        origin=Subquery(_first_touchpoint()),
        handoff=Subquery(_last_handoff()),
    )
    return [_answer(row) for row in rows]


def answer(lead_id: int) -> dict[str, Any]:
    """One lead; what it may be shown to has been settled before."""
    return answers(Lead.objects.filter(pk=lead_id))[0]


def _first_touchpoint() -> QuerySet[Activity, Any]:
    return (
        Activity.objects.filter(lead=OuterRef("pk"), kind__in=TOUCHPOINTS)
        .order_by("occurred_at", "id")
        .values(told=JSONObject(data="data", message="note"))[:1]
    )


def _last_handoff() -> QuerySet[Handoff, Any]:
    clock = Handoff._meta.get_field("clocks").related_model
    clocks = (
        clock._default_manager.filter(handoff=OuterRef("pk"))  # type: ignore[union-attr]
        .order_by("due_at", "id")
        .values(
            told=JSONObject(
                term="term__key", state="state", excused="excused", due_at="due_at",
                stopped_at="stopped_at",
            )
        )
    )  # fmt: skip
    return (
        Handoff.objects.filter(lead=OuterRef("pk"))
        .order_by("-cycle")
        .values(
            told=JSONObject(
                id="pk",
                state="state",
                contract_version="contract_version",
                clocks=ArraySubquery(clocks),
            )
        )[:1]
    )


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    origin = row["origin"] or {"data": {}, "message": ""}
    return {
        **{name: row[name] for name in PLAIN},
        "email": row["email"],
        "campaign": row["campaign_slug"],
        **{name: origin["data"].get(name, "") for name in ORIGIN},
        "message": origin["message"],
        "consent": _consent(row),
        "persona": row["persona_slug"],
        "owner": row["owner_email"],
        "respond_by": told(row["respond_by"]),
        "handoff": _with_instants(row["handoff"]),
    }


def _consent(row: dict[str, Any]) -> dict[str, str | None] | None:
    if not row["consent_text"]:
        return None
    return {"text": row["consent_text"], "time": told(row["consent_at"])}


def _with_instants(handoff: dict[str, Any] | None) -> dict[str, Any] | None:
    for clock in handoff["clocks"] if handoff else ():
        for name in ("due_at", "stopped_at"):
            clock[name] = told(datetime.fromisoformat(clock[name])) if clock[name] else None
    return handoff


def told(instant: datetime | None) -> str | None:
    """An instant as the API writes it: UTC, with a Z."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def activity_answers(activities: Iterable[Activity]) -> list[dict[str, Any]]:
    """Activities with actor and campaign loaded."""
    return [
        {
            "id": a.pk,
            "kind": a.kind,
            "outcome": a.outcome,
            "note": a.note,
            "occurred_at": told(a.occurred_at),
            "recorded_at": told(a.recorded_at),
            "evidence": a.evidence,
            "actor": a.actor.email if a.actor else None,
            "campaign": a.campaign.slug if a.campaign else None,
            "handoff": a.handoff_id,
            "data": a.data,
        }
        for a in activities
    ]
