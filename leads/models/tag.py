"""Tags: words people put on leads to find them again."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.configuration import configured
from accounts.models import User


@configured
class Tag(models.Model):
    """One tag. Which leads have it stands in `Lead.tags`, by its number.

    Merged into another it is one more word for that one; removed, its number stays on the leads
    and means nothing. So both cost the same however many leads have it, and are undone exactly.
    """

    name = models.CharField(max_length=40)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged", db_index=False
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="tag_name_once", condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name
