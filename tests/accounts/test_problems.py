"""Errors under /api/ are problems (RFC 9457), whatever went wrong."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client
from rest_framework import exceptions

from accounts.problems import problem_handler
from accounts.refusals import Conflict, NotAllowed, Refused
from tests.leads.api.program import Program


def told(exc):
    answer = problem_handler(exc, {})
    assert answer.content_type == "application/problem+json"
    return answer.data


def test_a_refusal_tells_code_fields_and_facts():
    refusal = Refused(
        "Not like that.", code="not_so", fields={"reason": "Say why."}, facts={"missing": ["score"]}
    )

    assert told(refusal) == {
        "type": "urn:problem-type:leadflow:not_so", "title": "Not so", "status": 422,
        "detail": "Not like that.", "code": "not_so", "errors": {"reason": ["Say why."]},
        "missing": ["score"],
    }  # fmt: skip


def test_a_fact_never_hides_what_every_problem_says():
    refusal = Refused("No.", facts={"status": "offered", "owner": None})

    body = told(refusal)

    assert (body["status"], body["status_"], body["owner"]) == (422, "offered", None)


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        (Conflict("Gone."), 409),
        (NotAllowed("No."), 403),
        (Http404(), 404),
        (PermissionDenied(), 403),
        (RequestDataTooBig(), 413),
        (exceptions.ParseError(), 400),
        (exceptions.NotFound(), 404),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.UnsupportedMediaType("text/xml"), 415),
        (exceptions.Throttled(wait=5), 429),
        (OperationalError("gone"), 503),
    ],
)
def test_every_error_has_the_same_shape(exc, status):
    body = told(exc)

    assert (body["status"], bool(body["detail"])) == (status, True)
    assert list(body)[:4] == ["type", "title", "status", "detail"]
    assert problem_handler(exc, {}).status_code == status


def test_an_error_that_says_no_more_than_its_status_is_about_blank():
    assert told(exceptions.MethodNotAllowed("PUT")) == {
        "type": "about:blank", "title": "Method Not Allowed", "status": 405,
        "detail": 'Method "PUT" not allowed.',
    }  # fmt: skip


def test_who_asks_too_often_learns_when_to_ask_again():
    assert problem_handler(exceptions.Throttled(wait=4.2), {})["Retry-After"] == "6"


def test_nested_fields_are_named_by_their_path():
    exc = exceptions.ValidationError({"consent": {"time": ["Not a time."]}, "email": ["No."]})

    assert told(exc)["errors"] == {"consent.time": ["Not a time."], "email": ["No."]}


def test_what_nobody_expected_is_left_to_be_logged():
    assert problem_handler(ZeroDivisionError(), {}) is None


class TestAddresses:
    @pytest.mark.parametrize(
        "path", ["/api/v1/nonsense/", "/api/v1/", "/api/v2/leads/", "/api/", "/api/v1/leads/1/x/"]
    )
    def test_unknown_under_api_is_a_problem(self, db, path):
        for client in (
            Client(enforce_csrf_checks=True),
            Client(headers={"authorization": "Bearer x"}),
        ):
            for got in (client.get(path), client.post(path, data=b"{}", content_type="text/xml")):
                assert (got.status_code, got["Content-Type"]) == (404, "application/problem+json")
                assert path in got.json()["detail"]

    def test_unknown_elsewhere_is_a_page(self, db):
        got = Client().get("/nonsense/")

        assert (got.status_code, got["Content-Type"]) == (404, "text/html; charset=utf-8")

    def test_without_the_last_slash_is_sent_on_body_and_all(self, db):
        got = Client().post("/api/v1/leads?x=1", data="{}", content_type="application/json")

        assert (got.status_code, got["Location"]) == (308, "/api/v1/leads/?x=1")

    def test_another_method_says_which_there_are(self, cast):
        got = Program(cast.maya).client.delete("/api/v1/leads/")

        assert (got.status_code, got["Allow"]) == (405, "GET, HEAD, POST")

    def test_a_fault_of_ours_is_a_problem_without_its_details(self, cast):
        def fail(*_: object) -> None:
            raise ZeroDivisionError("secret detail")

        maya = Program(cast.maya)
        maya.client.raise_request_exception = False

        with connection.execute_wrapper(fail):
            got = maya.get("leads/")

        assert (got.status_code, got["Content-Type"]) == (500, "application/problem+json")
        assert "secret" not in got.content.decode()

    def test_a_database_that_does_not_answer_is_503(self, cast):
        def fail(*_: object) -> None:
            raise OperationalError("could not connect to secret@db")

        maya = Program(cast.maya)
        with connection.execute_wrapper(fail):
            got = maya.get("leads/")

        assert (got.status_code, got["Retry-After"]) == (503, "2")
        assert "secret" not in got.content.decode()

    def test_an_unknown_host_is_refused_in_the_same_shape(self, db, settings):
        settings.ALLOWED_HOSTS = ["leadflow.example"]

        got = Client().get("/api/v1/leads/", headers={"host": "evil.example"})

        assert (got.status_code, got["Content-Type"]) == (400, "application/problem+json")
