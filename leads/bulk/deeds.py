"""What can be done to many leads at once: each by the verb that does it to one.

A deed knows whom it is for, which leads of somebody it can be done to, what keeps a lead from it,
and how it is done and undone. It decides nothing of its own: rights are those of the verbs.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed
from leads import deleting, qualification, tagging, taking_back
from leads.calling import lists
from leads.handover import hand_over, missing_for_mql
from leads.models import CallList, Handoff, Kind, Lead, SequenceVersion
from leads.models.lead import LeadQuerySet
from leads.sequences import running as sequences

Told = Mapping[str, Any]
EVERYBODY = tuple(role for role in Role if role != Role.NONE)
SALES = (Role.SALES_REP, Role.SALES_MANAGER, Role.ADMIN)
MANAGING_SALES = (Role.SALES_MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed. `do` returns whether it changed anything; it raises Refused with why it did not."""

    name: str
    label: str
    done: str
    picture: str
    roles: tuple[Role, ...]
    # Which of somebody's leads the verb lets them do it to, and what it says of the others.
    mine: Callable[[User], LeadQuerySet]
    not_mine: str
    do: Callable[[Lead, Told, User, datetime], bool]
    # What would keep a lead from it, for the preview; nothing where only the rights can.
    hinders: Callable[[Lead, Told, datetime], str] | None = None
    undo: Callable[[Lead, Told, User, datetime], bool] | None = None
    # Which of somebody's leads it can be undone for, where those are others.
    undo_mine: Callable[[User], LeadQuerySet] | None = None
    # What an undo does where that goes without saying no longer.
    undo_note: str = ""


def _tag(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    return bool(tagging.put_on([lead.pk], told["tag"], at=at))


def _untag(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    return bool(tagging.take_off([lead.pk], told["tag"], at=at))


def _offered(lead: Lead, by: User) -> Handoff:
    handoff = Handoff.objects.workable_by(by).open().filter(lead=lead).first()
    if handoff is None:
        raise Conflict("is not with sales now", code="no_open_handoff")
    return handoff


def _assign(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    handoff = _offered(lead, by)
    if handoff.owner_id == told["rep"]:
        return False
    rep = User.objects.filter(pk=told["rep"], is_active=True).first()
    if rep is None:
        raise NotAllowed("the one it was for has left")
    qualification.reassign(handoff, rep, by=by, at=at, reason=told["reason"] or f"By {by}")
    return True


def _accept(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    return _offered(lead, by).accept(by, at=at)


def _reject(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    _offered(lead, by).reject(by, reason=told["why"], note=told["reason"], at=at)
    return True


def _hand_over(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    hand_over([lead], by=by, at=at, override_reason=told["reason"])
    return True


def _recycle(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    qualification.recycle(lead, by=by, at=at, reason=told["why"], note=told["reason"])
    return True


def _delete(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    deleting.delete(lead, by=by, at=at)
    return True


def _give_back(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    taking_back.give_back(lead, told["rep"], by=by, at=at)
    return True


def _take_back(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    taking_back.take_back(lead, by=by, at=at)
    return True


def _reopen(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    taking_back.reopen(lead, by=by, at=at)
    return True


def _put_on(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    found = CallList.objects.visible_to(by).in_use().filter(pk=told["list"]).first()
    if found is None:
        raise Conflict("the list was taken away")
    return lists.put_on(found, lead)


def _take_off(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    found = CallList.objects.filter(pk=told["list"]).first()
    return found is not None and lists.take_off(found, lead)


def _not_called(lead: Lead, told: Told, at: datetime) -> str:
    return lists.hindrance(lead)


def _enrol(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    version = SequenceVersion.objects.filter(pk=told["version"]).first()
    if version is None:
        raise Conflict("the sequence was taken away")
    sequences.begin(lead, version, by=by, at=at)
    return True


def _leave(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    sequences.take_back(lead, by=by, at=at)
    return True


def _in_sequence(lead: Lead, told: Told, at: datetime) -> str:
    return sequences.hindrance(lead)


def _recycled_by(user: User) -> LeadQuerySet:
    """They are marketing's now, so that sales may see them no more."""
    found: LeadQuerySet = Lead.objects.filter(
        activities__kind=Kind.RECYCLED, activities__actor=user
    )
    return found


def _put_back(lead: Lead, told: Told, by: User, at: datetime) -> bool:
    deleting.put_back(lead, by=by, at=at)
    return True


def _must_stay(lead: Lead, told: Told, at: datetime) -> str:
    return deleting.hindrance(lead)


def _not_with_sales(lead: Lead, told: Told, at: datetime) -> str:
    return "" if lead.open_handoff else "is not with sales now"


def _not_offered(lead: Lead, told: Told, at: datetime) -> str:
    if lead.open_handoff is None:
        return "is not with sales now"
    offered = lead.open_handoff.state == Handoff.State.OFFERED
    return "" if offered else "was accepted already"


def _not_accepted(lead: Lead, told: Told, at: datetime) -> str:
    if lead.open_handoff is None:
        return "is not with sales now"
    accepted = lead.open_handoff.state == Handoff.State.ACCEPTED
    return "" if accepted else "was not accepted yet"


def _not_ready(lead: Lead, told: Told, at: datetime) -> str:
    if lead.open_handoff is not None:
        return "was handed over already"
    if lead.stage in ("opportunity", "customer"):
        return f"is {lead.get_stage_display().lower()} already"
    gaps = [] if told.get("reason") else missing_for_mql(lead, at=at)
    return f"is not an MQL as agreed: {'; '.join(gaps)}" if gaps else ""


_GIVEN_BACK = ("Undone, a lead goes back to who had it, who accepts it anew; one that somebody has "
               "worked since stays.")  # fmt: skip
_TAKEN_BACK = ("Undone, a lead that nobody in sales has acted on comes back, its deadlines end "
               "unjudged and its rep is told; others stay.")  # fmt: skip
_REOPENED = ("Undone, a lead is with its rep again and its deadlines go on; one that something "
             "happened with since stays.")  # fmt: skip
ALL = (
    Deed("accept", "Accept", "accepted", "circle-check", SALES, Lead.objects.workable_by,
         "is not yours to accept", _accept, _not_offered),
    Deed("reject", "Reject", "rejected", "arrow-back-up", SALES, Lead.objects.workable_by,
         "is not yours to reject", _reject, _not_with_sales),
    Deed("tag", "Tag", "tagged", "tag", EVERYBODY, Lead.objects.editable_by,
         "is not yours to change", _tag, undo=_untag),
    Deed("untag", "Take a tag off", "untagged", "tag-off", EVERYBODY, Lead.objects.editable_by,
         "is not yours to change", _untag, undo=_tag),
    Deed("assign", "Assign", "assigned", "user-share", MANAGING_SALES, Lead.objects.workable_by,
         "is not with sales now", _assign, _not_with_sales, undo=_give_back,
         undo_note=_GIVEN_BACK),
    Deed("hand_over", "Hand over", "handed over", "send", EVERYBODY, Lead.objects.to_hand_over_by,
         "is not yours to hand over", _hand_over, _not_ready, undo=_take_back,
         undo_note=_TAKEN_BACK),
    Deed("recycle", "Recycle", "recycled", "recycle", SALES, Lead.objects.workable_by,
         "is not yours to work", _recycle, _not_accepted, undo=_reopen,
         undo_mine=_recycled_by, undo_note=_REOPENED),
    Deed("call_list", "Call list", "put on the call list", "phone-call", SALES,
         Lead.objects.workable_by, "is not yours to call", _put_on, _not_called, undo=_take_off),
    Deed("enrol", "Sequence", "put into the sequence", "route", SALES, Lead.objects.workable_by,
         "is not yours to work", _enrol, _in_sequence, undo=_leave),
    Deed("delete", "Delete", "deleted", "trash", EVERYBODY, Lead.objects.mergeable_by,
         "is not yours to delete", _delete, _must_stay, undo=_put_back,
         undo_mine=Lead.everything.mergeable_by),
)  # fmt: skip
BY_NAME = {deed.name: deed for deed in ALL}


def for_role(role: Role, *, without: Collection[str] = ()) -> list[Deed]:
    """The deeds somebody of this role may do to some lead, less some."""
    return [deed for deed in ALL if role in deed.roles and deed.name not in without]
