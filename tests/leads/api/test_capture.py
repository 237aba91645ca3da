"""POST /api/v1/leads/: new, merged, refused, hostile."""

import json

import pytest

from leads.models import Activity, Campaign, Handoff, Lead
from tests.factories import make_user

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


def iso(instant):
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def test_a_new_lead_is_answered_with_all_its_fields(cast, program):
    got = program(cast.maya).post("leads/", PAT)

    assert got.status_code == 201
    lead, handoff = Lead.objects.get(), Handoff.objects.get()
    assert got["Location"] == f"/api/v1/leads/{lead.pk}/"
    assert got.json() == {
        "id": lead.pk, "email": "pat.lee@spa.example", "first_name": "Pat", "last_name": "Lee",
        "company": "Spa Hotel", "job_title": "Director of Wellness", "country": "US",
        "phone": "+12125550123", "source": "search", "sourced_by": "marketing",
        "company_id": lead.of_company_id, "decision_role": "",
        "campaign": "back-pain",
        "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "", "utm_term": "",
        "utm_content": "", "referrer": "https://search.example/",
        "landing_page": "https://tubs.example/guide", "message": "How soon?",
        "consent": {"text": "Yes, write to me.", "time": "2026-01-05T10:00:00Z"},
        "extra": {"pool_size": 12}, "tags": [], "stage": "mql", "aida": "desire", "score": 80,
        "score_reasons": lead.score_reasons, "tier": "hot", "persona": "spa-director",
        "owner": "sam@demo.test", "respond_by": iso(lead.respond_by), "criteria": None,
        "needs": [],
        "handoff": {
            "id": handoff.pk,
            "state": "offered",
            "contract_version": 1,
            "clocks": [
                {**c.brief(), "due_at": iso(c.due_at)} for c in handoff.clocks.order_by("due_at")
            ],
        },
    }  # fmt: skip
    assert handoff.clocks.count() == 3


def test_a_lead_needs_only_an_address_or_a_phone(cast, program):
    got = program(cast.maya).post("leads/", {"phone": "+44 20 7946 0018"})

    body = got.json()
    assert got.status_code == 201
    assert (body["email"], body["phone"]) == (None, "+442079460018")
    assert (body["campaign"], body["consent"], body["handoff"], body["owner"]) == (
        None, None, None, None,
    )  # fmt: skip
    assert Lead.objects.get().team == cast.marketing


def test_the_same_address_is_merged_and_overwrites_nothing(cast, program):
    maya = program(cast.maya)
    first = maya.post("leads/", {"email": "pat@spa.example", "first_name": "Pat"}).json()

    got = maya.post("leads/", {**PAT, "email": "PAT@spa.example", "first_name": "Patricia"})

    body = got.json()
    assert (got.status_code, body["id"]) == (200, first["id"])
    assert (body["first_name"], body["last_name"]) == ("Pat", "Lee")
    assert Activity.objects.filter(lead=first["id"], kind__in=["form", "event"]).count() == 2


def test_a_capture_key_learns_the_id_alone_of_a_lead_we_had(cast, program):
    cast.capture(at=cast.contract.in_force_from, email="pat@spa.example", first_name="Pat")

    got = program(cast.maya, scope="capture").post("leads/", {**PAT, "email": "pat@spa.example"})

    assert (got.status_code, got.json()) == (200, {"id": Lead.objects.get().pk})


def test_a_full_key_learns_the_id_alone_of_a_lead_it_may_not_see(cast, program):
    cast.capture(at=cast.contract.in_force_from, email="pat@spa.example")

    got = program(cast.sue).post("leads/", {"email": "pat@spa.example"})

    assert (got.status_code, got.json()) == (200, {"id": Lead.objects.get().pk})


def test_a_reps_lead_belongs_to_their_team(cast, program):
    got = program(cast.sam).post("leads/", {"email": "met@fair.example"})

    lead = Lead.objects.get()
    assert (got.status_code, lead.team, lead.captured_by) == (201, cast.sales, cast.sam)


def test_an_admin_without_a_team_must_name_the_campaign(cast, program):
    admin = program(cast.admin)

    without = admin.post("leads/", {"email": "a@b.example"})
    with_one = admin.post("leads/", {"email": "a@b.example", "campaign": "back-pain"})

    assert (without.status_code, list(without.json()["errors"])) == (422, ["campaign"])
    assert with_one.status_code == 201


def test_somebody_without_a_team_captures_nothing(cast, program):
    got = program(cast.outsider).post("leads/", PAT)

    assert (got.status_code, Lead.objects.count()) == (403, 0)


def test_another_teams_campaign_is_refused(cast, program):
    from accounts.models import Team

    other = Team.objects.create(slug="other", name="Other", kind="marketing")
    Campaign.objects.create(slug="theirs", name="Theirs", team=other)
    theirs = {"email": "a@b.example", "campaign": "theirs"}

    assert program(cast.maya).post("leads/", theirs).json()["errors"] == {
        "campaign": ["“theirs” belongs to another team; use a campaign of your own."]
    }
    assert program(make_user("olga", other)).post("leads/", theirs).status_code == 201


def test_each_wrong_field_is_named_and_nothing_is_written(cast, program):
    got = program(cast.maya).post(
        "leads/",
        {"email": "pat@", "phone": "12", "country": "Atlantis", "campaign": "nope", "emial": "x"},
    )

    body = got.json()
    assert (got.status_code, got["Content-Type"]) == (422, "application/problem+json")
    assert sorted(body["errors"]) == ["campaign", "country", "email", "emial", "phone"]
    assert (body["status"], body["code"], body["title"]) == (422, "invalid", "Invalid")
    assert Lead.objects.count() == Activity.objects.count() == 0


@pytest.mark.parametrize("body", [[PAT], [], "text", 5, True, None])
def test_a_body_that_is_no_object_is_refused(cast, program, body):
    maya = program(cast.maya)

    got = maya.client.post("/api/v1/leads/", data=json.dumps(body), content_type="application/json")

    assert (got.status_code, list(got.json()["errors"])) == (422, ["non_field_errors"])


HOSTILE = {
    "NUL bytes": {"first_name": "P\x00at", "message": "a\x00b", "extra": {"k\x00": "v\x00"}},
    "emoji": {"first_name": "🛁", "company": "Spa 🫧"},
    "right to left": {"first_name": "محمد", "last_name": "‏עברית"},
    "numbers where texts are due": {"first_name": 5, "company": 1.5, "message": 7},
    "huge numbers": {"extra": {"big": 10**400}, "phone": 10**50},
    "lists": {"touchpoint": ["form"], "message": ["a"], "campaign": ["x"], "consent": ["x"]},
    "objects": {"touchpoint": {"a": 1}, "email": {"a": 1}, "extra": {"a": {"b": 1}}},
    "booleans": {"touchpoint": True, "message": True, "email": False, "source": True},
    "nulls": dict.fromkeys(["first_name", "touchpoint", "message", "consent", "extra", "phone"]),
    "naive instant": {"occurred_at": "2026-01-05T10:00:00"},
    "instant at the end of time": {"occurred_at": "9999-12-31T23:59:59-14:00"},
    "instant at the dawn of time": {"occurred_at": "0001-01-01T00:00:00+14:00"},
    "long": {"first_name": "x" * 500, "message": "x" * 20_000, "utm_term": "x" * 900},
    "markup": {"first_name": "<script>alert(1)</script>", "company": "'; DROP TABLE x; --"},
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_values_get_a_clear_answer(cast, program, what):
    got = program(cast.maya).post("leads/", {"email": "pat@spa.example", **HOSTILE[what]})

    if got.status_code == 201:
        assert Lead.objects.count() == 1
        assert program(cast.maya).get(f"leads/{got.json()['id']}/").status_code == 200
    else:
        named = {name.partition(".")[0] for name in got.json()["errors"]}
        assert (got.status_code, named <= {*HOSTILE[what]}) == (422, True)
        assert Lead.objects.count() == 0


def test_emoji_and_other_scripts_are_kept(cast, program):
    row = {"email": "pat@spa.example", "first_name": "🛁", "last_name": "محمد"}

    body = program(cast.maya).post("leads/", row).json()

    assert (body["first_name"], body["last_name"]) == ("🛁", "محمد")


def test_a_body_over_a_megabyte_is_not_read(cast, program):
    got = program(cast.maya).post("leads/", {**PAT, "message": "x" * 10_000_000})

    assert (got.status_code, got.json()["code"]) == (413, "body_too_large")


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(cast, program):
    got = program(cast.maya).client.post(
        "/api/v1/leads/", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"
    )

    assert (got.status_code, got.json()["code"]) == (411, "length_missing")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("\xff".encode("latin-1"), "application/json", 400),
        ('{"email": NaN}', "application/json", 400),
        ('{"extra": {"n": 1e400}}', "application/json", 400),
        ('{"\\ud800": "\\udfff"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("email=a@b.example", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_json_is_a_problem(cast, program, body, kind, status):
    got = program(cast.maya).client.post("/api/v1/leads/", data=body, content_type=kind)

    assert (got.status_code, got["Content-Type"]) == (status, "application/problem+json")
    assert got.json()["status"] == status


def test_capture_costs_few_queries(cast, program, django_assert_max_num_queries):
    maya = program(cast.maya)
    maya.post("leads/", {**PAT, "email": "first@spa.example"})

    with django_assert_max_num_queries(17):  # key and person, the whole path, the answer
        maya.post("leads/", {**PAT, "email": "second@spa.example"})
    with django_assert_max_num_queries(8):  # nothing to hand over
        maya.post("leads/", {"email": "third@spa.example"})
