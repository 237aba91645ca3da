"""Companies: list them, read one, change what is known of it."""

from typing import Any

from django.db.models import Count
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import Instant
from accounts.endpoints import ApiView
from accounts.models import User
from accounts.openapi import BODY, problems
from accounts.refusals import NotAllowed, Refused
from leads.api.answers import told
from leads.api.paging import page
from leads.api.serializers import PageQuery, flat
from leads.companies import editing
from leads.models import Company, Lead

FACTS = ("id", "name", "domain", "country", "industry", "size", "note", "extra")


class CompanyQuery(PageQuery):
    """Which companies."""

    q = serializers.CharField(required=False, max_length=200, help_text="In name or domain")
    domain = serializers.CharField(required=False, max_length=253, help_text="Exactly this one")
    owner = serializers.CharField(required=False, help_text="The owner's e-mail")
    updated_since = Instant(required=False, help_text="Changed at or after this instant")


class CompanyFacts(serializers.Serializer[Any]):
    """What is known of a company."""

    name = serializers.CharField(required=False)
    domain = serializers.CharField(required=False, help_text="Empty, or one company's alone")
    country = serializers.CharField(required=False, help_text="ISO 3166-1 alpha-2")
    industry = serializers.CharField(required=False)
    size = serializers.CharField(
        required=False, help_text=f"Empty, or one of {', '.join(Company.Size.values)}"
    )
    note = serializers.CharField(required=False)
    owner = serializers.CharField(
        required=False, allow_null=True, help_text="E-mail; changed by managers of sales"
    )
    extra = serializers.DictField(
        required=False, help_text="Fields of your own; what is not named stays, null takes it away"
    )


class CompanyOut(CompanyFacts):
    """A company."""

    id = serializers.IntegerField()
    people = serializers.IntegerField(help_text="Its leads, as far as you may see them")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CompanyPage(serializers.Serializer[Any]):
    """Companies, newest first."""

    next = serializers.URLField(allow_null=True)
    results = CompanyOut(many=True)


class Companies(ApiView):
    """`/api/v1/companies/`."""

    @extend_schema(
        operation_id="company_list",
        summary="List companies",
        parameters=[CompanyQuery],
        responses={200: CompanyPage, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Companies of the leads this person may see, newest first."""
        asked = CompanyQuery.read(request.query_params.dict())
        found = Company.objects.visible_to(self.user)
        if "q" in asked:
            found = found.called(asked["q"])
        paths = {"domain": "domain", "owner": "owner__email", "updated_since": "updated_at__gte"}
        found = found.filter(**{paths[name]: asked[name] for name in asked.keys() & paths.keys()})
        cursor, limit = asked["cursor"], asked["limit"]
        shown, following = page(found, by="created_at", request=request, cursor=cursor, limit=limit)
        return Response({"next": following, "results": answers(shown, self.user)})


class CompanyDetail(ApiView):
    """`/api/v1/companies/{id}/`."""

    @extend_schema(
        operation_id="company_read",
        summary="Read a company",
        responses={200: CompanyOut, **problems(404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """One company."""
        return Response(answers([self._visible(pk).pk], self.user)[0])

    @extend_schema(
        operation_id="company_change",
        summary="Change a company",
        request=CompanyFacts,
        responses={200: CompanyOut, **problems(404, 409, *BODY)},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is known of it, and whose it is."""
        found = self._visible(pk)
        if not Company.objects.editable_by(self.user).filter(pk=pk).exists():
            words = "You may see this company and change no lead of it, so not it either."
            raise NotAllowed(words, code="not_yours")
        values = flat(self.body)
        owner = _owner(values.pop("owner")) if "owner" in values else found.owner
        editing.change_and_give(found, values, owner, by=self.user, at=self.at)
        return Response(answers([pk], self.user)[0])

    def _visible(self, pk: int) -> Company:
        companies = Company.objects.visible_to(self.user).select_related("owner")
        found: Company | None = companies.filter(pk=pk).first()
        if found is None:
            raise Http404
        return found


def _owner(email: object) -> User | None:
    if email is None:
        return None
    named = str(email).strip().lower().replace("\x00", "")
    owner = User.objects.filter(email=named, is_active=True).first()
    if owner is None:
        words = f"Nobody here has the address “{named[:80]}”."
        raise Refused(words, code="invalid", fields={"owner": words})
    return owner


def answers(companies: list[int], user: User) -> list[dict[str, Any]]:
    """The companies of these ids, in this order, as the API tells them."""
    people = Lead.objects.visible_to(user).filter(of_company__in=companies).order_by()
    counted = dict(people.values_list("of_company").annotate(n=Count("pk")))
    found = Company.objects.select_related("owner").in_bulk(companies)
    return [
        {name: getattr(found[pk], name) for name in FACTS}
        | {
            "owner": found[pk].owner.email if found[pk].owner else None,
            "people": counted.get(pk, 0),
            "created_at": told(found[pk].created_at),
            "updated_at": told(found[pk].updated_at),
        }
        for pk in companies
        if pk in found
    ]
