"""`manage.py merge_leads SURVIVOR OTHER --by EMAIL`: two leads that are one person become one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from leads.merging import merge
from leads.models import Lead


class Command(BaseCommand):
    """Merge one lead into another."""

    help = "Merge the second lead into the first; both by their numbers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survivor", type=int, help="the number of the lead that stays")
        parser.add_argument(
            "other", type=int, help="the number of the lead that becomes part of it"
        )
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who decided it")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email=options["by"].lower(), is_active=True).first()
        if by is None:
            raise CommandError(f"Nobody here has the e-mail {options['by']}.")
        editable = Lead.objects.editable_by(by).in_bulk([options["survivor"], options["other"]])
        for name in ("survivor", "other"):
            if options[name] not in editable:
                raise CommandError(f"There is no lead {options[name]} that {by} may change.")
        survivor, other = editable[options["survivor"]], editable[options["other"]]
        name = other.name
        try:
            merge(survivor, other, by=by, at=database_now())
        except Refused as refused:
            raise CommandError(refused.message) from None
        self.stdout.write(f"{name} ({options['other']}) is part of {survivor.name} now.")
