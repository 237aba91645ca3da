"""What sales hears: noted on a lead's page, counted on its persona's, named as far as one sees."""

import pytest
from django.test import Client
from django.urls import reverse

from leads import insights, qualification
from leads.agreed.persona_form import WholePersona
from leads.merging import merge
from leads.models import Insight, Lead, Merge
from leads.unmerging import undo
from personas import drafting
from tests.factories import ny

AT = ny("2027-01-14 10:00")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def leads(cast) -> list[Lead]:
    """Two of Sam's, of one persona."""
    found = [cast.hot_lead(at=AT, email=f"p{n}@spa.example", first_name=f"Pat{n}") for n in (1, 2)]
    for lead in found:
        handoff = lead.handoffs.get()
        handoff.accept(handoff.owner, at=AT)
    return found


def test_the_same_words_of_two_leads_are_counted_and_named_to_who_may_see_them(cast, leads):
    for lead, words in zip(leads, ("Too  loud at night", "too loud at night"), strict=True):
        insights.add(lead, "objection", words, by=cast.sam, at=AT)
    insights.add(leads[0], "pain", "Heating costs", by=cast.sam, at=AT)
    first, second = insights.heard(cast.persona, cast.dana)
    assert (first.words, first.count, second.words) == ("too loud at night", 2, "Heating costs")
    assert {lead.pk for lead in first.leads} == {lead.pk for lead in leads}
    # Somebody of another team reads what was said, and not by whom.
    (said, _) = insights.heard(cast.persona, cast.outsider)
    assert (said.count, said.leads) == (2, [])


def test_saying_it_again_changes_nothing(cast, leads):
    made, new = insights.add(leads[0], "pain", "Heating costs", by=cast.sam, at=AT)
    assert (new, insights.add(leads[0], "pain", "HEATING costs", by=cast.sue, at=AT)) == (
        True, (made, False)
    )  # fmt: skip
    # Small letters tell them apart, of which some capitals have two.
    made, _ = insights.add(leads[0], "pain", "Große Wärme", by=cast.sam, at=AT)
    assert insights.add(leads[0], "pain", "große wärme", by=cast.sam, at=AT) == (made, False)
    assert insights.add(leads[0], "pain", "GROSSE WÄRME", by=cast.sam, at=AT)[1] is True


def test_without_a_persona_it_counts_for_the_one_the_lead_fits_later(cast):
    lead = cast.capture(at=AT, email="nobody@x.example").lead
    insights.add(lead, "pain", "Cold", by=cast.maya, at=AT)
    assert insights.heard(cast.persona, cast.maya) == []
    Lead.objects.filter(pk=lead.pk).update(persona=cast.persona)
    assert [said.words for said in insights.heard(cast.persona, cast.maya)] == ["Cold"]


def test_why_they_did_not_buy_is_counted_from_what_sales_decided(cast, leads):
    by = {lead.owner for lead in Lead.objects.filter(pk__in=[each.pk for each in leads])}
    sam, lost = by.pop(), leads[0]
    for lead in leads:
        qualification.qualify(lead, by=lead.handoffs.get().owner, at=AT)
    deal, _ = qualification.open_deal(lost, by=sam, at=AT, amount=9000)
    deal.close("lost", by=sam, reason="Price: too dear for a small hotel", at=AT)
    other = cast.hot_lead(at=AT, email="p3@spa.example")
    handoff = other.handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    qualification.disqualify(other, by=handoff.owner, at=AT, reason="no_budget", note="")
    assert insights.why_not(cast.persona) == [("Price", 1), ("No budget", 1)]


def test_it_is_noted_on_the_lead_shown_on_the_persona_and_taken_back(cast, leads):
    rep = leads[0].handoffs.get().owner
    client, url = signed_in(rep), reverse("lead-insight", args=[leads[0].pk])
    assert client.post(url, {"about": "weather", "words": "Wet"}).status_code == 422
    assert client.post(url, {"about": "pain", "words": "  "}).status_code == 422
    client.post(url, {"about": "why_not", "words": "<b>Too</b> dear"})
    page = signed_in(cast.maya).get(reverse("persona", args=[cast.persona.slug])).text
    assert "&lt;b&gt;Too&lt;/b&gt; dear" in page
    drop = reverse("insight-drop", args=[Insight.objects.get().pk])
    assert signed_in(cast.maya).post(drop).status_code == 403
    client.post(drop)
    assert not Insight.objects.standing().exists()


def test_what_was_heard_goes_into_the_proposal_with_its_source(cast, leads):
    for lead in leads:
        insights.add(lead, "objection", "Too loud", by=cast.sam, at=AT)
    insights.add(leads[0], "pain", "Heating costs", by=cast.sam, at=AT)
    url = reverse("persona-adopt", args=[cast.persona.slug])
    for about, words in (("objection", "too LOUD"), ("pain", "Heating costs")):
        said = {"about": about, "words": words}
        assert signed_in(cast.outsider).post(url, said).status_code == 403
        page = signed_in(cast.sam).post(url, said, follow=True).text
        assert "is in the proposal." in page
    facts = drafting.open_draft("persona", cast.persona.slug).facts
    assert facts["objections"] == [
        {"objection": "Too loud", "answer": "", "heard": "heard from 2 leads until 14 Jan 2027"}
    ]
    assert facts["pains"] == "Heating costs (heard from 1 lead until 14 Jan 2027)"
    # It is once in it; what nobody said is refused; the form keeps where it comes from.
    assert "was in the proposal already" in signed_in(cast.sam).post(url, said, follow=True).text
    gone = signed_in(cast.sam).post(url, {"about": "pain", "words": "Rain"}, follow=True).text
    assert "Nobody says that any more" in gone
    assert WholePersona(facts).objections.initial[0]["heard"] == facts["objections"][0]["heard"]
    page = signed_in(cast.maya).get(reverse("persona-draft", args=[cast.persona.slug])).text
    assert "no answer yet (heard from 2 leads until 14 Jan 2027)" in page


def test_what_two_said_is_said_once_when_they_are_one_person_and_twice_again_when_not(cast, leads):
    left, gone = leads
    insights.add(left, "pain", "Too slow", by=cast.sam, at=AT)
    insights.add(gone, "pain", "TOO slow", by=cast.sue, at=AT)
    insights.add(gone, "goal", "Too slow", by=cast.sue, at=AT)
    before = sorted(Insight.objects.values_list("lead", "about", "words", "by", "at"))
    merge(left, gone, by=cast.dana, at=AT)
    assert sorted(Insight.objects.values_list("lead", "about", "words")) == [
        (left.pk, "goal", "Too slow"), (left.pk, "pain", "Too slow"),
    ]  # fmt: skip
    undo(Merge.objects.get(), by=cast.dana, at=AT)
    assert sorted(Insight.objects.values_list("lead", "about", "words", "by", "at")) == before
