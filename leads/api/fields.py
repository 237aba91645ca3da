"""The fields of one's own, for programs that fill them in."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.openapi import problems
from leads import custom_fields
from leads.api.shapes import FieldList
from leads.models import CustomField


class Fields(ApiView):
    """`/api/v1/fields/`."""

    @extend_schema(
        operation_id="field_list",
        summary="List the fields of your own",
        responses={200: FieldList, **problems()},
    )
    def get(self, request: Request) -> Response:
        """The fields of leads, in their order: what `extra` may hold by which kind."""
        fields = custom_fields.of(CustomField.About.LEAD, stamp=self.stamp)
        return Response({"results": [_told(rules) for rules in fields]})


def _told(rules: custom_fields.FieldRules) -> dict[str, object]:
    return {
        "name": rules.name,
        "label": rules.label,
        "kind": rules.kind,
        "choices": list(rules.choices),
        "currency": rules.currency,
        "help": rules.help,
    }
