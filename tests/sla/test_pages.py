"""Compliance, clock list, contract and banner, as each role gets them."""

from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlencode, urlparse

import pytest
from django.test import Client
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import Team, User
from leads.activities import log_touch
from sla import agreement
from sla.figures import excuses
from sla.figures.compliance import DIMENSIONS
from sla.lag import watch
from sla.models import Alarm, Calendar, CalendarVersion, Clock, TeamCalendar
from sla.sweep import sweep
from sla.views.cursors import PAGE
from tests.factories import make_user, ny

WEEK = {"from": "2099-01-12", "to": "2099-01-18"}
EVERYBODY = ["maya", "mona", "sam", "dana", "admin", "outsider"]
READ = ["compliance", "compliance-at-risk", "compliance-speed", "clock-list", "contract"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def story(cast):
    """A promise kept, one missed and one refused, so far ahead that the rest is still running."""
    good = cast.hot_lead(at=ny("2099-01-16 10:00"), email="good@spa.example", source="ad")
    good.handoffs.get().accept(cast.sam, at=ny("2099-01-16 10:05"))
    log_touch(good, "call", by=cast.sam, at=ny("2099-01-16 10:20"), outcome="connected")
    cast.hot_lead(at=ny("2099-01-16 10:30"), email="late@spa.example")
    refused = cast.hot_lead(at=ny("2099-01-16 11:00"), email="no@spa.example", job_title="Director")
    refused.handoffs.get().reject(cast.sam, reason="spam", at=ny("2099-01-16 11:05"))
    sweep(at=ny("2099-01-16 11:15"))
    return cast


# --- Parts of the compliance page ----------------------------------------------------------------

PARTS = {
    "compliance-at-risk": "At risk now",
    "compliance-speed": "How fast it was",
    "compliance-time": "Where the time went",
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_opened_by_its_address_is_a_page_and_for_htmx_the_part_alone(story, name):
    client, url = signed_in(story.dana), f"{reverse(name)}?{urlencode(WEEK)}"
    page = client.get(url).content.decode()
    alone = client.get(url, headers={"hx-request": "true"}).content.decode()

    assert f"<title>{PARTS[name]} · leadflow</title>" in page
    assert ("<nav" in page, "<nav" in alone, "<html" in alone) == (True, False, False)
    back = reverse("compliance")
    assert f'<a class="btn" href="{back}' in page
    if name != "compliance-at-risk":
        assert f"{back}?from=2099-01-12&amp;to=2099-01-18" in page


# --- Who gets in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("person", EVERYBODY)
def test_every_role_has_the_pages(story, person, name):
    assert signed_in(getattr(story, person)).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", READ)
def test_a_stranger_signs_in_first(db, name):
    answer = Client().get(reverse(name))
    assert (answer.status_code, answer.url) == (
        302,
        f"/accounts/login/?next={reverse(name)}",
    )


@pytest.mark.parametrize("name", READ)
def test_reading_takes_no_post(cast, name):
    assert signed_in(cast.dana).post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", READ)
def test_an_empty_company_has_the_pages(db, name):
    assert signed_in(make_user("solo", is_staff=True)).get(reverse(name)).status_code == 200


# --- Compliance ----------------------------------------------------------------------------------


def totals(client: Client, **query: str) -> tuple[int, ...]:
    answer = client.get(reverse("compliance"), {**WEEK, **query})
    f = answer.context["totals"].figures
    return f.started, f.met, f.missed, f.excused, f.voided, f.running


def test_the_page_counts_what_each_role_may_judge(story):
    # Three clocks a lead, and marketing's on the one refused. Sue had the one she missed.
    seen = {name: totals(signed_in(getattr(story, name)))[0] for name in EVERYBODY}
    assert seen == {"maya": 1, "mona": 10, "sam": 6, "dana": 10, "admin": 10, "outsider": 0}


def figure_links(answer) -> list[tuple[int, str]]:
    """(figure, address) of every figure on the page that leads to its clocks."""
    found = []
    for row in [answer.context["totals"], *answer.context["rows"]]:
        f = row.figures
        found += [
            (f.started, row.url),
            (f.met, f"{row.url}&outcome=met"),
            (f.missed, f"{row.url}&outcome=missed"),
            (f.excused, f"{row.url}&outcome=excused"),
            (f.voided, f"{row.url}&outcome=voided"),
            (f.running, f"{row.url}&outcome=running"),
        ]
    return found


@pytest.mark.parametrize(
    ("person", "by"), [*(("dana", by) for by in DIMENSIONS), ("mona", "term"), ("sam", "source"),
                       ("maya", "campaign")],
)  # fmt: skip
def test_every_figure_leads_to_exactly_its_clocks(story, by, person):
    client = signed_in(getattr(story, person))
    answer = client.get(reverse("compliance"), {**WEEK, "by": by})
    html = unescape(answer.content.decode())
    for figure, url in figure_links(answer):
        assert f'href="{url}"' in html
        listed = client.get(url)
        assert (listed.context["count"], len(listed.context["clocks"])) == (figure, figure), url


def test_both_rates_are_shown(story):
    clock = Clock.objects.filter(state="missed").first()
    excuses.excuse(clock, by=story.dana, reason="Fire alarm.", at=ny("2099-01-16 12:00"))
    html = signed_in(story.dana).get(reverse("compliance"), WEEK).content.decode()
    f = signed_in(story.dana).get(reverse("compliance"), WEEK).context["totals"].figures
    assert f'data-figure="rate">{f.rate * 100:.0f}' in html
    assert f"{f.rate_with_excuses * 100:.0f}\u202f% with excuses" in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "yesterday"}, "“yesterday” is not a day; write it as 2027-01-31."),
        ({"from": "2027-02-01", "to": "2027-01-01"},
         "The period ends (2027-01-01) before it starts (2027-02-01); swap the two."),
        ({"from": "9999-12-31"}, "9999-12-31 is out of range"),
        ({"to": "0001-01-01"}, "0001-01-01 is out of range"),
        ({"period": "century"}, "“century” is not a period"),
        ({"by": "moon"}, ""),
        ({"by": "\0"}, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["compliance", "clock-list"])
def test_nonsense_in_the_address_is_answered(story, name, query, said):
    answer = signed_in(story.dana).get(reverse(name), query)
    assert answer.status_code == 200
    assert said in unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("period", "days"), [("7d", 7), ("30d", 30), ("90d", 90), ("month", None), ("last-month", None)]
)
def test_periods_end_today_in_the_viewers_zone(cast, period, days):
    found = signed_in(cast.dana).get(reverse("compliance"), {"period": period}).context["period"]
    today = database_now().astimezone(found.zone).date()
    assert found.name == period
    if days:
        assert (found.last, found.days) == (today, days)
    elif period == "month":
        assert (found.first, found.last) == (today.replace(day=1), today)
    else:
        assert (found.last + timedelta(days=1), found.first.day) == (today.replace(day=1), 1)


def test_days_begin_at_midnight_of_the_viewer(cast):
    """Fri 23:30 in New York is Saturday in London."""
    lead = cast.hot_lead(at=ny("2099-01-16 23:30"))
    User.objects.filter(pk=cast.mona.pk).update(time_zone="Europe/London")
    friday = {"from": "2099-01-16", "to": "2099-01-16"}
    assert totals(signed_in(cast.dana), **friday)[0] == lead.clocks.count() == 3
    assert totals(signed_in(User.objects.get(pk=cast.mona.pk)), **friday)[0] == 0


@pytest.mark.parametrize("name", ["compliance", "clock-list"])
def test_pages_cost_the_same_for_one_lead_and_three(cast, django_assert_num_queries, name):
    cast.hot_lead(at=ny("2099-01-16 10:00"))
    client, query = signed_in(cast.dana), {**WEEK, "by": "rep"}
    client.get(reverse(name), query)
    with django_assert_num_queries(QUERIES[name]):
        client.get(reverse(name), query)
    for n in range(2):
        cast.hot_lead(at=ny("2099-01-16 10:00"), email=f"more{n}@spa.example")
    client.get(reverse(name), query)
    with django_assert_num_queries(QUERIES[name]):
        client.get(reverse(name), query)


# Frame: session, user, memberships, instant, bell, lag. Compliance: counts, names, trend, misses by
# hour (2), at risk (4), typed times. Clocks: page, count, visible leads, typed times, terms.
QUERIES = {"compliance": 16, "clock-list": 11}


# --- The clocks ----------------------------------------------------------------------------------


def test_the_list_says_who_missed_it(story):
    answer = signed_in(story.dana).get(reverse("clock-list"), {**WEEK, "outcome": "missed"})
    told = [(c.lead.email, c.term.key, str(c.owner)) for c in answer.context["clocks"]]
    assert sorted(told) == [("late@spa.example", "accept_hot", "Sue")]


def test_a_lead_one_may_not_see_is_named_without_a_link(story):
    sweep(at=ny("2099-01-16 11:45"))  # Passed on to sam.
    answer = signed_in(story.sue).get(reverse("clock-list"), {**WEEK, "outcome": "missed"})
    assert {(c.lead.email, c.lead_seen) for c in answer.context["clocks"]} == {
        ("late@spa.example", False)
    }
    url = answer.context["clocks"][0].lead.get_absolute_url()
    assert url not in answer.content.decode()


def test_a_rep_cannot_ask_for_anothers_clocks(story):
    answer = signed_in(story.sam).get(reverse("clock-list"), {"rep": "sue@demo.test"})
    assert answer.context["count"] == 0


@pytest.mark.parametrize("sort", ["-started", "started", "due", "-due", "nonsense"])
def test_pages_by_cursor_show_every_clock_once(cast, sort):
    for n in range(20):
        cast.hot_lead(at=ny("2099-01-16 10:00") + timedelta(minutes=n), email=f"{n}@spa.example")
    Clock.objects.filter(term__key="disposition").update(
        state="paused", due_at=None, remaining_seconds=60
    )
    client, seen, cursor = signed_in(cast.dana), [], ""
    for _ in range(3):
        context = client.get(reverse("clock-list"), {"sort": sort, "cursor": cursor}).context
        seen += [clock.pk for clock in context["clocks"]]
        cursor = context["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 60 > PAGE
    assert sorted(seen) == sorted(Clock.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["x", "~", "none~x", "2027~1", "2027-01-01~1", "none~²", "\0~1"])
def test_a_nonsense_cursor_starts_at_the_top(story, cursor):
    answer = signed_in(story.dana).get(reverse("clock-list"), {"cursor": cursor})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query", [{"outcome": "moon"}, {"rep": "\0"}, {"source": "nowhere"}, {"without": "term"}]
)
def test_what_fits_no_clock_lists_none_and_says_what_to_do(story, query):
    answer = signed_in(story.dana).get(reverse("clock-list"), query)
    assert (answer.context["count"], "No clock fits" in answer.content.decode()) == (0, True)


# --- Excuses -------------------------------------------------------------------------------------


def test_a_manager_excuses_a_miss_from_the_list_and_takes_it_back(story):
    client = signed_in(story.dana)
    back = f"{reverse('clock-list')}?outcome=missed&from=2099-01-12&to=2099-01-18"
    clock = Clock.objects.get(state="missed")
    form = client.get(reverse("clock-excuse", args=[clock.pk]), {"back": back})
    assert form.context["back"] == back

    done = client.post(
        reverse("clock-excuse", args=[clock.pk]), {"reason": "Fire alarm.", "back": back}
    )
    assert (done.status_code, done.url) == (302, back)
    listed = client.get(back)
    (row,) = listed.context["clocks"]
    assert (row.excused, row.excuse.reason) == (True, "Fire alarm.")
    assert totals(client) == (10, 4, 1, 1, 1, 4)

    (message,) = listed.context["messages"]
    undo = message.extra_tags.removeprefix("undo:")
    assert parse_qs(urlparse(undo).query) == {"back": [back]}
    assert client.post(undo).url == back
    assert totals(client) == (10, 4, 1, 0, 1, 4)


def test_an_excuse_without_a_reason_keeps_the_form(story):
    clock = Clock.objects.get(state="missed")
    answer = signed_in(story.dana).post(reverse("clock-excuse", args=[clock.pk]), {"reason": " "})
    assert answer.status_code == 422
    assert "Say why this miss is excused." in answer.content.decode()
    clock.refresh_from_db()
    assert clock.excused is False


@pytest.mark.parametrize(
    ("person", "status"),
    [("mona", 403), ("admin", 403), ("sue", 403), ("sam", 404), ("maya", 404), ("outsider", 404)],
)
def test_others_do_not_excuse_sales_misses(story, person, status):
    client = signed_in(getattr(story, person))
    url = reverse("clock-excuse", args=[Clock.objects.get(state="missed").pk])
    assert client.get(url).status_code == status
    assert client.post(url, {"reason": "Because."}).status_code == status
    assert not Clock.objects.filter(excused=True).exists()


def test_what_is_running_is_not_excused(story):
    clock = Clock.objects.get(state="running", term__key="answer_return")
    Clock.objects.filter(pk=clock.pk).update(due_at=database_now() + timedelta(days=1))
    answer = signed_in(story.mona).post(
        reverse("clock-excuse", args=[clock.pk]), {"reason": "Because."}
    )
    assert answer.status_code == 409


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "\0"])
def test_one_is_only_ever_sent_back_to_a_page_of_ours(story, back):
    clock = Clock.objects.get(state="missed")
    done = signed_in(story.dana).post(
        reverse("clock-excuse", args=[clock.pk]), {"reason": "Fire.", "back": back}
    )
    assert done.url == reverse("clock-list")


def test_an_excuse_is_not_made_by_a_link(story):
    clock = Clock.objects.get(state="missed")
    url = reverse("clock-excuse-undo", args=[clock.pk])
    assert signed_in(story.dana).get(url).status_code == 405


# --- The contract --------------------------------------------------------------------------------


def contract(user: User, **query: str):
    return signed_in(user).get(reverse("contract"), query)


def test_the_contract_says_what_each_side_promised(cast):
    sides = contract(cast.sam).context["sides"]
    told = {
        side: [(p.term.key, p.target, p.applies_to) for p in promises] for side, promises in sides
    }
    assert told == {
        "marketing": [("answer_return", "1 working day", "every lead")],
        "sales": [
            ("accept_hot", "15 working minutes", "hot leads"),
            ("first_touch_hot", "1 working hour", "hot leads"),
            ("accept", "4 working hours", "every other lead"),
            ("first_touch", "1 working day", "every other lead"),
            ("disposition", "5 working days", "every lead"),
        ],
    }


def test_a_promise_says_what_happens_when(cast):
    sides = dict(contract(cast.sam).context["sides"])
    hot = sides["sales"][0]
    assert (hot.starts, hot.stops, hot.alarms) == (
        "it is handed over",
        "accepting it or rejecting it",
        [
            "after 75% of the time the owner is warned",
            "at the deadline it is missed",
            "30 working minutes later the manager is told",
            "1 working hour later it goes to another rep",
        ],
    )


def test_the_calculator_answers_as_the_clocks_do(cast):
    """A lead on Friday at 16:50: ten minutes then, the rest on Monday."""
    found = contract(cast.dana, start="2099-01-16T16:50", tier="hot").context["calculator"]
    told = {f.term.key: f.due_at for f in found["forecast"]}
    lead = cast.hot_lead(at=ny("2099-01-16 16:50"))
    assert told == {c.term.key: c.due_at for c in lead.clocks.all()}
    assert told["accept_hot"] == ny("2099-01-19 09:05")


def test_the_calculator_begins_with_ones_own_team(cast):
    abroad = Team.objects.create(slug="abroad", name="Abroad sales", kind="sales")
    found = {
        who: contract(getattr(cast, who)).context["calculator"]["team"] for who in ("sam", "maya")
    }
    assert found == {"sam": cast.sales, "maya": abroad}


@pytest.mark.parametrize("start", ["soon", "2027-13-01T10:00", "0001-01-01T00:00", "9999-12-31"])
def test_the_calculator_answers_nonsense(cast, start):
    answer = contract(cast.dana, start=start, tier="moon", team="moon")
    assert answer.status_code == 200
    assert answer.context["calculator"]["error"]


def test_the_contract_lists_this_years_holidays(cast):
    calendar = Calendar.objects.create(slug="us", name="US")
    CalendarVersion.objects.create(
        calendar=calendar, number=1, tz="America/New_York", weekly={"0": [["09:00", "17:00"]]},
        country="US", closed=[f"{database_now().year}-07-05"],
        opened={f"{database_now().year}-12-25": [["10:00", "12:00"]]},
    )  # fmt: skip
    TeamCalendar.objects.filter(team=cast.sales).update(calendar=calendar)
    hours = {h.team.slug: h for h in contract(cast.sam).context["teams"]}["sales"]
    days = {day.strftime("%m-%d"): name for day, name in hours.holidays}
    assert (days["07-04"], days["07-05"], "12-25" in days) == ("Independence Day", "closed", False)
    assert [(d.strftime("%m-%d"), w) for d, w in hours.opened] == [("12-25", "10:00–12:00")]
    assert hours.week == [("Mon", "09:00–17:00"), ("Tue–Sun", "closed")]


def test_the_contract_shows_the_definition_in_its_words(cast):
    html = contract(cast.maya).content.decode()
    assert '<dd data-definition="mql">Score of at least 50.</dd>' in html


def test_without_an_agreement_the_page_says_so(cast):
    cast.contract.in_force_to = ny("2020-01-02 00:00")
    cast.contract.save()
    assert agreement.in_force(database_now()) is None
    assert "No agreement is in force" in contract(cast.dana).content.decode()


def test_a_team_without_a_calendar_is_left_out(cast):
    TeamCalendar.objects.filter(team=cast.marketing).delete()
    Team.objects.create(slug="new", name="New", kind="sales")
    teams = [h.team.slug for h in contract(cast.dana).context["teams"]]
    assert teams == ["sales"]


# --- The banner ----------------------------------------------------------------------------------


@pytest.fixture
def late_alarm(cast):
    """The sweep has left one alarm waiting for twelve minutes."""
    cast.hot_lead(at=database_now())
    alarm = Alarm.objects.order_by("fire_at").first()
    Alarm.objects.filter(pk=alarm.pk).update(fire_at=database_now() - timedelta(minutes=12))
    return alarm


@pytest.mark.parametrize("person", EVERYBODY)
def test_managers_are_told_that_nobody_watches_the_deadlines(cast, late_alarm, person):
    html = signed_in(getattr(cast, person)).get(reverse("contract")).content.decode()
    told = "Deadlines are not being watched: the oldest alarm has waited 12 min." in html
    assert told is (person in ("mona", "dana", "admin"))


def test_a_sweep_that_keeps_up_is_not_mentioned(cast, late_alarm):
    sweep(at=database_now())
    assert watch().lag == timedelta()
    html = signed_in(cast.dana).get(reverse("contract")).content.decode()
    assert "not being watched" not in html
