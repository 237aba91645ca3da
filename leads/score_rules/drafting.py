"""The draft of the next scoring rules: changed by anyone who may propose, published by both sides.

A change takes back the signatures. With the second signature the draft is the next version, in
force from then on, and every open lead is scored again in the background.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts import audit, two_signatures
from accounts.models import Role, User
from accounts.refusals import Conflict, Refused
from accounts.two_signatures import SIDES
from leads import rescoring, scoring
from leads.models import ScoreDraft, ScoreRules

PROPOSERS = (Role.MARKETER, Role.MARKETING_MANAGER, Role.SALES_MANAGER)


def open_draft() -> ScoreDraft | None:
    """The draft people are at, if there is one."""
    drafts = ScoreDraft.objects.filter(published_as=None, discarded_at=None)
    return drafts.select_related("changed_by", *SIDES.values()).first()


def save(rules: Mapping[str, Any], *, by: User, at: datetime, seen: int = 0) -> ScoreDraft:
    """Write these rules into the open draft, or open one. `seen` is the number of its changes
    that the person knew of, 0 for none.

    Raises Conflict when somebody has changed it since, Refused when nothing would be different.
    """
    version, current = scoring.current_rules(at)
    with transaction.atomic():
        draft = _locked()
        if (draft.edits if draft else 0) != seen:
            who = draft.changed_by if draft and draft.changed_by else "Somebody"
            raise Conflict(
                f"{who} has changed the draft since you opened it. What you typed is below; "
                "look at theirs, then save yours over it if you still want to.",
                code="draft_changed",
            )
        if rules == (draft.rules if draft else current):
            raise Refused("Nothing is different from the rules as they are; change something.")
        if draft is None:
            draft = ScoreDraft(based_on=version, edits=0)
        draft.rules = dict(rules)
        draft.edits += 1
        draft.changed_by, draft.changed_at = by, at
        draft.signed_for_marketing_by = draft.signed_for_sales_by = None
        draft.save()
    return draft


def may_propose(user: User) -> bool:
    """Marketers and managers; an admin only as a manager of a team."""
    return user.role in PROPOSERS or bool(user.managed_teams)


def sign(side: str, *, by: User, at: datetime, seen: int) -> ScoreRules | None:
    """Sign the draft for one side; with both signatures it is published.

    Raises NotAllowed for a side one does not manage, Refused for a second signature of one person,
    Conflict when the draft is not as it was seen.
    """
    two_signatures.check_side(side, by=by)
    with transaction.atomic():
        draft = _locked()
        if draft is None or draft.edits != seen:
            raise Conflict(
                "The draft has changed since you looked at it; look again before you sign.",
                code="draft_changed",
            )
        two_signatures.check_second(draft, side, by=by)
        setattr(draft, SIDES[side], by)
        draft.save(update_fields=[SIDES[side]])
        audit.record("signed", draft, by=by, at=at, facts={"side": side, "edits": draft.edits})
        if two_signatures.has_both(draft):
            return _publish(draft, by=by, at=at)
    return None


def _publish(draft: ScoreDraft, *, by: User, at: datetime) -> ScoreRules:
    newest = ScoreRules.objects.aggregate(newest=Max("version"))["newest"] or 0
    made = ScoreRules.objects.create(version=newest + 1, rules=draft.rules, in_force_from=at)
    draft.published_as = made.version
    draft.save(update_fields=["published_as"])
    audit.record("published", made, by=by, at=at, facts={"draft": draft.pk})
    rescoring.begin(made.version, at=at)
    return made


def discard(*, by: User, at: datetime, seen: int) -> None:
    """Throw the draft away. Raises Conflict when it is not as it was seen."""
    with transaction.atomic():
        draft = _locked()
        if draft is None or draft.edits != seen:
            raise Conflict("The draft has changed since you looked at it; look again.")
        draft.discarded_at = at
        draft.save(update_fields=["discarded_at"])
        audit.record("discarded", draft, by=by, at=at)


def _locked() -> ScoreDraft | None:
    drafts = ScoreDraft.objects.filter(published_as=None, discarded_at=None)
    return drafts.select_for_update().first()
