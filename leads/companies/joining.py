"""Two companies become one: its people move, and the other stays as one more name or domain of it.

What the survivor does not know it takes from the other. Taken back, the other has those of its
people again who are still with the survivor; what the survivor took it keeps.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.models import Company, Lead
from leads.models.company import OWNERS_CHOSEN_BY

FILLED = ("country", "industry", "size", "note", "owner_id")


def merge(survivor: Company, other: Company, *, by: User, at: datetime) -> int:
    """Make two companies one; how many people came. Raises Refused for a company and itself,
    Conflict when one of them was merged meanwhile, NotAllowed where it would take one from its
    owner and `by` is not one of those who say whose a company is."""
    if survivor.pk == other.pk:
        raise Refused("A company can't be merged with itself.")
    with transaction.atomic():
        # Leads before companies, as everybody locks them; who comes meanwhile waits for us.
        _people(other.pk)
        left, gone = _locked(survivor, other)
        _refuse_taking(left, gone, by=by)
        for name in FILLED:
            setattr(left, name, getattr(left, name) or getattr(gone, name))
        left.extra = gone.extra | left.extra
        left.updated_at = gone.updated_at = at
        gone.merged_into, gone.brought = left, _people(gone.pk)
        left.save()
        gone.save()
        # What was merged into the other is the survivor's too.
        Company.everything.filter(merged_into=gone).update(merged_into=left)
        Lead.everything.filter(pk__in=gone.brought).update(of_company=left)
        audit.record("company_merged", left, by=by, at=at, facts={"other": gone.pk})
    return len(gone.brought)


def take_apart(other: Company, *, by: User, at: datetime) -> Company:
    """Undo a merge; returns the company it was part of. Raises Conflict when it is undone."""
    with transaction.atomic():
        now = Company.everything.select_for_update(of=("self",)).filter(pk=other.pk).first()
        if now is None or now.merged_into is None:
            raise Conflict(f"{other} stands by itself already.", code="undone")
        left = now.merged_into
        back = Lead.everything.filter(pk__in=now.brought, of_company=left)
        ids = list(back.values_list("pk", flat=True))
        now.merged_into, now.brought, now.updated_at = None, [], at
        now.save()
        Lead.everything.filter(pk__in=ids).update(of_company=now)
        audit.record("company_unmerged", left, by=by, at=at, facts={"other": now.pk})
    return left


def _refuse_taking(left: Company, gone: Company, *, by: User) -> None:
    """New people go to a company's owner first: which of two that is, a manager says."""
    if left.owner is None or gone.owner is None or left.owner == gone.owner:
        return
    if by.role not in OWNERS_CHOSEN_BY:
        whose = f"{left} is {left.owner}’s and {gone} is {gone.owner}’s"
        raise NotAllowed(f"{whose}: a manager of sales makes them one.")


def _people(number: int) -> list[int]:
    """Its leads, the bin's too, locked."""
    there = Lead.everything.select_for_update(of=("self",)).filter(of_company=number)
    return list(there.order_by("pk").values_list("pk", flat=True))


def _locked(survivor: Company, other: Company) -> tuple[Company, Company]:
    both = Company.objects.filter(pk__in=(survivor.pk, other.pk))
    found = {each.pk: each for each in both.select_for_update(of=("self",)).order_by("pk")}
    for company in (survivor, other):
        if company.pk not in found:
            raise Conflict(f"{company} was merged with another company meanwhile.", code="merged")
    return found[survivor.pk], found[other.pk]
