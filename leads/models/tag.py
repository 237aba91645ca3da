"""Tags: words people put on leads to find them again."""

from django.db import models
from django.db.models.functions import Lower

from accounts.configuration import configured
from accounts.models import User


@configured
class Tag(models.Model):
    """One tag. Which leads have it stands in `Lead.tags`, by its number."""

    name = models.CharField(max_length=40)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_once")]

    def __str__(self) -> str:
        return self.name
