"""Templates of e-mails: one's own or a team's, kept under a name."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Role, Team, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.mail import placeholders
from leads.models import MailTemplate

MOST = 100
OWN = "own"


def sharing(user: User) -> list[tuple[str, str]]:
    """With whom this person may share: their sales teams; the admin with any."""
    teams = Team.objects.filter(kind=Team.Kind.SALES)
    if user.role != Role.ADMIN:
        teams = teams.filter(pk__in=user.sales_teams)
    return [(OWN, "Only me"), *((str(team.pk), f"Everybody in {team.name}") for team in teams)]


def save(
    user: User,
    *,
    name: str,
    subject: str,
    body: str,
    shared: str,
    at: datetime,
    template: MailTemplate | None = None,
) -> MailTemplate:
    """Make a template, or change one.

    Raises Refused by field for a placeholder there is not, NotAllowed for somebody else's or for
    a team one is not in, Conflict for a name one has already.
    """
    if template is not None and not may_change(template, user):
        raise NotAllowed(f"“{template}” is {template.by}'s; save one of your own from it.")
    placeholders.refuse_unknown(subject, body)
    kept = template is not None and shared == shared_of(template)
    if not kept and shared not in dict(sharing(user)):
        said = "You can share a template with your own sales teams."
        raise NotAllowed(said, fields={"shared": said})
    row = template or MailTemplate(by=user)
    if template is None and MailTemplate.objects.filter(by=user, removed_at=None).count() >= MOST:
        raise Refused(f"You have {MOST} templates already; take one away first.")
    row.name, row.subject = " ".join(name.split()), " ".join(subject.split())
    row.body = body.strip()
    row.team_id, row.changed_at = None if shared == OWN else int(shared), at
    _write(row)
    return row


def shared_of(template: MailTemplate) -> str:
    """Whom it is shared with, as `sharing` offers it."""
    return str(template.team_id or OWN)


def may_change(template: MailTemplate, user: User) -> bool:
    return MailTemplate.objects.changeable_by(user).filter(pk=template.pk).exists()


def remove(template: MailTemplate, *, at: datetime) -> None:
    """Take it away from everybody."""
    MailTemplate.objects.filter(pk=template.pk, removed_at=None).update(removed_at=at)


def put_back(template: MailTemplate) -> None:
    """Undo its removal. Raises Conflict when its name is another's by now."""
    template.removed_at = None
    _write(template)


def _write(row: MailTemplate) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "mail_template_name_once" not in str(error):
            raise
        said = f"There is a template called “{row.name}” already; choose another name."
        raise Conflict(said, fields={"name": said}) from None
