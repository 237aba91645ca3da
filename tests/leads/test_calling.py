"""Call lists: who is on one, claimed by one alone, called with two keys, left out with why."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.urls import reverse

from accounts.instants import database_now
from accounts.refusals import Conflict, NotAllowed
from leads import merging, unmerging
from leads.bulk import preview
from leads.bulk import running as bulk_running
from leads.bulk.deeds import BY_NAME
from leads.calling import lists, next_call
from leads.calling.local_time import there
from leads.models import Activity, CallEntry, CallList, Handoff, Lead, Merge
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, make_cast, ny

AT = ny("2026-01-15 10:00")
pytestmark = pytest.mark.django_db


def pooled(cast, count=3):
    """Leads that any member of the pool may take."""
    cast.pool.mode = "open"
    cast.pool.save()
    return [
        cast.hot_lead(at=AT, email=f"p{n}@spa.example", phone=f"+1 212 555 01{n + 10}")
        for n in range(count)
    ]


def shared(cast, leads) -> CallList:
    made = lists.called("Fair", shared=str(cast.sales.pk), about="Why", by=cast.dana, at=AT)
    for lead in leads:
        lists.put_on(made, lead)
    return made


def test_two_people_get_two_leads_and_each_their_own_again(cast):
    leads = pooled(cast)
    made = shared(cast, leads)
    sams = next_call.claim(made, cast.sam, at=AT)
    sues = next_call.claim(made, cast.sue, at=AT)
    assert (sams.lead, sues.lead) == (leads[0], leads[1])
    assert next_call.claim(made, cast.sam, at=AT + hours(0.1)) == sams


def test_a_claim_ends_by_itself_and_who_comes_too_late_is_told(cast):
    made = shared(cast, pooled(cast, 1))
    sams = next_call.claim(made, cast.sam, at=AT)
    assert next_call.claim(made, cast.sue, at=AT + hours(0.2)) is None
    assert next_call.claim(made, cast.sue, at=AT + hours(0.3)) == sams
    with pytest.raises(Conflict, match="Sue has Pat Lee by now"):
        next_call.called(sams, "connected", note="", by=cast.sam, at=AT + hours(0.4))
    assert not Activity.objects.filter(kind="call").exists()


def test_nobody_gets_what_they_may_not_work(cast):
    lead = cast.hot_lead(at=AT, phone="+1 212 555 0123")
    lead.refresh_from_db()
    other = cast.sue if lead.owner == cast.sam else cast.sam
    made = shared(cast, [lead])
    assert next_call.claim(made, other, at=AT) is None
    assert next_call.claim(made, lead.owner, at=AT).lead == lead


def test_the_outcome_is_a_touch_and_the_next_comes(cast):
    leads = pooled(cast)
    made = shared(cast, leads)
    client = signed_in(cast.sam)
    url = reverse("call-next", args=[made.pk])
    assert client.get(url).context["entry"] is None  # looking claims nothing
    client.post(url)
    page = client.get(url)
    assert (page.context["lead"], "tel:+12125550110" in page.content.decode()) == (leads[0], True)
    entry = page.context["entry"]
    wrong = client.post(url, {"entry": entry.pk, "do": "log", "note": "Typed"})
    assert (wrong.status_code, "Typed" in wrong.content.decode()) == (422, True)
    client.post(url, {"entry": entry.pk, "do": "log", "outcome": "voicemail", "note": "x\x00y"})
    call = Activity.objects.get(kind="call")
    assert (call.lead, call.outcome, call.note, call.actor) == (
        leads[0], "voicemail", "xy", cast.sam,
    )  # fmt: skip
    entry.refresh_from_db()
    assert (entry.state, entry.outcome, entry.ended_by) == ("done", "voicemail", cast.sam)
    assert client.get(url).context["lead"] == leads[1]


def test_the_undo_of_a_call_leads_back_to_the_list(cast):
    made = shared(cast, pooled(cast))
    client, url = signed_in(cast.sam), reverse("call-next", args=[made.pk])
    client.post(url)
    entry = client.get(url).context["entry"]
    client.post(url, {"entry": entry.pk, "do": "log", "outcome": "voicemail"})
    undo = reverse("touch-undo", args=[Activity.objects.get(kind="call").pk]) + f"?back={url}"
    assert f'action="{undo}"' in client.get(url).content.decode()
    assert client.post(undo).url == url
    entry.refresh_from_db()
    assert (entry.state, entry.outcome) == ("waiting", "")


def test_later_skip_and_never(cast):
    leads = pooled(cast)
    made = shared(cast, leads)
    first = next_call.claim(made, cast.sam, at=AT)
    assert next_call.later(first, by=cast.sam, at=AT) == AT + hours(2)
    second = next_call.claim(made, cast.sam, at=AT)
    next_call.skip(second, by=cast.sam, at=AT)
    third = next_call.claim(made, cast.sam, at=AT)
    assert (first.lead, second.lead, third.lead) == tuple(leads)
    next_call.never(third, by=cast.sam, at=AT)
    third.refresh_from_db()
    third.lead.refresh_from_db()
    assert (third.state, third.why, third.lead.no_calls_at) == (
        "out", "asked not to be called", AT,
    )  # fmt: skip
    assert next_call.claim(made, cast.sam, at=AT).lead == leads[1]
    assert next_call.claim(made, cast.sue, at=AT + hours(2)).lead == leads[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"no_calls_at": AT}, "asked not to be called"),
        ({"stage": "customer"}, "is a customer"),
        ({"stage": "disqualified"}, "is disqualified"),
        ({"phone": ""}, "has no phone number"),
    ],
)
def test_who_is_not_to_be_called_is_left_out_with_why(cast, change, why):
    [lead] = pooled(cast, 1)
    made = shared(cast, [lead])
    Lead.objects.filter(pk=lead.pk).update(**change)
    lead.refresh_from_db()
    told = preview.preview(BY_NAME["call_list"], [lead.pk], {}, by=cast.dana, at=AT)
    assert told.named == [(lead, why)]
    with pytest.raises(Conflict, match=why):
        lists.put_on(lists.called("Other", by=cast.dana, at=AT), lead)
    assert next_call.claim(made, cast.sam, at=AT) is None
    assert (made.entries.get().state, made.entries.get().why) == ("out", why)


def test_many_are_put_on_from_a_list_and_taken_off_by_undo(cast):
    leads = pooled(cast)
    client = signed_in(cast.dana)
    client.post("/leads/bulk/", {
        "deed": "call_list", "go": "1", "lead": [lead.pk for lead in leads], "name": "Fair",
        "shared": str(cast.sales.pk), "about": "",
    })  # fmt: skip
    made = CallList.objects.get()
    assert (made.team, made.entries.count()) == (cast.sales, 3)
    run = cast.dana.bulk_runs.get()
    bulk_running.undo(run, at=AT)
    bulk_running.go_on(run.pk)
    assert made.entries.count() == 0


def test_the_order_is_by_hand_by_score_or_by_whose_day_ends_first(cast):
    leads = pooled(cast)
    made = shared(cast, leads)
    Lead.objects.filter(pk=leads[2].pk).update(score=99, phone="+442079460018")
    order = lambda: [e.lead for e in CallEntry.objects.filter(of=made)]  # noqa: E731
    lists.order(made, "score", at=AT)
    assert order() == [leads[2], leads[0], leads[1]]
    lists.move(made.entries.get(lead=leads[2]), up=False)
    assert order() == [leads[0], leads[2], leads[1]]
    lists.order(made, "time", at=AT)
    assert order() == [leads[2], leads[0], leads[1]]


def test_the_time_over_there():
    at = datetime(2026, 1, 15, 13, tzinfo=UTC)
    new_york, los_angeles = there("+12125550123", at=at), there("+12135550123", at=at)
    assert (new_york.first.hour, new_york.is_decent) == (8, True)
    assert (los_angeles.first.hour, los_angeles.is_decent) == (5, False)
    assert there("+12125550123", at=datetime(2026, 1, 18, 16, tzinfo=UTC)).is_decent is False
    assert (there("", at=at), there("+18005550123", at=at)) == (None, None)


def test_lists_of_others_and_teams_one_is_not_in(cast):
    own = lists.called("Own", by=cast.sam, at=AT)
    assert signed_in(cast.sue).get(f"/calls/{own.pk}/").status_code == 404
    with pytest.raises(NotAllowed):
        lists.called("New", shared=str(cast.marketing.pk), by=cast.sam, at=AT)
    assert lists.called("OWN ", by=cast.sam, at=AT) == own


def test_merged_leads_of_one_list_are_on_it_once(cast):
    leads = pooled(cast, 2)
    made = shared(cast, leads)
    merging.merge(leads[0], leads[1], by=cast.admin, at=AT)
    assert [entry.lead for entry in made.entries.all()] == [leads[0]]


def test_undoing_a_merge_puts_both_back_on_the_list_as_they_were(cast):
    leads = pooled(cast, 2)
    made = shared(cast, leads)
    for _ in leads:
        entry = next_call.claim(made, cast.sam, at=AT)
        if entry.lead == leads[0]:
            next_call.called(entry, "voicemail", note="", by=cast.sam, at=AT)
        else:
            next_call.later(entry, by=cast.sam, at=AT)
    before = list(made.entries.values(*lists.KEPT, "lead"))

    merging.merge(leads[0], leads[1], by=cast.admin, at=AT + hours(1))
    unmerging.undo(Merge.objects.get(), by=cast.admin, at=AT + hours(2))

    assert list(made.entries.values(*lists.KEPT, "lead")) == before
    assert [row["state"] for row in before] == ["done", "waiting"]


def test_may_be_called_after_all(cast):
    [lead] = pooled(cast, 1)
    client = signed_in(cast.dana)
    for said in ("asked not to be called, ", "They may be called"):
        client.post(f"/leads/{lead.pk}/calls/")
        page = client.get(f"/leads/{lead.pk}/").content.decode()
        assert (said in page) == (said != "They may be called")
    assert Handoff.objects.get().state == "offered"


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_for_many(cast, count, django_assert_num_queries):
    made = shared(cast, pooled(cast, count))
    client = signed_in(cast.sam)
    client.get(f"/calls/{made.pk}/")
    with django_assert_num_queries(13):
        client.get(f"/calls/{made.pk}/")


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_different_leads():
    cast = make_cast()
    made = shared(cast, pooled(cast, 2))
    got, barrier = [], threading.Barrier(2)

    def ask(person):
        barrier.wait()
        got.append(next_call.claim(made, person, at=AT))
        connection.close()

    threads = [threading.Thread(target=ask, args=[who]) for who in (cast.sam, cast.sue)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.lead_id for entry in got}) == 2


def test_before_the_first_call_the_page_says_whether_anybody_can_be_called(cast):
    made = shared(cast, pooled(cast, 1))
    client, url = signed_in(cast.sam), reverse("call-next", args=[made.pk])

    def told():
        page = client.get(url).content.decode()
        return "Ready to call" in page, "Nobody to call right now" in page

    assert told() == (True, False)
    next_call.claim(made, cast.sue, at=database_now())
    assert told() == (False, True)
