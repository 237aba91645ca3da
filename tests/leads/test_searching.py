"""One search over everything: what is found, by whom, and by which of its names."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.models import Campaign, Deal, Lead
from leads.searching import MOST, search
from personas.models import Definition, Offer
from tests.factories import ny

AT = ny("2026-01-15 10:00")


@pytest.fixture
def pat(cast):
    """Sam's lead with a deal."""
    lead = cast.hot_lead(at=AT, email="pat@hotel.example", last_name="Leeward")
    Deal.objects.create(lead=lead, name="Grand Spa", owner=lead.owner, opened_at=AT)
    return lead


def found(words, by) -> dict[str, list[str]]:
    return {group.title: [hit.title for hit in group.hits] for group in search(words, by=by, at=AT)}


def test_a_lead_is_found_by_name_company_address_and_number(cast, pat):
    begun = (f"{pat.email.split('@')[0]}@", pat.email[:-3], pat.email, pat.email.upper())
    for words in (pat.last_name[:3], pat.company.split()[0], *begun):
        assert found(words, cast.dana)["Leads"] == [pat.name], words


def test_those_whose_address_comes_first_are_read_from_the_index_that_finds_them(cast):
    for name in ("sam.b", "sam.a", "zoe", "sam.c"):
        cast.capture(at=AT, email=f"{name}@hotel.example", first_name=name, last_name="")
    assert found("sam.", cast.admin)["Leads"] == ["sam.a", "sam.b", "sam.c"]
    # Of so few rows any plan is cheap: those for many are left, in every collation.
    with connection.cursor() as cursor:
        for off in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{off} = off")
    with CaptureQueriesContext(connection) as queries:
        found("sam.", cast.admin)
    [asked] = [query["sql"] for query in queries if "USING ~<~" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using lead_email_begins" in plan, plan
    assert "Sort" not in plan


def test_everybody_finds_what_they_may_see_and_no_more(cast, pat):
    owner, other = (cast.sam, cast.sue) if pat.owner == cast.sam else (cast.sue, cast.sam)
    for person in (owner, cast.dana, cast.mona, cast.maya, cast.admin):
        assert found("leeward", person)["Leads"] == [pat.name], person
        assert found("grand", person) == {"Deals": ["Grand Spa"]}
    for person in (other, cast.outsider):
        assert found("leeward", person) == found("grand", person) == {}


def test_campaigns_are_found_by_those_who_have_pages_of_them(cast):
    name = Campaign.objects.get(pk=cast.campaign.pk).name
    for person, may in (
        ("maya", True),
        ("mona", True),
        ("dana", True),
        ("admin", True),
        ("sam", False),
    ):
        titles = found(name, getattr(cast, person))
        assert ("Campaigns" in titles) is may, person
        client = Client()
        client.force_login(getattr(cast, person))
        if may:
            page = client.get(reverse("campaign", args=[cast.campaign.slug]))
            assert page.status_code == 200, person


def test_an_offer_is_found_by_a_former_name_and_told_by_the_new_one(cast):
    offer = Offer.objects.create(slug="meals", name="Meals for teams", price=1200)
    offer.former.create(name="Business lunch")
    (group,) = search("business lu", by=cast.sam, at=AT)
    (hit,) = group.hits
    assert (group.title, hit.title) == ("Offers", "Meals for teams")
    assert hit.beside == "was: Business lunch · $1,200"
    assert hit.url == "/offers/meals/"
    # How the names are kept is no name.
    assert found('["Bus', cast.sam) == found("],[", cast.sam) == {}


def test_what_a_word_means_is_found_by_its_name_first(cast):
    Definition.objects.create(key="sal", version=1, name="SAL", words="An MQL that sales took.",
                              in_force_from=AT - timedelta(days=9))  # fmt: skip
    Definition.objects.create(key="sal", version=2, name="SAL", words="An MQL that a rep took.",
                              in_force_from=AT)  # fmt: skip
    Definition.objects.create(key="sal", version=3, name="SAL", words="Not yet an MQL",
                              in_force_from=AT + timedelta(days=9))  # fmt: skip
    for person in (cast.sam, cast.maya, cast.dana):
        (group,) = search("mql", by=person, at=AT)
        assert (group.title, [(hit.title, hit.beside, hit.url) for hit in group.hits]) == (
            "Definitions",
            [("MQL", "Score of at least 50.", "/definitions/mql/"),
             ("SAL", "An MQL that a rep took.", "/definitions/sal/")],
        )  # fmt: skip


@pytest.mark.parametrize("words", ["", "  ", "ab", "%", "__", "a\0b"])
def test_too_little_finds_nothing(cast, pat, words):
    assert search(words.replace("\0", ""), by=cast.admin, at=AT) == []


@pytest.mark.parametrize(
    "words", ["%%%", "___", "' OR 1=1 --", "<script>", "\u202eabc", "\\\\\\", "x" * 5000, "a\0b\0c"]
)
def test_hostile_words_are_only_words(cast, pat, words):
    client = Client()
    client.force_login(cast.admin)
    page = client.get(reverse("search"), {"q": words})
    assert page.status_code == 200
    assert "Pat" not in page.content.decode().split('class="card found-page"')[-1]
    assert "<script>alert" not in page.content.decode()
    assert b"' OR 1=1" not in page.content


def test_of_each_kind_there_are_a_few_and_no_query_more_for_many(cast, pat):
    client = Client()
    client.force_login(cast.mona)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("search"), {"q": "meyer"}).status_code == 200
        return len(seen)

    cast.capture(at=AT, email="m0@firm.example", last_name="Meyer")
    queries()
    few = queries()
    for number in range(1, 2 * MOST):
        cast.capture(at=AT, email=f"m{number}@firm.example", last_name="Meyer")
    assert len(found("meyer", cast.mona)["Leads"]) == MOST
    assert queries() == few <= 13


def test_htmx_gets_the_list_alone(cast, pat):
    client = Client()
    client.force_login(cast.sam)
    part = client.get(reverse("search"), {"q": pat.last_name}, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert pat.get_absolute_url() in part.content.decode()


def test_a_reps_leads_are_found_by_indexes_and_not_among_everybodys(cast, pat):
    """What a rep may see is one of three things that indexes know; a second query in the condition
    would make PostgreSQL read on until it has met enough of theirs."""
    lead = Lead.objects.visible_to(cast.sam).filter(match_text__contains="leeward")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT stxname FROM pg_statistic_ext")
        assert ("lead_owner_in_pool",) in cursor.fetchall()
    plan = lead.explain()
    assert "SubPlan" not in plan
