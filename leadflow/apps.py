"""The leadflow app: commands, template tags and checks of the whole."""

from django.apps import AppConfig


class LeadflowConfig(AppConfig):
    name = "leadflow"
