"""POST /api/v1/leads/: new, merged, refused, hostile."""

from leads.models import Activity, Lead

PAT = {
    "email": "Pat.Lee@Spa.Example",
    "first_name": "Pat",
    "last_name": "Lee",
    "company": "Spa Hotel",
    "job_title": "Director of Wellness",
    "country": "us",
    "phone": "(212) 555-0123",
    "source": "search",
    "campaign": "back-pain",
    "utm_source": "google",
    "utm_medium": "cpc",
    "referrer": "https://search.example/",
    "landing_page": "https://tubs.example/guide",
    "message": "How soon?",
    "consent": {"text": "Yes, write to me.", "time": "2026-01-05T10:00:00Z"},
    "extra": {"pool_size": 12},
    "touchpoint": "event",
}


def test_a_new_lead_is_answered_with_all_its_fields(cast, program):
    got = program(cast.maya).post("leads/", PAT)

    assert got.status_code == 201
    body = got.json()
    lead = Lead.objects.get()
    assert got["Location"] == f"/api/v1/leads/{lead.pk}/"
    assert body == {
        "id": lead.pk, "email": "pat.lee@spa.example", "first_name": "Pat", "last_name": "Lee",
        "company": "Spa Hotel", "job_title": "Director of Wellness", "country": "US",
        "phone": "+12125550123", "source": "search", "campaign": "back-pain",
        "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "", "utm_term": "",
        "utm_content": "", "referrer": "https://search.example/",
        "landing_page": "https://tubs.example/guide", "message": "How soon?",
        "consent": {"text": "Yes, write to me.", "time": "2026-01-05T10:00:00Z"},
        "extra": {"pool_size": 12}, "stage": "mql", "aida": "desire", "score": 80,
        "score_reasons": lead.score_reasons, "tier": "hot", "persona": "spa-director",
        "owner": "sam@demo.test", "respond_by": body["respond_by"], "handoff": body["handoff"],
    }  # fmt: skip
    handoff = lead.handoffs.get()
    assert body["handoff"] == {
        "id": handoff.pk,
        "state": "offered",
        "contract_version": 1,
        "clocks": [
            {**clock.brief(), "due_at": clock.due_at.isoformat().replace("+00:00", "Z")}
            for clock in handoff.clocks.order_by("due_at")
        ],
    }
    assert len(body["handoff"]["clocks"]) == 3
