"""A merge chosen field by field, and taken back: both as they were, or one sentence why not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from accounts.models import AuditEntry, OutboxMessage
from accounts.refusals import Conflict, Refused
from leads import qualification
from leads.activities import log_touch
from leads.duplicates.nightly import propose
from leads.editing import edit
from leads.merge_notes import columns
from leads.merging import merge
from leads.models import Activity, Deal, DuplicatePair, FormerLead, Handoff, Lead, Merge
from leads.unmerging import undo
from sla.clocks.rebuilding import rebuild
from sla.models import Alarm, Clock
from sla.sweep import sweep
from tests.factories import hours, make_cast, ny
from tests.leads.test_merging import give_to, states

AT = ny("2027-01-15 10:00")
MERGED, UNDONE = ny("2027-01-15 10:05"), ny("2027-01-15 10:10")
# What is told by the undoing itself.
TOLD = {"updated_at", "scored_at"}


@pytest.fixture
def pair(cast) -> tuple[Lead, Lead]:
    """Sam's, accepted; and Sue's under another address, offered."""
    left = give_to(cast, cast.sam, email="pat@spa.example", phone="")
    left.handoffs.get().accept(cast.sam, at=AT)
    gone = give_to(cast, cast.sue, email="p.lee@home.example", phone="+1 212 555 0123",
                   first_name="Patricia", extra={"size": "40 rooms"})  # fmt: skip
    left.refresh_from_db()
    gone.refresh_from_db()
    return left, gone


def facts(lead: Lead) -> dict[str, object]:
    lead = Lead.objects.get(pk=lead.pk)
    return {name: value for name, value in columns(lead).items() if name not in TOLD}


def clocks(handoff: Handoff) -> list[tuple[object, ...]]:
    rows = Clock.objects.filter(handoff=handoff).order_by("pk")
    return list(rows.values_list("pk", "lead", "state", "due_at", "ended_at", "owner"))


def test_what_is_chosen_is_taken_and_the_old_address_is_known_again(cast, pair):
    left, gone = pair
    chosen = {"first_name": "other", "email": "other", "phone": "survivor"}

    merge(left, gone, by=cast.maya, at=MERGED, choices=chosen)

    assert (left.first_name, left.email, left.company_domain, left.phone) == (
        "Patricia", "p.lee@home.example", "home.example", "",
    )  # fmt: skip
    for address in ("pat@spa.example", "p.lee@home.example"):
        captured = cast.capture(at=UNDONE, email=address, touchpoint="download")
        assert (captured.lead, captured.created) == (left, False)
    assert AuditEntry.objects.get(verb="lead_merged").facts["chosen"] == chosen


@pytest.mark.parametrize(
    ("choices", "field", "said"),
    [
        ({"nose": "other"}, "nose", "nose can't be chosen; these can: first_name, last_name"),
        ({"phone": "both"}, "phone", "“both” is no choice for phone; choose survivor or other."),
    ],
)
def test_a_choice_that_is_none_is_named(cast, pair, choices, field, said):
    with pytest.raises(Refused) as refused:
        merge(*pair, by=cast.maya, at=MERGED, choices=choices)
    assert said in refused.value.fields[field]
    assert Lead.objects.count() == 2


def test_a_lead_nobody_could_reach_is_refused(cast):
    left = cast.capture(at=AT, email="pat@spa.example").lead
    gone = cast.capture(at=AT, phone="+1 212 555 0199").lead
    chosen = {"email": "other", "phone": "survivor"}
    with pytest.raises(Refused, match="Keep an e-mail address or a phone number"):
        merge(left, gone, by=cast.maya, at=MERGED, choices=chosen)


def test_undoing_gives_back_both_leads_their_history_and_their_clocks(cast, pair):
    left, gone = pair
    log_touch(gone, "note", by=cast.sue, at=AT, note="Prefers mornings")
    before = [facts(lead) for lead in pair]
    handoffs = [lead.handoffs.get() for lead in pair]
    running = [clocks(handoff) for handoff in handoffs]
    activities = list(Activity.objects.order_by("pk").values_list("pk", "lead", "handoff"))
    merge(left, gone, by=cast.maya, at=MERGED, choices={"email": "other", "first_name": "other"})
    assert states(handoffs[1]) == dict.fromkeys(("accept", "first_touch", "disposition"), "voided")

    again, stays = undo(Merge.objects.get(), by=cast.maya, at=UNDONE)

    assert (again, stays, [facts(lead) for lead in pair]) == (gone, [], before)
    assert [clocks(handoff) for handoff in handoffs] == running
    first = Activity.objects.filter(pk__in=[pk for pk, *_ in activities]).order_by("pk")
    assert list(first.values_list("pk", "lead", "handoff")) == activities
    handoffs[1].refresh_from_db()
    assert (handoffs[1].state, handoffs[1].cycle, handoffs[1].closed_at) == ("offered", 1, None)
    assert not FormerLead.objects.exists()
    assert OutboxMessage.objects.filter(title="Patricia Lee is yours again").count() == 1
    assert AuditEntry.objects.get(verb="lead_unmerged").facts == {"other": gone.pk}


def test_after_it_clocks_are_what_the_record_says_and_still_fall_due(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=MERGED)
    undo(Merge.objects.get(), by=cast.maya, at=UNDONE)
    for lead in pair:
        assert rebuild(Lead.objects.get(pk=lead.pk), at=UNDONE, check=True) == []
    waiting = Alarm.objects.filter(clock__lead=gone, clock__term__measure="accept")
    assert waiting.filter(state=Alarm.State.WAITING).count() == 4
    sweep(at=AT + hours(0.4))
    assert states(gone.handoffs.get())["accept"] == "missed"
    assert states(left.handoffs.get())["accept"] == "met"


def test_what_somebody_changed_since_stays_as_they_left_it(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=MERGED)
    edit(left, {"phone": "+1 212 555 0188"}, by=cast.maya, at=UNDONE)

    again, stays = undo(Merge.objects.get(), by=cast.maya, at=UNDONE)

    left.refresh_from_db()
    assert (left.phone, again.phone) == ("+12125550188", "+12125550123")
    assert stays == ["phone", "phone typed"]


def test_what_happened_since_the_merge_stays_with_the_survivor(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=MERGED)
    note = log_touch(left, "note", by=cast.sam, at=MERGED, note="Rang")
    undo(Merge.objects.get(), by=cast.maya, at=UNDONE)
    note.refresh_from_db()
    assert note.lead == left


def test_it_cannot_be_undone_once_sales_went_on_with_what_came_along(cast):
    gone = give_to(cast, cast.sue)
    left = cast.capture(at=AT, phone="+1 212 555 0199", last_name="Lee").lead
    merge(left, gone, by=cast.maya, at=MERGED)
    handoff = left.handoffs.get()
    handoff.accept(cast.sue, at=UNDONE)
    with pytest.raises(
        Conflict, match="Sales went on with it since \\(accepted by sales on 15 Jan"
    ):
        undo(Merge.objects.get(), by=cast.maya, at=UNDONE)
    qualification.qualify(left, by=cast.sue, at=UNDONE)
    assert Lead.objects.count() == 1


def test_it_cannot_be_undone_once_its_deal_is_closed(cast, pair):
    left, gone = pair
    gone.handoffs.get().accept(cast.sue, at=AT)
    qualification.qualify(gone, by=cast.sue, at=AT)
    qualification.open_deal(gone, by=cast.sue, at=AT, amount=5)
    merge(left, Lead.objects.get(pk=gone.pk), by=cast.maya, at=MERGED)
    Deal.objects.update(state="won", closed_at=UNDONE)
    with pytest.raises(Conflict, match="was won since; it can't be undone any more"):
        undo(Merge.objects.get(), by=cast.maya, at=UNDONE)


def test_the_last_of_several_merges_is_undone_first_and_none_twice(cast, pair):
    left, gone = pair
    third = cast.capture(at=AT, email="third@spa.example").lead
    merge(left, gone, by=cast.maya, at=MERGED)
    first = Merge.objects.get()
    merge(third, left, by=cast.maya, at=MERGED)
    second = Merge.objects.get(other_id=left.pk)
    first.refresh_from_db()
    assert first.survivor == third
    with pytest.raises(
        Conflict, match=f"was merged with lead {left.pk} since; undo that one first"
    ):
        undo(first, by=cast.maya, at=UNDONE)
    undo(second, by=cast.maya, at=UNDONE)
    first.refresh_from_db()
    undo(first, by=cast.maya, at=UNDONE)
    assert Lead.objects.count() == 3
    with pytest.raises(Conflict, match="undone already"):
        undo(first, by=cast.maya, at=UNDONE)


def test_the_pair_is_proposed_again(cast):
    names = {"first_name": "Zoltan", "last_name": "Quixley", "company": "Tiberg Ltd"}
    left, gone = (cast.capture(at=AT, email=f"{n}@x.example", **names).lead for n in ("a", "b"))
    propose(at=AT)
    score = DuplicatePair.objects.get().score
    merge(left, gone, by=cast.maya, at=MERGED)
    assert not DuplicatePair.objects.exists()
    undo(Merge.objects.get(), by=cast.maya, at=UNDONE)
    assert DuplicatePair.objects.get().score == score


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_call_that_meet_a_merge_are_not_lost():
    """Each waits for the merge on a connection of its own: the call is logged on the survivor, the
    edit is answered with where the lead is now, and what was saved before the merge is kept."""
    cast = make_cast()
    left = give_to(cast, cast.sam, email="pat@spa.example")
    gone = give_to(cast, cast.sue, email="p.lee@home.example")
    edit(gone, {"company": "Home Spa"}, by=cast.maya, at=AT)
    merging = Event()

    def slow_merge() -> None:
        try:
            with transaction.atomic():
                merge(left, gone, by=cast.maya, at=MERGED, choices={"company": "other"})
                merging.set()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(1)")
        finally:
            connection.close()

    def meanwhile(verb) -> object:
        merging.wait(10)
        try:
            return verb()
        except Conflict as conflict:
            return conflict.code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = pool.submit(slow_merge)
        call = pool.submit(
            meanwhile,
            lambda: log_touch(gone, "call", by=cast.sue, at=MERGED, outcome="connected").lead_id,
        )
        change = pool.submit(
            meanwhile, lambda: edit(gone, {"job_title": "Owner"}, by=cast.maya, at=MERGED)
        )
        done.result()
    left.refresh_from_db()
    assert (call.result(), change.result(), left.company) == (left.pk, "merged", "Home Spa")
    assert Activity.objects.filter(kind="call", lead=left).count() == 1
