"""The request of somebody who has signed in, for the types of views behind the sign-in wall."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """Every view but those marked `login_not_required` gets one of these."""

    user: User
    htmx: HtmxDetails
