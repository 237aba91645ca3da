"""What one person keeps and may share with a team: templates of e-mails, sequences, call lists."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from accounts.models import Role, User

M = TypeVar("M", bound=models.Model)


class SharedQuerySet(models.QuerySet[M]):
    """Of models with `by` and a nullable `team`; without a team it is one's own."""

    def visible_to(self, user: User) -> Self:
        """One's own, and what one's teams share; the admin's are all that are shared."""
        shared = ~Q(team=None) if user.role == Role.ADMIN else Q(team__in=user.sales_teams)
        return self.filter(Q(by=user) | shared)

    def changeable_by(self, user: User) -> Self:
        """Whoever made it, the managers of the team it is shared with, the admin."""
        if user.role == Role.ADMIN:
            return self.visible_to(user)
        return self.filter(Q(by=user) | Q(team__in=user.managed_teams))
