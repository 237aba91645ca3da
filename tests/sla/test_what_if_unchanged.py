"""An unchanged draft gives what compliance gives, to the clock: the demo company is run again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts import configuration
from leadflow.demo import loading
from sla import agreement
from sla.contracts import drafting
from sla.figures.compliance import compliance
from sla.models import Clock, TeamCalendar
from sla.replays.anew import anew
from sla.replays.draft import draft_of
from sla.replays.replay import replay
from tests.sla.test_what_if import asked, counts

# A Wednesday morning in New York.
TODAY = datetime(2027, 3, 17, 15, 20, tzinfo=UTC)
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Half a year of the demo company with 120 leads, shared by the tests of this part."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield loading.load(at=TODAY, leads=120)
        transaction.set_rollback(True)


def same_hours() -> dict[str, str]:
    """Each team's own calendar, named: every deadline is worked out anew, to the same instant."""
    rows = TeamCalendar.objects.values_list("team__slug", "calendar__slug")
    return dict(rows)


@pytest.mark.parametrize("days", [30, 183])
@pytest.mark.parametrize("by", ["term", "rep"])
@pytest.mark.parametrize("hours", [dict, same_hours], ids=["empty", "every clock run again"])
def test_an_unchanged_draft_gives_the_figures_of_compliance(demo, hours, by, days):
    start = TODAY - timedelta(days=days)
    found = asked(start=start, at=TODAY, hours=hours())
    known = compliance(demo.users["admin"], start=start, end=TODAY, by=by, at=TODAY)

    pairs = found.terms if by == "term" else found.reps
    assert [pair.before for pair in pairs] == known.groups
    assert [pair.after for pair in pairs] == known.groups
    assert counts(found.totals.before) == counts(found.totals.after) == counts(known.totals)
    assert (found.changed_clocks, found.changed_leads, found.changed) == (0, 0, [])
    assert min(known.totals.met, known.totals.missed, known.totals.voided) >= 3


DRAFTS = {
    "own hours": {},
    "round the clock": {"hours": {"sales-new-york": "24/7", "sales-london": "24/7"}},
    "stricter": {"targets": {"accept_hot": "3 min", "accept": "20 min", "first_touch_hot": "9 min",
                             "first_touch": "1 h", "disposition": "5 h", "answer_return": "1 h"}},
    "looser": {"targets": {"accept_hot": "8 h", "accept": "3 days", "first_touch_hot": "2 days",
                           "first_touch": "5 days", "disposition": "20 days"}},
}  # fmt: skip


@pytest.mark.parametrize("name", DRAFTS)
def test_the_short_way_and_the_long_way_agree_on_every_clock(demo, name):
    """Without `short` each clock is run again by the engine's own steps."""
    written = DRAFTS[name] or {"hours": same_hours()}
    start, stamp = TODAY - timedelta(days=183), configuration.stamp()
    draft = draft_of(**written, at=TODAY)
    long = replay(draft, start=start, at=TODAY, stamp=stamp, short=False)
    short = replay(draft, start=start, at=TODAY, stamp=stamp)

    assert [each.after for each in short] == [each.after for each in long]
    assert len(long) == Clock.objects.filter(started_at__gte=start).count() > 150
    if not DRAFTS[name]:
        assert [each.after for each in long] == [each.before for each in long]
    else:
        assert sum(each.changed for each in long) >= 10


def test_under_an_unchanged_draft_contract_every_clock_comes_out_as_it_was(demo):
    """Each is made anew from the record of its handoff: the same clocks, owners and deadlines."""
    with transaction.atomic():
        drafting.begin(by=demo.users["dana"], at=TODAY)
        draft = draft_of(contract=True, at=TODAY)
        start, stamp = TODAY - timedelta(days=183), configuration.stamp()
        found = anew(draft, start=start, at=TODAY, stamp=stamp)
        transaction.set_rollback(True)

    assert len(found) == Clock.objects.filter(started_at__gte=start).count() > 150
    assert all(each.under and each.under.key == each.term.key for each in found)
    now = agreement.in_force(TODAY)
    assert now is not None
    same = [each for each in found if each.term.contract_id == now.id]
    assert [each for each in same if each.before != each.after] == []
    # What ran under an older version is judged by the draft: some of it comes out otherwise.
    older = [each for each in found if each.term.contract_id != now.id]
    assert 0 < sum(each.before != each.after for each in older) <= len(older) < len(same)


def test_the_demo_has_fewer_misses_with_more_time(demo):
    start = TODAY - timedelta(days=90)
    found = asked(start=start, at=TODAY, targets={"accept_hot": "2 h", "accept": "2 days"})

    accepts = [p for p in found.terms if p.before.key in ("accept_hot", "accept")]
    assert all(p.after.missed <= p.before.missed for p in accepts)
    assert sum(p.before.missed - p.after.missed for p in accepts) >= 1
    others = [p for p in found.terms if p not in accepts]
    assert [p.before for p in others] == [p.after for p in others]
