"""Leads as the matcher sees them, and what it learnt from all of them."""

from accounts.configuration import remembered
from leads.duplicates.evidence import Model
from leads.duplicates.records import Texts, texts
from leads.models import DuplicateFigures, Lead

COLUMNS = ("first_name", "last_name", "email", "phone", "company", "country")
# Before anything is learnt a lead is taken for one of so many.
FEWEST = 1_000


def as_compared(*values: str | None) -> Texts:
    """A lead's COLUMNS as they are compared."""
    first, last, email, phone, company, country = (value or "" for value in values)
    return texts(
        {
            "first": first,
            "last": last,
            "email": email,
            "phone": phone,
            "company": company,
            "country": country,
        }
    )


def of_lead(lead: Lead) -> Texts:
    return as_compared(*(getattr(lead, name) for name in COLUMNS))


def present_model() -> Model:
    """What the last nightly look taught; rough knowledge before the first."""
    return remembered("duplicate-figures", _load)


def _load() -> Model:
    kept = DuplicateFigures.objects.filter(pk=1).first()
    if kept is None or kept.figures["records"] < FEWEST:
        return Model(FEWEST)
    return Model(**kept.figures)
