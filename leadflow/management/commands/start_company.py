"""`manage.py start_company`: the first teams, an admin and an agreement, without demo data."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.instants import database_now
from accounts.models.people import validate_time_zone
from accounts.refusals import Refused
from leadflow.starter import start_company


class Command(BaseCommand):
    """Reads the password from the terminal, or one line of standard input."""

    help = "Make the first teams, an admin and a first agreement in an empty install."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the admin's address")
        parser.add_argument("--time-zone", default="America/New_York")
        parser.add_argument("--country", default="", help="whose holidays are kept, such as US")
        parser.add_argument("--subdivision", default="", help="such as NY")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            validate_time_zone(options["time_zone"])
            password = _password()
            validate_password(password)
            admin = start_company(
                email=options["email"],
                password=password,
                tz=options["time_zone"],
                country=options["country"].upper(),
                subdivision=options["subdivision"].upper(),
                at=database_now(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except Refused as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Ready: sign in as {admin.email}; add people under Admin, Users.")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password of the admin: ")
    return sys.stdin.readline().rstrip("\n")
