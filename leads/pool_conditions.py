"""What a pool asks of a lead beyond country and persona: read, typed, changed by its manager."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict
from leads import custom_fields
from leads.custom_fields.rules import EXTRA, labels
from leads.models import CustomField, Pool
from leads.score_rules.form import FitForm
from leads.score_rules.words import fit_words

MOST = 10


class ConditionForm(FitForm):
    """One fact that a lead must have."""

    points = label = None  # type: ignore[assignment]

    def has_changed(self) -> bool:
        """A row that was added and left empty is none."""
        typed = self.add_prefix("value"), self.add_prefix("op")
        value, op = (str(self.data.get(name, "")) for name in typed)
        return bool(value.strip()) or op == "present"

    def rule(self) -> dict[str, Any]:
        """The condition as personas.matching reads it."""
        data = self.cleaned_data
        rule = {"field": data["field"], "op": data["op"]}
        return rule if data["op"] == "present" else {**rule, "value": data["words"]}


def formset(pool: Pool, data: Mapping[str, Any] | None = None) -> Any:
    """The conditions of a pool as rows, and one more to fill in."""
    made = forms.formset_factory(
        ConditionForm, extra=1, max_num=MOST, validate_max=True, can_delete=True
    )
    own = {rules.key: rules for rules in custom_fields.of(CustomField.About.LEAD)}
    named = [str(rule["field"]) for rule in pool.conditions]
    further = tuple(sorted({name for name in named if name.startswith(EXTRA)}))
    return made(
        data,
        prefix="asks",
        initial=[_typed(rule) for rule in pool.conditions],
        form_kwargs={"own": own, "extra": further},
    )


def conditions_of(filled: Any) -> list[dict[str, Any]]:
    """What a valid formset says."""
    return [
        form.rule()
        for form in filled.forms
        if form.has_changed() and not form.cleaned_data.get("DELETE")
    ]


def words(pools: Sequence[Pool]) -> dict[int, list[str]]:
    """The conditions of each pool as people read them."""
    own = labels([rule for pool in pools for rule in pool.conditions])
    return {pool.pk: [fit_words(rule, own) for rule in pool.conditions] for pool in pools}


def ticket(pool: Pool) -> str:
    """The same as long as nobody changes the conditions."""
    return hashlib.sha256(json.dumps(pool.conditions, sort_keys=True).encode()).hexdigest()[:16]


def ask_for(
    pool: Pool, conditions: list[dict[str, Any]], *, by: User, at: datetime, seen: str
) -> None:
    """From now on the pool takes leads that satisfy these; who has a lead keeps it. Raises Conflict
    when somebody has changed them since `seen`."""
    with transaction.atomic():
        now = Pool.objects.select_for_update().get(pk=pool.pk)
        if ticket(now) != seen:
            raise Conflict(
                f"Somebody has changed what {now} asks since you opened it. What you typed is "
                "below; look at theirs, then save yours over it if you still want to.",
                code="pool_changed",
            )
        facts = {"from": now.conditions, "to": conditions}
        now.conditions = conditions
        now.save(update_fields=["conditions"])
        audit.record("pool_conditions_changed", now, by=by, at=at, facts=facts)


def _typed(rule: Mapping[str, Any]) -> dict[str, Any]:
    value = rule.get("value", "")
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    return {**rule, "value": shown}
