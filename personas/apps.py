"""The personas app: what both teams agree on. It takes plain values, never a lead."""

from django.apps import AppConfig


class PersonasConfig(AppConfig):
    name = "personas"
    default_auto_field = "django.db.models.BigAutoField"
