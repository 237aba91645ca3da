"""The sla app: the agreement kept. It listens to what `leads` announces."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "sla"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leads import working_time
        from sla import receivers  # noqa: F401  (importing connects the receivers)
        from sla.agreement import working_of_somebody

        working_time.answered_by(working_of_somebody)
