"""One row that changes whenever something configured changes (see accounts.configuration)."""

import uuid

from django.db import models


class ConfigurationStamp(models.Model):
    """A random stamp: every process keeps what it read for as long as the stamp stays."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_configuration_stamp"),
        ]

    def __str__(self) -> str:
        return str(self.stamp)
