"""The score and its reasons."""

from datetime import timedelta

from leads.models import Lead
from leads.rescoring import rescore
from leads.scoring import Sign, score
from tests.factories import ny

AT = ny("2027-01-15 10:00")


def test_reasons_say_why_in_words(cast):
    signs = [
        Sign("form", AT - timedelta(days=45)),
        Sign("page_view", AT - timedelta(days=31), "/pricing"),
        Sign("page_view", AT - timedelta(days=31), "/pricing"),
        Sign("page_view", AT - timedelta(days=31), "/about"),
    ]
    result = score({"job_title": "Spa Director", "company": "Spa"}, signs, at=AT)
    assert sorted((r["label"], r["points"], r["part"]) for r in result.reasons) == [
        ("31 days quiet", -6, "engagement"),
        ("Company known", 5, "fit"),
        ("Director", 15, "fit"),
        ("Filled in a form", 5, "engagement"),  # 15 × 0.5 ** (45 / 30)
        ("Fits Spa director", 20, "fit"),
        ("Visited pricing twice", 2, "engagement"),  # 2 × 4 × 0.5 ** (31 / 14)
    ]
    assert (result.fit, result.engagement, result.total) == (40, 1, 41)


def test_points_halve_after_a_half_life(cast):
    fresh = score({}, [Sign("download", AT)], at=AT)
    old = score({}, [Sign("download", AT - timedelta(days=30))], at=AT)
    assert (fresh.total, old.engagement) == (15, round(7.5) - 6)


def test_a_cap_holds_and_the_score_stays_between_0_and_100(cast):
    signs = [Sign("event", AT)] * 9 + [Sign("form", AT)] * 9 + [Sign("download", AT)] * 9
    result = score({"job_title": "Head of Spa"}, signs, at=AT)
    assert (result.engagement, result.total, result.tier) == (120, 100, "hot")


def test_rescoring_lets_engagement_fade_and_writes_only_what_changed(cast):
    cast.capture(at=AT, email="a@spa.example", touchpoint="download")
    cast.capture(at=AT, email="b@spa.example", touchpoint="entered")
    later = AT + timedelta(days=15)

    assert rescore(at=later) == 1
    a, b = Lead.objects.order_by("email")
    # 15 × 0.5 ** (15 / 30)
    assert (a.score, a.scored_at, b.scored_at) == (11, later, AT)
