"""How the OpenAPI document speaks of keys and of errors."""

from threading import Lock
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.problems import MEDIA_TYPE

WORDS = {
    400: "The body is not JSON",
    401: "No key, or one that is not live",
    403: "You may see it and may not do this",
    404: "Nothing here that you may see",
    409: "Somebody was first, or it is no longer in that state",
    411: "The body came in chunks, without a Content-Length",
    413: "The body is larger than 1 MB",
    415: "The body is not application/json",
    422: "Understood, and refused: `errors` names the fields",
}


_one_at_a_time = Lock()


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, drawn by one thread at a time.

    drf-spectacular looks up its extensions while it draws the first one, and a second thread that
    meets a half-looked-up one fails.
    """

    def _get_schema_response(self, request: Request) -> Response:
        with _one_at_a_time:
            response: Response = super()._get_schema_response(request)
            return response


class BearerScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes our keys."""

    target_class = "accounts.api.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key from your profile, or from `manage.py create_api_key`.",
        }


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457). Facts, such as the `owner` who has a lead, stand beside these."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(required=False)
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """The errors an endpoint answers with, for `extend_schema(responses=…)`."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(Problem, description=WORDS[status])
        for status in sorted({401, 403, *statuses})
    }


# What any endpoint with a body may answer.
BODY = (400, 411, 413, 415, 422)
