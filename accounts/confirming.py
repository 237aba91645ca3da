"""The password once more, before something that binds: whoever sits there is who signed in."""

from allauth.account.adapter import get_adapter
from django.forms import ValidationError

from accounts.refusals import Refused
from accounts.requests import SignedInRequest


def confirm_password(request: SignedInRequest, typed: str) -> None:
    """Check the password of who is signed in; a wrong one counts as a failed sign-in does.

    Raises Refused, telling what to do, when it is missing or wrong, or there were too many.
    """
    user = request.user
    if not user.has_usable_password():
        raise _refused(
            "You have no password yet. Sign out, set one by “Forgot password?”, then sign with it."
        )
    if not typed:
        raise _refused("Type your password to sign.")
    try:
        found = get_adapter(request).authenticate(request, email=user.email, password=typed)
    except ValidationError:
        raise _refused(
            "Too many wrong passwords; nothing was signed. Wait five minutes, then try again."
        ) from None
    if found is None or found.pk != user.pk:
        raise _refused("That is not your password; nothing was signed. Type it again.")


def _refused(said: str) -> Refused:
    return Refused(said, code="password", fields={"password": said})
