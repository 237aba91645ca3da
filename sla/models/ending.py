"""The end of a version, which both sides sign as they signed the version."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from sla.models.agreement import Contract


class EndingQuerySet(models.QuerySet["Ending"]):
    def open(self) -> Self:
        """Asked by one side, neither agreed nor dropped."""
        return self.filter(agreed_at=None, dropped_at=None)

    def done(self) -> Self:
        """Agreed by both: the version ends, or has ended; the newest first."""
        return self.exclude(agreed_at=None).filter(takes_back=False)


class Ending(models.Model):
    """A version is ended from an instant on; one that waits for its day becomes a draft again.

    Written by sla.contracts.ending: asked with one side's signature, done with the other's.
    """

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="endings")
    # The version had not come into force, and so is taken back into a draft.
    takes_back = models.BooleanField(default=False)
    # None: as soon as both have signed; once agreed, when it was or will be.
    ends_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    agreed_at = models.DateTimeField(null=True)
    # Refused, taken back, or another version came instead.
    dropped_at = models.DateTimeField(null=True)

    objects = EndingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                name="one_open_ending_a_version",
                condition=Q(agreed_at=None, dropped_at=None),
            ),
            models.CheckConstraint(
                name="ending_agreed_by_both",
                condition=Q(agreed_at=None)
                | (
                    Q(signed_for_marketing_by__isnull=False, signed_for_sales_by__isnull=False)
                    & ~Q(signed_for_marketing_by=F("signed_for_sales_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"End of version {self.contract.version}"

    @property
    def asked_by(self) -> User | None:
        """Who signed first: while it is open, the only one."""
        return self.signed_for_marketing_by or self.signed_for_sales_by
