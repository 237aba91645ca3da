"""Tallies are a count of the clocks, whatever happened to these, folded or not."""

import itertools
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import Team
from sla.figures import trend
from sla.figures.compliance import DIMENSIONS, compliance, judged
from sla.figures.tallies import fold
from sla.models import Clock, Tally, TallyChange, Term
from sla.sweep import sweep
from tests.factories import ny
from tests.sla.test_compliance import END, NOW, START, numbers, tell

JUDGED = ("met", "missed", "voided")


def told(user, by, start, end, at) -> dict[str | None, tuple[int, ...]]:
    return {f.key: numbers(f) for f in compliance(user, start=start, end=end, by=by, at=at).groups}


def counted_by_hand(user, by, start, end, at) -> dict[str | None, tuple[int, ...]]:
    """One clock after the other, in Python."""
    found: dict[str | None, Counter[str]] = {}
    clocks = judged(user, at=at).select_related("owner", "team", "persona", "campaign", "term")
    for c in clocks:
        if not start <= c.started_at < end:
            continue
        key = {
            "rep": c.owner and c.owner.email,
            "team": c.team and c.team.slug,
            "persona": c.persona and c.persona.slug,
            "campaign": c.campaign and c.campaign.slug,
            "source": c.source or None,
            "term": c.term.key,
        }[by]
        late = c.state == "running" and c.due_at is not None and c.due_at < at
        outcome = "missed" if late else {"paused": "running"}.get(c.state, c.state)
        found.setdefault(key, Counter()).update([outcome, *(["excused"] if c.excused else [])])
    return {
        key: (
            n["met"] + n["missed"] + n["voided"] + n["running"],
            *(n[name] for name in ("met", "missed", "excused", "voided", "running")),
        )
        for key, n in found.items()
    }


PERIODS = [
    (START, END),
    (ny("2027-01-15 10:00"), ny("2027-01-15 11:00")),
    (ny("2027-01-15 10:05"), ny("2027-01-15 10:50")),
    (ny("2027-01-08 10:00"), ny("2027-01-15 10:30") + timedelta(microseconds=1)),
    (datetime(2027, 1, 8, tzinfo=UTC), datetime(2027, 1, 16, tzinfo=UTC)),
    (datetime(2027, 1, 9, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC)),
]


def hold_against_each_other(cast, *, seed: float = 0, some: int = 30) -> None:
    """Some of all (person, grouping, period), others each time."""
    people = (cast.dana, cast.sam, cast.maya, cast.outsider)
    every = list(itertools.product(people, DIMENSIONS, PERIODS))
    for user, by, (start, end) in random.Random(seed).sample(every, some):
        asked = (user, by, start, end, NOW)
        assert told(*asked) == counted_by_hand(*asked), asked


def test_figures_are_a_count_of_the_clocks_before_and_after_folding(cast):
    tell(cast)
    assert TallyChange.objects.exists()
    hold_against_each_other(cast, seed=1)

    assert fold() > 0
    assert (TallyChange.objects.exists(), fold()) == (False, 0)
    hold_against_each_other(cast, seed=1)

    sweep(at=NOW)
    hold_against_each_other(cast, seed=2)
    fold()
    hold_against_each_other(cast, seed=2)


def fate(chance: random.Random) -> dict[str, object]:
    """A state a clock may be in, with what the constraints ask of it."""
    due, state = ny("2027-01-15 11:00"), chance.choice(["running", "paused", *JUDGED])
    over = state in ("met", "voided")
    return {
        "state": state,
        "due_at": None if state == "paused" else due,
        "stopped_at": due - timedelta(minutes=1) if state == "met" else None,
        "ended_at": due if over else None,
        "excused": state == "missed" and chance.random() < 0.5,
    }


@pytest.mark.parametrize("seed", range(3))
def test_figures_follow_any_change_of_any_clock(cast, seed):
    """Updated one by one and in bulk, given away, deleted; rows loaded as judged already."""
    tell(cast)
    chance = random.Random(seed)
    owners, teams = [cast.sam, cast.sue, None], [*Team.objects.all(), None]
    for round_ in range(6):
        for clock in Clock.objects.order_by("?")[:8]:
            changes = fate(chance) | {"owner": chance.choice(owners), "team": chance.choice(teams)}
            Clock.objects.filter(pk=clock.pk).update(**changes)
        Clock.objects.filter(pk__in=Clock.objects.filter(state="voided")[:2]).delete()
        model = Clock.objects.filter(state__in=JUDGED).first()
        if model is not None:
            model.pk, model.round = None, 100 + round_
            Clock.objects.bulk_create([model])
        if chance.random() < 0.5:
            fold()
        hold_against_each_other(cast, seed=chance.random(), some=8)


def test_a_change_that_is_rolled_back_leaves_no_trace(cast):
    tell(cast)
    fold()
    with transaction.atomic():
        Clock.objects.filter(state="met").update(state="voided")
        assert TallyChange.objects.exists()
        transaction.set_rollback(True)
    assert not TallyChange.objects.exists()
    hold_against_each_other(cast)


def test_what_changes_no_outcome_is_not_noted(cast):
    tell(cast)
    fold()
    Clock.objects.update(remaining_seconds=1)
    assert not TallyChange.objects.exists()


def test_starting_a_clock_notes_nothing(cast):
    cast.hot_lead(at=ny("2027-01-15 10:00"))
    assert not TallyChange.objects.exists()


def test_whole_slots_are_read_from_the_tallies_alone(cast):
    """A figure that differs shows that the clocks of whole days are not read again."""
    tell(cast)
    fold()
    Tally.objects.filter(cut="term").update(met=1000)
    (accept, *_) = compliance(cast.dana, start=START, end=END, by="term", at=NOW).groups
    assert accept.met == 2000  # Sam's and sue's.


def test_nothing_of_a_folded_note_stays_behind(cast):
    tell(cast)
    fold()
    for clock in Clock.objects.exclude(state__in=["running", "paused"]):
        Clock.objects.filter(pk=clock.pk).delete()
    fold()
    sums = [(t.met, t.missed, t.excused, t.voided) for t in Tally.objects.all()]
    assert set(sums) <= {(0, 0, 0, 0)}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_the_trend_counts_days_of_any_zone(cast, zone):
    """Kathmandu is 5:45 ahead of UTC, Lord Howe 10:30 or 11: no hour of UTC fits their days."""
    tell(cast)
    fold()
    tz = ZoneInfo(zone)
    start, end = (instant.astimezone(tz).replace(hour=0, minute=0) for instant in (START, END))
    _, steps = trend.steps(cast.dana, start, end, zone=tz, at=NOW)
    by_hand: Counter[str] = Counter()
    for clock in Clock.objects.filter(started_at__gte=start, started_at__lt=end):
        by_hand[clock.started_at.astimezone(tz).date().isoformat()] += 1
    assert {s.figures.key: s.figures.started for s in steps if s.figures.started} == by_hand


def test_a_clock_keeps_the_groups_it_started_under(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"), source="ad")
    type(lead).objects.filter(pk=lead.pk).update(persona=None, campaign=None, source="fair")
    groups = {(c.persona_id, c.campaign_id, c.source) for c in Clock.objects.filter(lead=lead)}
    assert groups == {(cast.persona.pk, cast.campaign.pk, "ad")}


def test_terms_of_two_versions_are_one_promise(cast):
    tell(cast)
    before = told(cast.dana, "term", START, END, NOW)
    old = Term.objects.get(key="accept_hot")
    Clock.objects.filter(term=old, state="missed").update(term=_next_version(cast, old))

    assert told(cast.dana, "term", START, END, NOW) == before
    names = {f.key: f.name for f in compliance(
        cast.dana, start=START, end=END, by="term", at=NOW).groups}  # fmt: skip
    assert names["accept_hot"] == "Accept (hot), anew"


def _next_version(cast, term: Term) -> Term:
    contract = cast.contract
    contract.pk, contract.version = None, 2
    contract.save()
    term.pk, term.contract, term.name = None, contract, "Accept (hot), anew"
    term.save()
    return term


def test_the_migrations_fill_in_the_clocks_and_count_them(cast):
    """By their own SQL, on clocks as an install of the first release had them."""
    groups = import_module("sla.migrations.0002_clock_freezes_groups")
    tallies = import_module("sla.migrations.0003_tallies")
    tell(cast)
    before = {by: told(cast.dana, by, START, END, NOW) for by in ("term", "campaign", "source")}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger counts yet
        cursor.execute("UPDATE sla_clock SET campaign_id = NULL, persona_id = NULL, source = ''")
        cursor.execute("DELETE FROM sla_tally; DELETE FROM sla_tallychange")
        assert told(cast.dana, "term", START, END, NOW) != before["term"]
        cursor.execute(groups.FILL)
        cursor.execute(tallies.note("SELECT *, 1 AS sign FROM sla_clock"))
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert {by: told(cast.dana, by, START, END, NOW) for by in before} == before
