"""The accounts app: people, teams, keys, audit trail and notifications. It knows no lead."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import configuration

        configuration.watch()
