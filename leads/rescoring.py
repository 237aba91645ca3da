"""Score many leads again; only rows that change are written.

Two callers: the night, when engagement fades, and new rules, whose run can be watched. A run keeps
its place with each batch in one transaction: where its worker dies, the next goes on.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from accounts import configuration
from accounts.writing import update
from leads import scoring
from leads.capture import REMEMBERED, sign_of
from leads.models import TOUCHPOINTS, Activity, Lead, ScoreRun, Stage

BATCH = 1000
FIELDS = (
    "persona", "score", "fit", "engagement", "score_reasons", "score_version", "tier", "scored_at",
)  # fmt: skip
# What a score is made of, and what it was: all that is read of a lead.
READ = (
    "email", "phone", "first_name", "last_name", "company", "company_domain", "job_title",
    "country", "source", "extra", *FIELDS,
)  # fmt: skip
# A run that has not moved for so long has lost its worker.
STALLED = timedelta(minutes=2)


def scored_leads() -> QuerySet[Lead]:
    """Leads whose score may still move: neither customers nor disqualified."""
    return Lead.objects.exclude(stage__in=[Stage.CUSTOMER, Stage.DISQUALIFIED])


def rescore(*, at: datetime) -> int:
    """Rescore every open lead; returns how many changed.

    Never hands over: a score that only fades can't reach a threshold, and a change of the
    rules is for people to act on.
    """
    changed = last = 0
    while (moved := _next_batch(last, at=at)) is not None:
        last, _, more = moved
        changed += more
    return changed


def begin(version: int, *, at: datetime) -> ScoreRun:
    """Ask for a run by the rules of this version, in the caller's transaction."""
    total = scored_leads().count()
    return ScoreRun.objects.create(version=version, started_at=at, moved_at=at, total=total)


def go_on(*, at: datetime) -> ScoreRun | None:
    """Take up the newest run that waits or has lost its worker, and bring it to its end.

    Returns the run, or None when there is none to take up. Older ones are overtaken by it.
    """
    with transaction.atomic():
        waiting = ScoreRun.objects.select_for_update(skip_locked=True).filter(finished_at=None)
        run = waiting.first()
        if run is None or (run.done and run.moved_at > at - STALLED):
            return None
        ScoreRun.objects.filter(finished_at=None, pk__lt=run.pk).update(finished_at=at)
        ScoreRun.objects.filter(pk=run.pk).update(moved_at=at)
    while _advance(run, at=at):
        pass
    run.refresh_from_db()
    return run


def _advance(run: ScoreRun, *, at: datetime) -> bool:
    """One batch of a run and the place it has come to, all or nothing; False at its end."""
    with transaction.atomic():
        # Held by whoever scores the batch: a second worker waits, and then goes on after it.
        run = ScoreRun.objects.select_for_update().get(pk=run.pk)
        if run.finished_at is not None:
            return False
        moved = _next_batch(run.last_lead, at=at)
        kept = ScoreRun.objects.filter(pk=run.pk)
        if moved is None:
            kept.update(finished_at=at, moved_at=at)
            return False
        last, looked_at, changed = moved
        kept.update(
            last_lead=last, done=F("done") + looked_at, changed=F("changed") + changed, moved_at=at
        )
    return True


def _next_batch(after: int, *, at: datetime) -> tuple[int, int, int] | None:
    """Rescore the leads after this one: the last of them, how many, and how many changed."""
    with transaction.atomic():
        # Locked, so that a touchpoint captured meanwhile is not scored away.
        leads = scored_leads().filter(pk__gt=after).order_by("pk").only(*READ)
        batch = list(leads.select_for_update(of=("self",))[:BATCH])
        if not batch:
            return None
        moved = _moved(batch, at=at)
        update(moved, FIELDS)
    return batch[-1].pk, len(batch), len(moved)


def _moved(batch: Sequence[Lead], *, at: datetime) -> list[Lead]:
    stamp = configuration.stamp()
    version, rules = scoring.current_rules(at, stamp=stamp)
    personas = scoring.personas(stamp=stamp)
    signs = signs_by_lead([lead.pk for lead in batch], at=at)
    moved = []
    for lead in batch:
        before = (lead.score, lead.tier, lead.persona_id, lead.score_reasons)
        result = scoring.score_by(
            rules, lead.values(), signs[lead.pk], at=at, personas=personas, version=version
        )
        scoring.apply(lead, result, at=at)
        if before != (lead.score, lead.tier, lead.persona_id, lead.score_reasons):
            moved.append(lead)
    return moved


def signs_by_lead(leads: Sequence[int], *, at: datetime) -> dict[int, list[scoring.Sign]]:
    """The touchpoints of these leads that still matter to a score at this instant."""
    found: dict[int, list[scoring.Sign]] = defaultdict(list)
    touchpoints = Activity.objects.filter(
        lead__in=leads,
        kind__in=TOUCHPOINTS,
        occurred_at__gte=at - REMEMBERED,
        occurred_at__lte=at,
    )
    for lead, *facts in touchpoints.values_list("lead_id", "kind", "occurred_at", "data"):
        found[lead].append(sign_of(*facts))
    return found
