"""The sign-in library's forms in the house's words: no placeholder that says the label again."""

from typing import Any

from allauth.account import forms as theirs


class Plain:
    """Labels as sentences, no placeholders; mixed into a form."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.label = str(field.label or "").capitalize()


class LoginForm(Plain, theirs.LoginForm):
    """Signing in; the first thing to type is the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["login"].widget.attrs["autofocus"] = True


class ResetPasswordForm(Plain, theirs.ResetPasswordForm):
    """Asking for a link."""


class ResetPasswordKeyForm(Plain, theirs.ResetPasswordKeyForm):
    """Setting a new password by that link."""


class ChangePasswordForm(Plain, theirs.ChangePasswordForm):
    """Changing it while signed in."""
