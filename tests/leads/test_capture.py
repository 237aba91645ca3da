"""Capture: one verb, any number of rows; duplicates merge, bad rows are refused alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from leads.capture import capture_leads
from leads.duplicates.likely import likely_duplicates
from leads.models import Activity, Campaign, Handoff, Lead, Stage
from tests.factories import make_cast, ny

AT = ny("2027-01-15 10:00")


def test_what_was_typed_is_kept_beside_what_can_be_compared(cast):
    captured = cast.capture(
        at=AT, email=" Pat.Lee@Spa.Example ", phone="(212) 555-0123", country="usa",
        first_name="Pat", company="Spa  Hotel",
    )  # fmt: skip
    lead = Lead.objects.get(pk=captured.lead.pk)
    assert captured.created is True
    assert (lead.email, lead.email_typed) == ("pat.lee@spa.example", "Pat.Lee@Spa.Example")
    assert (lead.phone, lead.phone_typed) == ("+12125550123", "(212) 555-0123")
    assert (lead.country, lead.company, lead.company_domain) == ("US", "Spa Hotel", "spa.example")
    assert (lead.stage, lead.team, lead.captured_by) == ("inquiry", cast.marketing, cast.maya)


def test_origin_and_consent_are_kept(cast):
    cast.capture(
        at=AT, email="pat@spa.example", utm_source="ad", referrer="https://search.example/",
        consent={"text": "You may write to me.", "time": "2027-01-15T14:59:00Z"},
    )  # fmt: skip
    lead = Lead.objects.get()
    touchpoint = lead.activities.get()
    assert (lead.consent_text, lead.consent_at) == (
        "You may write to me.", ny("2027-01-15 09:59"),
    )  # fmt: skip
    assert (touchpoint.kind, touchpoint.campaign, touchpoint.data) == (
        "form", cast.campaign, {"utm_source": "ad", "referrer": "https://search.example/"},
    )  # fmt: skip


def test_the_same_address_becomes_a_touchpoint_that_fills_gaps_and_overwrites_nothing(cast):
    first = cast.capture(at=AT, email="pat@spa.example", first_name="Pat").lead
    later = AT + timedelta(days=1)
    again = cast.capture(
        at=later, email="PAT@spa.example", first_name="Patricia", last_name="Lee",
        touchpoint="download",
    )  # fmt: skip
    lead = Lead.objects.get()
    assert (again.created, again.lead.pk) == (False, first.pk)
    assert (lead.first_name, lead.last_name) == ("Pat", "Lee")
    assert [a.kind for a in lead.activities.all()] == ["form", "download"]
    assert (lead.first_touchpoint_at, lead.last_touchpoint_at) == (AT, later)


def test_two_rows_of_one_batch_with_one_address_are_one_lead(cast):
    rows = [{"email": "pat@spa.example"}, {"email": "Pat@spa.example", "company": "Spa"}]
    first, second = capture_leads(rows, by=cast.maya, team=cast.marketing, at=AT)
    assert (first.created, second.created, Lead.objects.count()) == (True, False, 1)
    assert Lead.objects.get().company == "Spa"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "pat@@spa", "“pat@@spa” is not an e-mail address"),
        ("phone", "12", "“12” is not a possible phone number"),
        ("country", "Atlantis", "“Atlantis” is not a country"),
        ("first_name", "x" * 10_000_000, "This is 10,000,000 characters long"),
        ("campaign", "no-such", "There is no campaign “no-such”"),
        ("touchpoint", "sold", "“sold” is not one of"),
        ("colour", "red", "This field is not known"),
        ("occurred_at", "2027-01-15T10:00:00", "has no time zone"),
        ("occurred_at", "yesterday", "“yesterday” is not a time"),
        ("consent", "yes", 'Write it as {"text"'),
        ("consent", {"text": "Yes", "tme": "2026-01-01T00:00:00Z"}, 'Write it as {"text"'),
        ("first_name", ["a"], "This must be a text."),
    ],
)
def test_a_bad_value_is_refused_by_name_and_nothing_is_written(cast, field, value, says):
    row = {"email": "pat@spa.example", field: value}
    captured = cast.capture(at=AT, **row)
    assert captured.lead is None
    assert list(captured.refused) == [field]
    assert says in captured.refused[field]
    assert Lead.objects.count() == Activity.objects.count() == 0


def test_neither_address_nor_number_is_refused(cast):
    assert list(cast.capture(at=AT, first_name="Pat").refused) == ["email"]


def test_nul_bytes_emoji_and_right_to_left_text(cast):
    captured = cast.capture(
        at=AT, email="a@b.example", first_name="Pa\x00t 🛁", last_name="أحمد", message="a\x00b"
    )
    lead = Lead.objects.get(pk=captured.lead.pk)
    assert (lead.first_name, lead.last_name) == ("Pat 🛁", "أحمد")
    assert lead.activities.get().note == "ab"


def test_a_time_without_a_zone_is_named_as_it_was_typed(cast):
    consent = {"text": "Yes", "time": "2026-01-01T00:00:00"}
    assert cast.capture(at=AT, email="a@b.example", consent=consent).refused == {
        "consent": "“2026-01-01T00:00:00” has no time zone; add one, such as 2026-01-01T00:00:00Z."
    }


def test_a_name_cannot_turn_the_words_after_it_around(cast):
    captured = cast.capture(
        at=AT, email="a@b.example", first_name="\u202ePat\u2066", last_name="نجار"
    )
    lead = Lead.objects.get(pk=captured.lead.pk)
    assert (lead.first_name, lead.last_name) == ("Pat", "نجار")


def test_a_refused_row_does_not_keep_the_others_out(cast):
    rows = [{"email": "a@spa.example"}, {"email": "nonsense"}, {"email": "b@spa.example"}]
    answers = capture_leads(rows, by=cast.maya, team=cast.marketing, at=AT)
    assert [bool(a.lead) for a in answers] == [True, False, True]
    assert Lead.objects.count() == 2


def test_a_campaign_may_keep_its_mqls_with_marketing(cast):
    Campaign.objects.filter(pk=cast.campaign.pk).update(hand_over_at_once=False)
    from accounts import configuration

    configuration.renew()
    lead = cast.hot_lead(at=AT)
    assert (lead.stage, Handoff.objects.count()) == (Stage.MQL, 0)
    assert list(Lead.objects.ready_to_hand_over()) == [lead]


def test_an_inquiry_that_comes_back_often_enough_becomes_an_mql(cast):
    first = cast.capture(at=AT, email="pat@spa.example", job_title="Spa owner").lead
    assert (first.stage, first.score) == ("inquiry", 35)

    lead = cast.capture(at=AT + timedelta(days=1), email="pat@spa.example", touchpoint="download")

    assert (lead.lead.stage, lead.lead.score, lead.handoff.owner) == ("mql", 50, cast.sam)
    assert [a.kind for a in Activity.objects.all()] == ["form", "download", "mql", "handed_over"]


def test_likely_duplicates_are_shown_not_merged(cast):
    def add(email, **more):
        return cast.capture(at=AT, email=email, country="US", **more).lead

    one = add("a@x.example", first_name="Patricia", last_name="Lee", company="Spa Hotel Berlin",
              phone="212 555 0123")  # fmt: skip
    alike = add("b@y.example", first_name="Patrica", last_name="Lee", company="Spa Hotel Berlin")
    phone = add("", phone="+1 212 555 0123")
    add("e@z.example", first_name="Someone", last_name="Else", phone="+1 212 555 0123")
    add("d@z.example", first_name="Other", last_name="Person", company="Hotel")

    found = [(likely.lead, likely.why) for likely in likely_duplicates(one)]
    assert found == [
        (alike, "same last name, same company, first name nearly the same, another e-mail"),
        (phone, "same phone"),
    ]


@pytest.mark.django_db(transaction=True)
def test_one_address_captured_by_eight_at_once_is_one_lead_with_eight_touchpoints():
    cast = make_cast()

    def capture(number: int) -> bool:
        try:
            return cast.capture(at=AT, email="pat@spa.example", last_name=str(number)).created
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(capture, range(8)))

    assert (created.count(True), Lead.objects.count(), Activity.objects.count()) == (1, 1, 8)


def test_the_number_of_queries_does_not_grow_with_the_batch(cast, django_assert_num_queries):
    def rows(start, count):
        return [
            {"email": f"{n}@spa.example", "job_title": "Director of Spa", "touchpoint": "event",
             "campaign": cast.campaign.slug}
            for n in range(start, start + count)
        ]  # fmt: skip

    capture_leads(rows(0, 1), by=cast.maya, at=AT)  # fills the memory of what is configured
    from django.test.utils import CaptureQueriesContext

    counts = []
    for start, count in ((10, 1), (20, 3)):
        with CaptureQueriesContext(connection) as queries:
            capture_leads(rows(start, count), by=cast.maya, at=AT)
        counts.append(len(queries))
    assert counts == [15, 15]
