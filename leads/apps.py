"""The leads app: the life of a lead, from capture to closed deal."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leads import receivers  # noqa: F401  (importing connects the receivers)
