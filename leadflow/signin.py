"""Who may make an account: nobody by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """Accounts are made by an admin; the sign-up page says that it is closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
