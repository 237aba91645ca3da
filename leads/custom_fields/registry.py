"""The fields of one's own as everything that reads values sees them, kept in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from accounts.configuration import remembered
from leads.models import CustomField


@dataclass(frozen=True, slots=True)
class FieldRules:
    """One field: no ORM, so that it can be kept in memory."""

    name: str
    label: str
    kind: str
    about: str = CustomField.About.LEAD
    choices: tuple[str, ...] = ()
    currency: str = ""
    help: str = ""
    on_form: bool = True
    # A removed field is shown nowhere; its values are kept, and read by its kind.
    removed: bool = False
    # What comes for a field whose values are being erased is dropped.
    erasing: bool = False
    id: int = 0

    @property
    def key(self) -> str:
        """What rules, files and errors call it: `extra.<name>`."""
        return f"extra.{self.name}"


def of(about: str, *, stamp: UUID | None = None) -> list[FieldRules]:
    """The fields of leads, companies or deals that are in use, in their order."""
    return [rules for rules in _all(stamp) if rules.about == about and not rules.removed]


def by_name(about: str, *, stamp: UUID | None = None) -> Mapping[str, FieldRules]:
    """Every field by its name, removed ones too: by these values are read."""
    return {rules.name: rules for rules in _all(stamp) if rules.about == about}


def rules_of(field: CustomField) -> FieldRules:
    """A field, saved or not, as reading sees it."""
    return FieldRules(
        name=field.name,
        label=field.label,
        kind=field.kind,
        about=field.about,
        choices=tuple(field.choices),
        currency=field.currency,
        help=field.help,
        on_form=field.on_form,
        removed=field.removed_at is not None,
        erasing=field.erasing_since is not None,
        id=field.pk or 0,
    )


def _all(stamp: UUID | None) -> list[FieldRules]:
    return remembered("custom-fields", _load, under=stamp)


def _load() -> list[FieldRules]:
    return [rules_of(field) for field in CustomField.objects.all()]
