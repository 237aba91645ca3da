"""The request of somebody who has signed in, for the types of views behind the sign-in wall."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """Every view but those marked `login_not_required` gets one of these."""

    user: User  # type: ignore[assignment]
