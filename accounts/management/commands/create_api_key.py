"""`manage.py create_api_key EMAIL --scope capture`: a key for a program of this person's."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import audit
from accounts.instants import database_now
from accounts.models import ApiKey, User


class Command(BaseCommand):
    """Prints the key alone on standard output, once; only its hash is kept."""

    requires_system_checks: list[str] = []
    help = "Make an API key for a person and print it; it can't be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="whose key it is")
        parser.add_argument("--scope", choices=ApiKey.Scope.values, default=ApiKey.Scope.CAPTURE)
        parser.add_argument("--label", default="", help="what the key is for, at most 80 letters")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        person = User.objects.filter(email=email).first()
        if person is None:
            raise CommandError(
                f"nobody has the e-mail “{email}”; an admin adds people under /admin/",
                returncode=2,
            )
        if not person.is_active:
            raise CommandError(f"{email} is no longer active", returncode=2)
        if len(options["label"]) > 80:
            raise CommandError("the label is longer than 80 letters", returncode=2)
        with transaction.atomic():
            key, text = ApiKey.objects.issue(person, scope=options["scope"], label=options["label"])
            audit.record("key_issued", key, by=None, at=database_now(), facts={"scope": key.scope})
        self.stdout.write(text)
