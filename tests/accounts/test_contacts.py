"""Who to turn to: a person a topic, a deputy while they are away, told where it matters."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.contacts import turn_to
from accounts.instants import database_now
from accounts.models import Absence, AuditEntry, Contact, OutboxMessage
from leads.models import Handoff, PoolMember
from tests.factories import ny

AT = ny("2027-01-14 10:00")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_deputy_answers_while_the_person_is_away_or_gone(cast):
    assert turn_to("offers", at=AT) is None
    Contact.objects.create(topic="offers", person=cast.mona, deputy=cast.maya)
    assert turn_to("offers", at=AT).ask == cast.mona
    Absence.objects.create(user=cast.mona, starts_at=AT, ends_at=AT + timedelta(days=1))
    turn = turn_to("offers", at=AT)
    assert (turn.ask, turn.instead_of) == (cast.maya, cast.mona)
    assert turn_to("offers", at=AT + timedelta(days=1)).ask == cast.mona
    cast.mona.is_active = False
    cast.mona.save()
    assert turn_to("offers", at=AT + timedelta(days=1)).ask == cast.maya


def test_managers_say_who_it_is_and_everybody_reads_it_where_the_question_arises(cast):
    dana, url = signed_in(cast.dana), reverse("contacts")
    dana.post(url, {"offers-person": cast.mona.pk, "offers-deputy": cast.maya.pk})
    assert AuditEntry.objects.get(verb="contacts_changed").facts == {"offers": "mona@demo.test"}
    sam = signed_in(cast.sam)
    assert "Mona knows" in sam.get(reverse("offer-list")).text
    assert "mona@demo.test" in sam.get(url).text
    assert "knows" not in sam.get(reverse("scoring")).text
    assert sam.post(url, {"offers-person": cast.sam.pk}).status_code == 403
    # Mona had the page open before: she is told what changed, and what she chose is kept.
    late = signed_in(cast.mona).post(url, {"offers-person": cast.maya.pk, "seen": "offers:"})
    assert late.status_code == 409
    assert "Somebody changed this since you opened it: Offers" in late.text
    assert "is Mona now" in late.text
    assert f'value="{cast.maya.pk}" selected' in late.text
    assert Contact.objects.get().person == cast.mona
    dana.post(url, {"seen": late.context["seen"]})
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("person", "deputy", "said"),
    [("", "maya", "A deputy needs somebody to stand in for"),
     ("mona", "mona", "Nobody stands in for themselves")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(cast, person, deputy, said):
    chosen = {name: getattr(cast, who).pk if who else "" for name, who in
              (("offers-person", person), ("offers-deputy", deputy))}  # fmt: skip
    answer = signed_in(cast.dana).post(reverse("contacts"), chosen)
    assert answer.status_code == 422
    assert said in answer.text
    assert not Contact.objects.exists()


def test_who_answers_for_leads_nobody_takes_is_told_of_each(cast):
    Contact.objects.create(topic="unassigned", person=cast.mona)
    PoolMember.objects.all().delete()
    cast.pool.save()
    cast.hot_lead(at=database_now())
    assert Handoff.objects.get().owner is None
    told = OutboxMessage.objects.filter(kind="unassigned")
    assert {each.recipient for each in told} == {cast.dana, cast.mona}
