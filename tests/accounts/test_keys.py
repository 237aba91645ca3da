"""API keys: made by command, shown once, refused once ended, their use noted."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.instants import database_now
from accounts.models import ApiKey, AuditEntry, Membership
from tests.leads.api.program import Program


def create(*arguments):
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_prints_the_key_alone(self, cast):
        said = create("maya@demo.test", "--scope", "full", "--label", "Sync")

        key = ApiKey.objects.get()
        assert said == f"{said.strip()}\n"
        assert (key.user, key.scope, key.label) == (cast.maya, "full", "Sync")
        assert key.hash == ApiKey.hashed(said.strip())
        assert AuditEntry.objects.get().verb == "key_issued"

    def test_makes_capture_keys_unless_told_otherwise(self, cast):
        create("MAYA@demo.test")

        assert ApiKey.objects.get().scope == "capture"

    def test_names_an_unknown_address_and_ends_with_2(self, cast):
        with pytest.raises(CommandError, match="nobody has the e-mail “who@demo") as error:
            create("who@demo.test")

        assert (error.value.returncode, "\n" in str(error.value)) == (2, False)
        assert ApiKey.objects.count() == 0

    def test_refuses_who_has_left(self, cast):
        cast.maya.is_active = False
        cast.maya.save()

        with pytest.raises(CommandError, match="no longer active"):
            create("maya@demo.test")

    def test_refuses_another_scope(self, cast):
        with pytest.raises(CommandError, match="invalid choice"):
            create("maya@demo.test", "--scope", "root")


class TestAKey:
    def test_speaks_for_its_person(self, cast):
        assert Program(cast.maya).get("leads/").status_code == 200

    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic bWF5YTp4", "Bearer a b", "Bearer \xff"],
    )
    def test_that_is_none_is_401_and_says_how(self, cast, header):
        got = Client(headers={"authorization": header} if header else {}).get("/api/v1/leads/")

        assert (got.status_code, got["WWW-Authenticate"]) == (401, 'Bearer realm="leadflow"')
        assert (got["Content-Type"], got.json()["status"]) == ("application/problem+json", 401)

    def test_ends_at_once(self, cast):
        maya = Program(cast.maya)
        maya.key.revoke(at=database_now())

        got = maya.get("leads/")

        assert (got.status_code, got.json()["code"]) == (401, "key_not_valid")

    def test_ends_with_its_person(self, cast):
        maya = Program(cast.maya)
        cast.maya.is_active = False
        cast.maya.save()

        assert maya.get("leads/").status_code == 401

    def test_follows_its_person_into_another_team(self, cast):
        maya = Program(cast.maya)
        cast.capture(at=database_now(), email="a@spa.example")
        assert len(maya.get("leads/").json()["results"]) == 1

        Membership.objects.get(user=cast.maya).delete()

        assert maya.get("leads/").json()["results"] == []

    def test_notes_its_use_once_a_minute(self, cast, django_assert_num_queries):
        maya = Program(cast.maya)
        maya.get("leads/")
        first = ApiKey.objects.get().last_used_at
        with django_assert_num_queries(2):  # the key; the list
            maya.get("leads/")
        assert ApiKey.objects.get().last_used_at == first

        ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
        maya.get("leads/")
        assert ApiKey.objects.get().last_used_at > first

    def test_is_not_needed_by_who_is_signed_in(self, cast):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(cast.maya)

        assert browser.get("/api/v1/leads/").status_code == 200
        forged = browser.post("/api/v1/leads/", data="{}", content_type="application/json")
        assert (forged.status_code, forged["Content-Type"]) == (403, "application/problem+json")
