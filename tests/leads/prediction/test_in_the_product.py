"""Learned from one's own handoffs: what counts, when it is in force, when it no longer holds."""

import io
import pickle
from datetime import timedelta

import numpy as np
import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.models import OutboxMessage
from leads.management.commands.predict import LOCK
from leads.models import Chance, Deal, Handoff, Lead, Prediction
from leads.prediction import due, keeping
from leads.prediction.foreseeing import _label, foresee, watch
from leads.prediction.history import ended_handoffs, facts, history, ripening
from leads.prediction.training import refit
from tests.factories import ny

AT = ny("2026-06-01 12:00")
TITLES = {"director": 0.7, "manager": 0.3, "student": 0.05}


def live(cast, count, *, start, seed=1, chances=TITLES, days=150, ended=True):
    """So many handoffs from `start` on, evenly over so many days; a deal ends after ten days."""
    rng = np.random.default_rng(seed)
    handoffs, deals = [], []
    first = Lead.objects.count()
    leads = Lead.objects.bulk_create(
        Lead(email=f"p{n}@x.example", team=cast.marketing, campaign=cast.campaign,
             created_at=start, updated_at=start)
        for n in range(first, first + count)
    )  # fmt: skip
    for n, lead in enumerate(leads):
        at = start + timedelta(days=days * n / count)
        title = rng.choice(list(chances))
        won = rng.random() < chances[title]
        state = Handoff.State.OFFERED
        if ended:
            state = Handoff.State.QUALIFIED if won else Handoff.State.DISQUALIFIED
        handoffs.append(
            Handoff(
                lead=lead,
                handed_over_at=at,
                state=state,
                closed_at=at + timedelta(days=1) if ended else None,
                receipt={
                    "score": 50 + int(rng.integers(0, 40)),
                    "tier": "hot",
                    "source": "fair",
                    "person": {"job_title": str(title), "country": "US"},
                    "touchpoints": [{"kind": "form", "at": at.isoformat(), "data": {}}],
                },
            )
        )
    Handoff.objects.bulk_create(handoffs)
    for handoff in handoffs:
        if handoff.state == Handoff.State.QUALIFIED:
            deals.append(
                Deal(lead=handoff.lead, handoff=handoff, name="Tub", owner=cast.sam,
                     state=Deal.State.WON, opened_at=handoff.closed_at,
                     closed_at=handoff.handed_over_at + timedelta(days=10))
            )  # fmt: skip
    Deal.objects.bulk_create(deals)
    return handoffs


@pytest.fixture
def lived(cast):
    """400 handoffs from January to May."""
    return live(cast, 400, start=ny("2026-01-01 10:00"))


def one(cast, state, *, deal=None, reason=""):
    handoff = live(cast, 1, start=AT - timedelta(days=90), ended=False)[0]
    closed = None if state in ("offered", "accepted") else handoff.handed_over_at
    Handoff.objects.filter(pk=handoff.pk).update(state=state, closed_at=closed, reason=reason)
    if deal:
        Deal.objects.create(
            lead=handoff.lead, handoff=handoff, name="Tub", owner=cast.sam, state=deal,
            opened_at=handoff.handed_over_at,
            closed_at=None if deal == "open" else handoff.handed_over_at + timedelta(days=5),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "counts"),
    [
        ({"state": "qualified", "deal": "won"}, [True]),
        ({"state": "qualified", "deal": "lost"}, [False]),
        ({"state": "disqualified"}, [False]),
        ({"state": "recycled"}, [False]),
        ({"state": "rejected", "reason": "spam"}, [False]),
        ({"state": "rejected", "reason": "duplicate"}, []),
        ({"state": "withdrawn"}, []),
        ({"state": "qualified"}, []),
        ({"state": "qualified", "deal": "open"}, []),
        ({"state": "offered"}, []),
    ],
)
def test_what_counts_as_an_end(cast, ending, counts):
    one(cast, **ending)
    assert [ended.won for ended in ended_handoffs(at=AT)] == counts
    assert history(at=AT).ended == len(counts)


def test_only_handoffs_older_than_wins_take_are_learned_from(lived):
    assert ripening() == timedelta(days=10)
    young = [h for h in lived if h.handed_over_at > AT - timedelta(days=10)]
    assert young
    ended = ended_handoffs(at=AT)
    assert len(ended) == len(lived) - len(young)
    assert [e.handed_over_at for e in ended] == sorted(e.handed_over_at for e in ended)


def test_what_is_learned_after_the_handoff_is_not_known(cast):
    lead = cast.hot_lead(at=AT)
    handoff = lead.handoffs.get()
    before = facts(handoff)
    assert (before["job_title"], before["touchpoints"]) == ("director of wellness", "1")
    Lead.objects.filter(pk=lead.pk).update(job_title="Chairman", score=5, country="GB")
    cast.capture(at=AT + timedelta(days=1), email=lead.email, touchpoint="event")
    handoff.refresh_from_db()
    assert facts(handoff) == before


def test_while_there_is_too_little_nothing_is_foreseen(cast, client):
    live(cast, 150, start=ny("2026-01-01 10:00"))
    assert refit(at=AT) is None
    assert not due.refit_is_due(at=AT)
    client.force_login(cast.dana)
    page = client.get("/prediction/").text
    assert "Not enough history yet" in page
    assert "150 of 200" in page


def test_with_enough_a_prediction_is_in_force_and_open_handoffs_get_their_chance(cast, lived):
    waiting = live(cast, 5, start=AT - timedelta(days=3), days=2, ended=False)
    assert due.is_due(at=AT)
    made = refit(at=AT)
    assert (made.in_force, made.verdict) == (
        True,
        "The first that tells more than the usual share.",
    )
    assert made.auc > 0.7
    assert foresee(at=AT) == 5
    given = {c.handoff_id: c for c in Chance.objects.all()}
    assert set(given) == {h.pk for h in waiting}
    by_title = {h.receipt["person"]["job_title"]: given[h.pk].value for h in waiting}
    assert by_title["director"] > by_title.get("manager", 0.3) > by_title.get("student", 0)
    director = next(h for h in waiting if h.receipt["person"]["job_title"] == "director")
    assert given[director.pk].reasons[0]["label"] == "Title: director"
    assert given[director.pk].reasons[0]["points"] > 10
    assert not due.is_due(at=AT)


def test_the_lead_page_says_the_chance_and_why(cast, lived, client):
    lead = cast.hot_lead(at=AT)
    refit(at=AT)
    foresee(at=AT)
    chance = Chance.objects.get(handoff__lead=lead)
    client.force_login(cast.dana)
    page = client.get(f"/leads/{lead.pk}/").text
    assert "Chance to become a customer" in page
    assert f"{chance.percent} %" in page
    assert "How good is it?" in page
    client.force_login(cast.sam)
    assert "How good is it?" not in client.get(f"/leads/{lead.pk}/").text


def test_the_page_shows_what_is_in_force_in_few_queries(
    cast, lived, client, django_assert_num_queries
):
    refit(at=AT)
    client.force_login(cast.mona)
    client.get("/prediction/")
    with django_assert_num_queries(7):
        page = client.get("/prediction/").text
    assert "Did the chances come true?" in page
    refit(at=AT)
    with django_assert_num_queries(7):
        client.get("/prediction/")


def test_noise_is_never_put_in_force(cast):
    live(cast, 400, start=ny("2026-01-01 10:00"), chances=dict.fromkeys(TITLES, 0.3))
    made = refit(at=AT)
    assert not made.in_force
    assert made.verdict == "It tells no more about the newest handoffs than their usual share."
    assert not due.is_due(at=AT)
    assert due.is_due(at=AT + timedelta(days=7))


def test_a_new_fit_replaces_the_old_only_where_it_comes_nearer(cast, lived):
    first = refit(at=AT)
    # Nothing new since: nothing to tell them apart by.
    again = refit(at=AT + timedelta(days=7))
    assert not again.in_force
    assert again.verdict.endswith("too few to compare.")
    # The world turns round: who was hopeless buys now.
    live(cast, 900, start=AT, seed=5, days=60,
         chances={"director": 0.05, "manager": 0.3, "student": 0.7})  # fmt: skip
    later = refit(at=AT + timedelta(days=90))
    first.refresh_from_db()
    assert (later.in_force, first.in_force) == (True, False)
    assert later.verdict.startswith("Nearer to what came than the one before: Brier 0.")


def test_chances_that_no_longer_come_true_raise_one_alarm(cast, lived):
    first = refit(at=AT)
    later = live(cast, 80, start=AT, seed=4, days=20, ended=False)
    assert foresee(at=AT) == 80
    assert not watch(at=AT + timedelta(days=60))  # none of them has ended
    now = AT + timedelta(days=60)
    for handoff in later:  # all of them say no
        handoff.state, handoff.closed_at = Handoff.State.DISQUALIFIED, now
    Handoff.objects.bulk_update(later, ["state", "closed_at"])
    assert watch(at=now)
    assert not watch(at=now)
    first.refresh_from_db()
    assert first.drifted_at == now
    told = OutboxMessage.objects.filter(kind="prediction")
    assert {m.recipient_id for m in told} == {cast.mona.pk, cast.dana.pk, cast.admin.pk}
    assert told.first().body.startswith("0 of 80 became customers, ")
    assert due.refit_is_due(at=now)


def test_a_chance_stays_as_it_was_once_the_handoff_is_closed(cast, lived):
    (handoff,) = live(cast, 1, start=AT, ended=False)
    refit(at=AT)
    foresee(at=AT)
    given = Chance.objects.get(handoff=handoff)
    Handoff.objects.filter(pk=handoff.pk).update(state="disqualified", closed_at=AT)
    Prediction.objects.update(in_force=False)
    Prediction.objects.create(
        **{f.name: getattr(given.prediction, f.name) for f in Prediction._meta.fields[1:]}
        | {"in_force": True}
    )
    assert foresee(at=AT) == 0
    assert Chance.objects.get(handoff=handoff).prediction_id == given.prediction_id


class Intruder:
    """What an attacker would put into the database: unpickling it shows."""

    def __reduce__(self):
        return (pytest.fail, ("a foreign body was unpickled",))


def test_a_foreign_body_is_refused_before_it_is_read(cast, lived, settings):
    made = refit(at=AT)
    body = pickle.dumps(Intruder())
    forged = salted_hmac(keeping.SALT, body, secret="guess", algorithm="sha256").digest() + body
    with pytest.raises(keeping.Unreadable, match="another key"):
        keeping.unpack(forged)
    settings.SECRET_KEY = "another-one"
    with pytest.raises(keeping.Unreadable, match="another key"):
        keeping.unpack(bytes(made.body))
    # A changed key costs a fit, not a working install.
    assert foresee(at=AT) == 0
    assert refit(at=AT + timedelta(days=7)).in_force


def test_the_command_says_what_it_did(cast, lived):
    live(cast, 3, start=AT, ended=False)
    assert run() == (
        "The first that tells more than the usual share.\n3 open handoffs were given a chance.\n"
    )
    assert run() == "0 open handoffs were given a chance.\n"


def test_the_command_says_what_is_missing(cast):
    assert run("--refit") == (
        "Not enough history yet: 0 handoffs ended, 0 of them won.\nNo prediction is in force.\n"
    )


@pytest.mark.django_db(transaction=True)
def test_two_runs_do_not_meet():
    settings = connection.get_connection_params()
    settings.pop("cursor_factory", None)
    settings.pop("context", None)
    other = psycopg2.connect(**settings)
    try:
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert run() == "Another run is at it.\n"
    finally:
        other.close()


def run(*options):
    out = io.StringIO()
    call_command("predict", *options, stdout=out)
    return out.getvalue()


def test_a_slug_is_told_in_words():
    assert _label("persona", "holiday-let-owner") == "Persona: holiday let owner"
    assert _label("job_title", "vice-president") == "Title: vice-president"
