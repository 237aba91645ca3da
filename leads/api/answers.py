"""Leads and activities as the API tells them; any number of leads is one query.

`sla` may not be imported here: clocks come by the handoff's reverse relation, as JSON that
PostgreSQL builds. The query is compiled once: Django would take longer to write it than
PostgreSQL to answer it.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts import configuration
from leads.criteria import checks
from leads.criteria.standing import Rules, Standing, lines
from leads.intake import ORIGIN_FIELDS
from leads.models import TOUCHPOINTS, Activity, Answer, Framework, Handoff, Insight, Lead
from leads.tagging import words

PLAIN = (
    "id", "email", "phone", "first_name", "last_name", "company", "job_title", "country",
    "decision_role", "source", "sourced_by", "stage", "aida", "score", "tier",
)  # fmt: skip
# Not told, and read because criteria may answer themselves by them.
CHECKED = ("company_domain", "fit")
LINKED = {
    "company_id": "of_company_id",
    "campaign": "campaign__slug",
    "persona": "persona__slug",
    "owner": "owner__email",
}
ORIGIN = tuple(name for name in ORIGIN_FIELDS if name != "path")

NO_ORIGIN: dict[str, Any] = {"data": {}, "message": ""}


def answers(leads: Sequence[int]) -> list[dict[str, Any]]:
    """The leads of these ids, in this order, as the API tells them.

    What they may be shown to has been settled before.
    """
    if not leads:
        return []
    names, sql, values = _compiled()
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, list(leads)])
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    # For criteria that answer themselves, once for all leads.
    checked = any('"check"' in (row["framework"] or "") for row in rows)
    stamp = configuration.stamp() if checked else None
    told = [_answer(row, stamp) for row in rows]
    place = {pk: n for n, pk in enumerate(leads)}
    return sorted(told, key=lambda lead: place[lead["id"]])


def answer(lead: int) -> dict[str, Any]:
    """One lead."""
    return answers([lead])[0]


@cache
def _compiled() -> tuple[tuple[str, ...], str, tuple[Any, ...]]:
    """Names of the columns, the query, and its values before the list of ids."""
    columns = (
        *PLAIN,
        *CHECKED,
        "extra",
        "tags",
        "score_reasons",
        "consent_text",
        "consent_at",
        "respond_by",
    )
    rows = Lead.everything.order_by().values_list(
        *columns,
        *LINKED.values(),
        Subquery(_first_touchpoint()),
        Subquery(_last_handoff()),
        _framework(),
        ArraySubquery(_answers()),
        ArraySubquery(_needs()),
    )
    sql, values = rows.query.sql_with_params()
    where = f'{sql} WHERE "{Lead._meta.db_table}"."id" = ANY(%s)'
    further = ("origin", "handoff", "framework", "said", "needs")
    return (*columns, *LINKED, *further), where, tuple(values)


def _first_touchpoint() -> QuerySet[Activity, Any]:
    return (
        Activity.objects.filter(lead=OuterRef("pk"), kind__in=sorted(TOUCHPOINTS))
        .order_by("occurred_at", "id")
        .values(told=JSONObject(data="data", message="note"))[:1]
    )


def _last_handoff() -> QuerySet[Handoff, Any]:
    clock = Handoff._meta.get_field("clocks").related_model
    clocks = (
        clock._default_manager.filter(handoff=OuterRef("pk"))
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
                chance="chance__value",
                clocks=ArraySubquery(clocks),
            )
        )[:1]
    )


def _framework() -> Coalesce:
    """What the lead is qualified by: its pool's criteria, else those for all."""
    frameworks = Framework.objects.in_use().order_by()
    told = JSONObject(id="pk", name="name", minimum="minimum", questions="questions")
    own = frameworks.filter(pools=OuterRef("pool")).values(told=told)[:1]
    for_all = frameworks.filter(for_all=True).values(told=told)[:1]
    return Coalesce(Subquery(own), Subquery(for_all))


def _answers() -> QuerySet[Answer, Any]:
    """Every answer about the lead, in the order they were given."""
    return (
        Answer.objects.filter(lead=OuterRef("pk"))
        .order_by("at", "id")
        .values(
            told=JSONObject(
                framework="framework_id", question="question", answer="said", evidence="evidence",
                by="by__email", at="at",
            )
        )
    )  # fmt: skip


def _needs() -> QuerySet[Insight, Any]:
    """What the lead said of its needs, in the order it was noted."""
    return (
        Insight.objects.standing()
        .filter(lead=OuterRef("pk"))
        .order_by("at", "id")
        .values(
            told=JSONObject(
                id="id", about="about", words="words", said_by="said_by", said_on="said_on",
                by="by__email", at="at",
            )
        )
    )  # fmt: skip


def _criteria(row: dict[str, Any], stamp: UUID | None) -> dict[str, Any] | None:
    """How far it has come by the criteria that apply to it."""
    if not row["framework"]:
        return None
    framework = json.loads(row["framework"])
    given = [json.loads(each) if isinstance(each, str) else each for each in row["said"]]
    last = {each["question"]: each for each in given if each["framework"] == framework["id"]}
    rules = Rules(
        framework["id"], framework["name"], tuple(framework["questions"]), framework["minimum"]
    )
    answers = {key: _as_answer(each) for key, each in last.items()}
    by_itself = checks.found(rules.questions, _values(row), stamp=stamp)
    found = Standing(rules, lines(rules, answers, by_itself))
    return {
        "framework": rules.name,
        "share": found.share,
        "minimum": rules.minimum,
        "missing": found.missing,
        "answers": [
            {
                "question": line.question["label"],
                "answer": line.said,
                "evidence": line.evidence,
                "by": last[line.question["key"]]["by"] if line.is_by_hand else None,
                "at": told(line.answer.at) if line.answer and line.is_by_hand else None,
            }
            for line in found.lines
            if not line.is_missing
        ],
    }


def _values(row: dict[str, Any]) -> dict[str, Any]:
    """What checks are held against, as leads.criteria.checks has it of a lead."""
    extra = json.loads(row["extra"])
    chance = json.loads(row["handoff"])["chance"] if row["handoff"] else None
    return {
        **{name: row[name] for name in (*PLAIN, *CHECKED, "persona")},
        **{f"extra.{name}": value for name, value in extra.items()},
        "chance": None if chance is None else round(chance * 100),
    }


def _as_answer(given: dict[str, Any]) -> Answer:
    at = datetime.fromisoformat(given["at"])
    return Answer(said=given["answer"], evidence=given["evidence"], at=at)


def _answer(row: dict[str, Any], stamp: UUID | None) -> dict[str, Any]:
    origin: dict[str, Any] = json.loads(row["origin"]) if row["origin"] else NO_ORIGIN
    consent = {"text": row["consent_text"], "time": told(row["consent_at"])}
    return {
        **{name: row[name] for name in (*PLAIN, *LINKED)},
        **{name: origin["data"].get(name, "") for name in ORIGIN},
        "message": origin["message"],
        "consent": consent if row["consent_text"] else None,
        "extra": json.loads(row["extra"]),
        # Asks for nothing where there is none.
        "tags": [name for _, name in words().said(row["tags"])] if row["tags"] else [],
        "score_reasons": json.loads(row["score_reasons"]),
        "respond_by": told(row["respond_by"]),
        "criteria": _criteria(row, stamp),
        "needs": [_with_instant(each) for each in row["needs"]],
        "handoff": _with_instants(json.loads(row["handoff"])) if row["handoff"] else None,
    }


def _with_instant(need: Any) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(need) if isinstance(need, str) else need
    return {**facts, "at": told(datetime.fromisoformat(facts["at"]))}


def _with_instants(handoff: dict[str, Any]) -> dict[str, Any]:
    del handoff["chance"]
    for clock in handoff["clocks"]:
        for name in ("due_at", "stopped_at"):
            if clock[name]:
                clock[name] = told(datetime.fromisoformat(clock[name]))
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
