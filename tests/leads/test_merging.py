"""Two leads that are one person: history kept, no promise running twice, figures that add up."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry, OutboxMessage
from accounts.refusals import Conflict, Refused
from leads import qualification
from leads.activities import log_touch
from leads.handover import hand_over
from leads.merging import merge
from leads.models import Activity, Handoff, Lead
from leads.templatetags.leads_ui import activity_words
from sla.clocks.rebuilding import rebuild
from sla.figures.compliance import compliance
from sla.figures.tallies import fold
from sla.models import Breach, Clock
from sla.sweep import sweep
from tests.factories import hours, make_cast, ny

AT = ny("2027-01-15 10:00")
NOW = ny("2027-01-15 10:40")


def give_to(cast, rep, **row) -> Lead:
    """A hot lead of this rep's."""
    cast.pool.members.update(capacity=0)
    cast.pool.members.filter(user=rep).update(capacity=100)
    return cast.hot_lead(at=AT, **row)


@pytest.fixture
def pair(cast) -> tuple[Lead, Lead]:
    """Sam's, accepted; and Sue's under another address, whose accept was missed."""
    left = give_to(cast, cast.sam, email="pat@spa.example", phone="")
    left.handoffs.get().accept(cast.sam, at=AT)
    gone = give_to(cast, cast.sue, email="p.lee@home.example", phone="+1 212 555 0123",
                   job_title="Director of Spa", extra={"size": "40 rooms"})  # fmt: skip
    return left, gone


def states(handoff: Handoff) -> dict[str, str]:
    clocks = handoff.clocks.select_related("term").order_by("pk")
    return {clock.term.measure: clock.state for clock in clocks}


def figures(cast):
    found = compliance(cast.dana, start=AT - hours(1), end=AT + hours(1), by="rep", at=NOW)
    t = found.totals
    return (t.started, t.met, t.missed, t.voided, t.running)


def test_case_28_merging_ends_the_others_clocks_and_the_survivors_go_on(cast, pair):
    left, gone = pair
    kept, ended = left.handoffs.get(), gone.handoffs.get()
    sweep(at=NOW)
    due = states(kept), {c.pk: c.due_at for c in kept.clocks.all()}
    assert states(ended) == {"accept": "missed", "first_touch": "running",
                             "disposition": "running"}  # fmt: skip

    merge(left, gone, by=cast.maya, at=NOW)

    ended.refresh_from_db()
    assert (ended.lead, ended.state, ended.closed_at) == (left, "withdrawn", NOW)
    assert states(ended) == {"accept": "missed", "first_touch": "voided", "disposition": "voided"}
    assert ended.clocks.filter(ended_at=None).count() == 0
    assert Breach.objects.get().owner == cast.sue
    assert (states(kept), {c.pk: c.due_at for c in kept.clocks.all()}) == due
    assert left.respond_by == ny("2027-01-15 11:00")
    assert (left.owner, left.stage) == (cast.sam, "sal")
    told = OutboxMessage.objects.get(kind="withdrawn")
    assert (told.recipient, told.body) == (
        cast.sue, "Maya merged the two. Sam has the person now.",
    )  # fmt: skip
    # What is over stays over, and nobody is reminded, passed on or told again.
    before = OutboxMessage.objects.exclude(recipient=cast.sam).count()
    kept.lead.refresh_from_db()
    log_touch(kept.lead, "call", by=cast.sam, at=NOW)
    sweep(at=NOW + hours(4))
    assert OutboxMessage.objects.exclude(recipient=cast.sam).count() == before


def test_case_30_the_figures_still_add_up(cast, pair):
    left, gone = pair
    sweep(at=NOW)
    before = figures(cast)
    fold()
    merge(left, gone, by=cast.maya, at=NOW)
    assert figures(cast) == (before[0], before[1], before[2], before[3] + 2, before[4] - 2)
    fold()
    started, *parts = figures(cast)
    assert (started, sum(parts)) == (before[0], before[0])


def test_the_record_of_both_replayed_shows_no_difference(cast, pair):
    left, gone = pair
    sweep(at=NOW)
    merge(left, gone, by=cast.maya, at=NOW)
    assert rebuild(left, at=NOW, check=True) == []


def test_nothing_that_happened_is_lost(cast, pair):
    left, gone = pair
    log_touch(gone, "note", by=cast.sue, at=NOW, note="Prefers mornings")
    activities = set(Activity.objects.values_list("pk", flat=True))
    clocks = set(Clock.objects.values_list("pk", flat=True))
    merge(left, gone, by=cast.maya, at=NOW)

    of_left = Activity.objects.filter(lead=left)
    assert activities <= set(of_left.values_list("pk", flat=True))
    assert list(of_left.order_by("pk").values_list("kind", flat=True))[-2:] == [
        "withdrawn", "merged",
    ]  # fmt: skip
    assert set(Clock.objects.filter(lead=left).values_list("pk", flat=True)) == clocks
    entry = AuditEntry.objects.get(verb="lead_merged")
    assert (entry.subject_id, entry.facts["other"]) == (left.pk, gone.pk)


def test_gaps_are_filled_and_nothing_is_overwritten(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=NOW)
    assert (left.phone, left.extra, left.email, left.job_title) == (
        "+12125550123", {"size": "40 rooms"}, "pat@spa.example", "Director of Wellness",
    )  # fmt: skip
    assert Lead.objects.count() == 1
    # What was said otherwise is told on the timeline.
    merged = Activity.objects.get(kind="merged")
    assert merged.data["aside"] == {
        "job_title": "Director of Spa", "email": "p.lee@home.example",
    }  # fmt: skip
    assert activity_words(merged) == (
        f"Pat Lee, number {gone.pk} before; not taken over: p.lee@home.example, Director of Spa"
    )
    # Scored by the signs of both: two demonstrations count for more than one.
    assert left.engagement == 60


def test_a_survivor_without_an_address_takes_the_others(cast):
    left = cast.capture(at=AT, phone="+1 212 555 0199", last_name="Lee").lead
    gone = cast.capture(at=AT, email="pat@spa.example").lead
    merge(left, gone, by=cast.maya, at=NOW)
    assert (left.email, Lead.objects.count()) == ("pat@spa.example", 1)


def test_what_only_the_other_has_with_sales_goes_on_as_it_is(cast):
    gone = give_to(cast, cast.sue)
    left = cast.capture(at=AT, phone="+1 212 555 0199", last_name="Lee").lead
    handoff = gone.handoffs.get()
    before = list(handoff.clocks.order_by("pk").values_list("pk", "due_at", "state", "owner"))
    merge(left, gone, by=cast.maya, at=AT + hours(0.1))

    handoff.refresh_from_db()
    assert (handoff.lead, handoff.state) == (left, "offered")
    assert list(handoff.clocks.order_by("pk").values_list("pk", "due_at", "state", "owner")) == (
        before
    )
    assert (left.owner, left.stage, left.respond_by) == (cast.sue, "mql", ny("2027-01-15 10:15"))
    handoff.accept(cast.sue, at=ny("2027-01-15 10:10"))
    assert states(handoff)["accept"] == "met"


def test_handoffs_are_numbered_in_their_order_the_open_one_last(cast, pair):
    left, gone = pair
    gone.handoffs.get().accept(cast.sue, at=AT + hours(0.1))
    qualification.recycle(gone, by=cast.sue, at=AT + hours(0.2), reason="no_budget")
    hand_over([gone], by=cast.maya, at=AT + hours(0.3), override_reason="They asked")
    merge(left, gone, by=cast.maya, at=NOW)
    rows = left.handoffs.order_by("cycle").values_list("cycle", "state")
    assert list(rows) == [(1, "recycled"), (2, "withdrawn"), (3, "accepted")]


def test_signs_of_both_may_make_an_mql_that_waits_for_marketing(cast):
    left = cast.capture(at=AT, email="a@spa.example", touchpoint="form", company="Spa Hotel",
                        job_title="Wellness lead").lead  # fmt: skip
    gone = cast.capture(at=AT, phone="+1 212 555 0199", touchpoint="download").lead
    assert (left.stage, left.score, gone.stage) == ("inquiry", 40, "inquiry")
    merge(left, gone, by=cast.maya, at=NOW)
    assert (left.stage, left.score, left.handed_over_at) == ("mql", 55, None)


def test_two_open_deals_are_one_too_many(cast, pair):
    left, gone = pair
    gone.handoffs.get().accept(cast.sue, at=AT)
    for lead, rep in ((left, cast.sam), (gone, cast.sue)):
        qualification.qualify(lead, by=rep, at=AT)
        qualification.open_deal(lead, by=rep, at=AT, amount=5)
    with pytest.raises(Conflict, match="both have an open deal"):
        merge(left, gone, by=cast.maya, at=NOW)
    assert Lead.objects.count() == 2


def test_merging_with_itself_or_twice_is_refused(cast, pair):
    left, gone = pair
    with pytest.raises(Refused, match="with itself"):
        merge(left, left, by=cast.maya, at=NOW)
    merge(left, gone, by=cast.maya, at=NOW)
    with pytest.raises(Conflict, match="no longer there"):
        merge(left, gone, by=cast.maya, at=NOW)


def test_the_old_address_leads_on_for_those_who_may_see_the_survivor(cast, pair):
    left, gone = pair
    old = gone.get_absolute_url()
    third = cast.capture(at=AT, email="third@spa.example").lead
    merge(left, gone, by=cast.maya, at=NOW)
    merge(third, left, by=cast.maya, at=NOW)
    for person, expected in ((cast.maya, 302), (cast.outsider, 404)):
        client = Client()
        client.force_login(person)
        answer = client.get(old)
        assert answer.status_code == expected
        if expected == 302:
            assert answer.url == third.get_absolute_url()


@pytest.mark.django_db(transaction=True)
def test_case_25_accepting_while_it_is_merged_away_leaves_one_open_handoff():
    cast = make_cast()
    pairs = [
        (give_to(cast, cast.sam, email=f"a{n}@spa.example"),
         give_to(cast, cast.sue, email=f"b{n}@spa.example"))
        for n in range(8)
    ]  # fmt: skip
    ended = [gone.handoffs.get() for _, gone in pairs]

    def act(number: int) -> None:
        (left, gone), handoff = pairs[number % 8], ended[number % 8]
        try:
            if number < 8:
                merge(left, gone, by=cast.maya, at=AT + hours(0.1))
            else:
                handoff.accept(cast.sue, at=AT + hours(0.1))
        except Conflict:
            pass
        finally:
            connection.close()

    order = [n + 8 * (k % 2) for n in range(8) for k in (n, n + 1)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, order))

    for (left, _), handoff in zip(pairs, ended, strict=True):
        handoff.refresh_from_db()
        assert (handoff.lead, handoff.state) == (left, "withdrawn")
        assert handoff.clocks.filter(ended_at=None).count() == 0
        assert left.handoffs.open().count() == 1


def test_the_command_merges_what_the_person_may_change(cast, pair, capsys):
    left, gone = pair
    call_command("merge_leads", str(left.pk), str(gone.pk), "--by", "maya@demo.test")
    assert capsys.readouterr().out == f"Pat Lee ({gone.pk}) is part of Pat Lee now.\n"
    assert list(Lead.objects.all()) == [left]


@pytest.mark.parametrize(
    ("by", "same", "said"),
    [
        ("nobody@demo.test", False, "Nobody here has the e-mail nobody@demo.test."),
        ("otto@demo.test", False, "that Otto may change"),
        ("maya@demo.test", True, "can't be merged with itself"),
    ],
)
def test_the_command_says_why_not(cast, pair, by, same, said):
    left, gone = pair
    other = left if same else gone
    with pytest.raises(CommandError, match=said):
        call_command("merge_leads", str(left.pk), str(other.pk), "--by", by)
    assert Lead.objects.count() == 2
