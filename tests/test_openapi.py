"""The OpenAPI document is true: it validates, and the live API keeps to it under hostile input."""

import json
import os
import subprocess
import sys

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.leadflow.running import ROOT

EXAMPLES = 4
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDPOINTS = {
    "/api/v1/changes/": {"get"},
    "/api/v1/changes/{id}/acknowledge/": {"post"},
    "/api/v1/companies/": {"get"},
    "/api/v1/companies/{id}/": {"get", "patch"},
    "/api/v1/fields/": {"get"},
    "/api/v1/leads/": {"get", "post"},
    "/api/v1/leads/{id}/": {"get", "patch"},
    "/api/v1/leads/{id}/activities/": {"get", "post"},
    "/api/v1/leads/{id}/hand-off/": {"post"},
    "/api/v1/leads/{id}/accept/": {"post"},
    "/api/v1/leads/{id}/feedback/": {"post"},
    "/api/v1/leads/{id}/reject/": {"post"},
    "/api/v1/leads/{id}/needs/": {"get", "post"},
    "/api/v1/leads/{id}/needs/{need}/take-back/": {"post"},
    "/api/v1/leads/{id}/qualify/": {"post"},
    "/api/v1/leads/{id}/disqualify/": {"post"},
    "/api/v1/leads/{id}/recycle/": {"post"},
    "/api/v1/leads/{id}/enrol/": {"post"},
    "/api/v1/queue/": {"get"},
    "/api/v1/returns/": {"get"},
    "/api/v1/returns/{id}/answer/": {"post"},
    "/api/v1/returns/{id}/ruling/": {"post"},
    "/api/v1/returns/{id}/ruling/decide/": {"post"},
    "/api/v1/sequences/": {"get"},
    "/api/v1/sla/compliance/": {"get"},
    "/api/v1/sla/scorecard/": {"get"},
    "/api/v1/sla/what-if/": {"post"},
    "/api/v1/sla/handoffs/{id}/time/": {"get"},
}


def test_the_document_validates_without_a_warning(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml")
    )


def test_every_endpoint_is_in_it(db):
    document = Client().get("/api/v1/schema/?format=json").json()

    assert {path: set(methods) for path, methods in document["paths"].items()} == ENDPOINTS


def test_every_endpoint_documents_its_refusals(db):
    document = Client().get("/api/v1/schema/?format=json").json()

    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"401", "403"} <= operation["responses"].keys()
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"]


def test_the_docs_page_needs_nothing_inline(db):
    page = Client().get("/api/v1/docs/")

    html = page.content.decode()
    assert page.status_code == 200
    assert ("<style" in html, " style=" in html, "<script>" in html) == (False, False, False)
    assert "'unsafe" not in page["Content-Security-Policy"]


@pytest.fixture(scope="module")
def document():
    """The document, made once, before the live WSGI application."""
    from leadflow.wsgi import application

    made = SchemaGenerator().get_schema(request=None, public=True)
    found = schemathesis.openapi.from_dict(json.loads(OpenApiJsonRenderer().render(made)))
    found.app = application
    return found


@pytest.fixture
def one_connection(db):
    """Requests to the WSGI application leave the test's own connection open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def leads(cast):
    """A lead of each kind: handed over, accepted, with marketing, sent back."""
    from accounts.instants import database_now

    at = database_now()
    found = [cast.hot_lead(at=at, email=f"{name}@spa.example") for name in ("a", "b", "c")]
    found[1].handoffs.get().accept(found[1].handoffs.get().owner, at=at)
    found[2].handoffs.get().reject(found[2].handoffs.get().owner, reason="spam", at=at)
    return [*found, cast.capture(at=at, email="cold@spa.example").lead]


OPERATIONS = [(path, method) for path, methods in ENDPOINTS.items() for method in sorted(methods)]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("who", ["dana", "admin"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_live_api_keeps_to_it(document, one_connection, cast, leads, path, method, who, mode):
    from accounts.models import ApiKey

    _, key = ApiKey.objects.issue(getattr(cast, who), scope="full")

    @given(case=document[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck),
        derandomize=True, database=None,
    )  # fmt: skip
    def keeps_to_it(case):
        number = case.path_parameters.get("id")
        if isinstance(number, int) and number % 2 == 0:  # the id of a lead there is
            case.path_parameters["id"] = leads[number // 2 % len(leads)].pk
        response = case.call(headers={"Authorization": f"Bearer {key}"})
        case.validate_response(response, checks=CHECKS)

    keeps_to_it()


FIRST_AT_ONCE = """
import sys, threading
import django
django.setup()
from django.test import Client
sys.setswitchinterval(1e-5)
client, found, start = Client(), [], threading.Barrier(8)
client.get("/healthz")
def ask():
    start.wait()
    try:
        found.append(client.get("/api/v1/schema/").status_code)
    except Exception as error:
        found.append(type(error).__name__)
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sorted(map(str, found)))
"""


def test_the_first_who_ask_a_fresh_process_at_once_all_get_the_document():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "leadflow.settings", "DEBUG": "1"}
    environment |= {"ALLOWED_HOSTS": "testserver"}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_AT_ONCE],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip().splitlines()[-1:] == [str(["200"] * 8)], done.stderr[-500:]
