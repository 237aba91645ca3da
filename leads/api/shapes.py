"""The shapes of leads as the OpenAPI document shows them: they describe, and run nowhere else.

Bodies of captures are checked by leads.intake; answers are built by leads.api.answers.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from leads.models import (
    Aida,
    CustomField,
    DecisionRole,
    Handoff,
    Insight,
    Kind,
    Outcome,
    Sourced,
    Stage,
    Tier,
)


class Consent(serializers.Serializer[Any]):
    """What was agreed to, and when."""

    text = serializers.CharField()
    time = serializers.DateTimeField(required=False)


class PersonIn(serializers.Serializer[Any]):
    """Who the lead is."""

    email = serializers.CharField(required=False, allow_null=True)
    phone = serializers.CharField(required=False)
    first_name = serializers.CharField(required=False)
    last_name = serializers.CharField(required=False)
    company = serializers.CharField(required=False)
    job_title = serializers.CharField(required=False)
    country = serializers.CharField(required=False, help_text="ISO 3166-1 alpha-2")


@extend_schema_serializer(component_name="Details")
class ChangeIn(PersonIn):
    """What may be changed of a lead."""

    tags = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="All of them; others go"
    )
    extra = serializers.DictField(
        required=False, help_text="Fields of your own; what is not named stays, null takes it away"
    )


class Person(PersonIn):
    """Who the lead is."""

    source = serializers.CharField(required=False)  # type: ignore[assignment]


class Origin(serializers.Serializer[Any]):
    """Where the first touchpoint came from."""

    utm_source = serializers.CharField(required=False)
    utm_medium = serializers.CharField(required=False)
    utm_campaign = serializers.CharField(required=False)
    utm_term = serializers.CharField(required=False)
    utm_content = serializers.CharField(required=False)
    referrer = serializers.CharField(required=False)
    landing_page = serializers.CharField(required=False)
    message = serializers.CharField(required=False)


@extend_schema_serializer(component_name="Capture")
class LeadIn(Person, Origin):
    """A lead to capture: `email` or `phone` is required, the rest is welcome."""

    campaign = serializers.CharField(required=False, help_text="A campaign's slug")
    consent = Consent(required=False)
    extra = serializers.DictField(
        required=False,
        help_text="Fields of your own, each by its kind (see /api/v1/fields/); others as text",
    )
    tags = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Put on beside those it has; only a full key makes new ones",
    )
    touchpoint = serializers.CharField(
        required=False, help_text="What they did: form, download, event, reply …"
    )
    path = serializers.CharField(required=False, help_text="The page they were on")
    website = serializers.CharField(required=False, help_text="The company's")
    occurred_at = serializers.DateTimeField(required=False)


class ScoreReason(serializers.Serializer[Any]):
    """One reason of a score."""

    label = serializers.CharField()  # type: ignore[assignment]
    points = serializers.IntegerField()
    part = serializers.CharField()


@extend_schema_serializer(component_name="Clock")
class ClockOut(serializers.Serializer[Any]):
    """One promise, running or judged."""

    term = serializers.CharField()
    state = serializers.ChoiceField(choices=["running", "paused", "met", "missed", "voided"])
    excused = serializers.BooleanField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="Handoff")
class HandoffOut(serializers.Serializer[Any]):
    """The last passing of the lead to sales."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Handoff.State.choices)
    contract_version = serializers.IntegerField(allow_null=True)
    clocks = ClockOut(many=True)


@extend_schema_serializer(component_name="CriteriaAnswer")
class CriteriaAnswerOut(serializers.Serializer[Any]):
    """What is known about one question."""

    question = serializers.CharField()
    answer = serializers.ChoiceField(choices=["yes", "partly", "no"])
    evidence = serializers.CharField()
    by = serializers.CharField(
        allow_null=True, help_text="E-mail; null where the lead's facts answer it"
    )
    at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="Criteria")
class CriteriaOut(serializers.Serializer[Any]):
    """How far the lead has come by the agreed criteria; null where none apply."""

    framework = serializers.CharField()
    share = serializers.IntegerField(help_text="Percent of the weights")
    minimum = serializers.IntegerField(help_text="Below it, qualifying wants a reason")
    missing = serializers.ListField(child=serializers.CharField())
    answers = CriteriaAnswerOut(many=True)


@extend_schema_serializer(component_name="Need")
class NeedOut(serializers.Serializer[Any]):
    """One thing the lead said of what it needs."""

    id = serializers.IntegerField()
    about = serializers.ChoiceField(choices=Insight.About.choices)
    words = serializers.CharField()
    said_by = serializers.CharField(help_text="Who of theirs; empty: the lead itself")
    said_on = serializers.DateField(allow_null=True, help_text="Null: on the day of `at`")
    by = serializers.CharField(help_text="E-mail of who noted it")
    at = serializers.DateTimeField()


class Merged(serializers.Serializer[Any]):
    """All a capture key learns about a lead we had already."""

    id = serializers.IntegerField()


@extend_schema_serializer(component_name="Lead")
class LeadOut(Person, Origin):
    """A lead."""

    id = serializers.IntegerField()
    company_id = serializers.IntegerField(
        allow_null=True, help_text="Of /api/v1/companies/: by the domain, else by name and country"
    )
    decision_role = serializers.ChoiceField(choices=DecisionRole.choices, allow_blank=True)
    campaign = serializers.CharField(allow_null=True)
    consent = Consent(allow_null=True)
    extra = serializers.DictField()
    tags = serializers.ListField(child=serializers.CharField())
    sourced_by = serializers.ChoiceField(
        choices=Sourced.choices, help_text="Which side found the person"
    )
    stage = serializers.ChoiceField(choices=Stage.choices)
    aida = serializers.ChoiceField(choices=Aida.choices)
    score = serializers.IntegerField()
    score_reasons = ScoreReason(many=True)
    tier = serializers.ChoiceField(choices=Tier.choices)
    persona = serializers.CharField(allow_null=True, help_text="Its slug")
    owner = serializers.CharField(allow_null=True, help_text="E-mail")
    respond_by = serializers.DateTimeField(allow_null=True)
    criteria = CriteriaOut(allow_null=True)
    needs = NeedOut(many=True)
    handoff = HandoffOut(allow_null=True)


@extend_schema_serializer(component_name="Field")
class FieldOut(serializers.Serializer[Any]):
    """A field of your own: the key in `extra`, and what its values are."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(
        choices=CustomField.Kind.choices,
        help_text="number and money: a JSON number; date: 2027-01-31; choices: a list; "
        "yes_no: true or false; text, choice and url: a text",
    )
    choices = serializers.ListField(child=serializers.CharField())
    currency = serializers.CharField(help_text="Of money, else empty")
    help = serializers.CharField()


class FieldList(serializers.Serializer[Any]):
    """The fields in use, in their order."""

    results = FieldOut(many=True)


@extend_schema_serializer(component_name="OfferChange")
class ChangeOut(serializers.Serializer[Any]):
    """A published change of an offer, and your acknowledgement of it."""

    id = serializers.IntegerField()
    offer = serializers.CharField(help_text="Its present name")
    title = serializers.CharField()
    before = serializers.DictField(help_text="What changed of name, price, currency, is_active")
    after = serializers.DictField()
    claim = serializers.CharField(help_text="What is said no more, or empty")
    say = serializers.CharField(help_text="What to say now, or empty")
    reason = serializers.CharField()
    published_at = serializers.DateTimeField()
    taken_back_at = serializers.DateTimeField(allow_null=True)
    asked = serializers.BooleanField(help_text="Whether it is yours to acknowledge")
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class ChangeList(serializers.Serializer[Any]):
    """The newest changes."""

    results = ChangeOut(many=True)


@extend_schema_serializer(component_name="Activity")
class ActivityOut(serializers.Serializer[Any]):
    """One thing that happened to a lead."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    note = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    evidence = serializers.ChoiceField(choices=["system", "machine", "typed"])
    actor = serializers.CharField(allow_null=True, help_text="E-mail")
    campaign = serializers.CharField(allow_null=True)
    handoff = serializers.IntegerField(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]


class LeadPage(serializers.Serializer[Any]):
    """Leads, newest first."""

    next = serializers.URLField(allow_null=True)
    results = LeadOut(many=True)


class ActivityPage(serializers.Serializer[Any]):
    """Activities, newest first."""

    next = serializers.URLField(allow_null=True)
    results = ActivityOut(many=True)


class Queue(serializers.Serializer[Any]):
    """What a person has to do, next deadline first."""

    results = LeadOut(many=True)
    more = serializers.BooleanField(help_text="Whether there are leads beyond these")
