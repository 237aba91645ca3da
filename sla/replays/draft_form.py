"""The draft of an agreement as a form: a field left empty is as it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField

from accounts.models import Team
from accounts.refusals import Refused
from leads.models import Pool
from personas import definitions
from sla import agreement
from sla.models import Calendar, Contract
from sla.reading import day_of
from sla.replays import draft_contract
from sla.replays.draft import Draft, draft_of
from sla.spans import written

USUAL_DAYS, MOST_DAYS = 90, 730
TYPED = 60
DAYS = f"Give a whole number of days, 1 to {MOST_DAYS}."


class DraftForm(forms.Form):
    """Days, targets, score, reps and hours. The names of the fields are those of `draft_of`'s
    errors; what is in force now stands in each empty field."""

    days = forms.IntegerField(
        label="Replay the last", min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), DAYS),
    )  # fmt: skip
    draft: Draft

    def __init__(self, data: Mapping[str, Any] | None, *, at: datetime) -> None:
        super().__init__(data)
        self.at = at
        found, agreed = agreement.in_force(at), definitions.in_force("mql", at)
        drafted = draft_contract.drafted()
        if drafted is not None or self.data.get("contract"):
            self.fields["contract"] = self._whether(drafted[0] if drafted else None)
        where = "now"
        if drafted is not None and self.data.get("contract"):
            found, where = drafted[1], "in the draft"
        for term in found.terms if found else ():
            said = written(term.target_seconds, day=day_of(term))
            self._ask(f"targets.{term.key}", term.name, now=said, where=where)
        if agreed is not None:
            score = str(agreed.rule.get("min_score", 0))
            self._ask("threshold", "An MQL scores at least", now=score, numeric=True)
        for pool in Pool.objects.filter(is_active=True).prefetch_related("members"):
            now = str(len(pool.members.all()))
            self._ask(f"pools.{pool.slug}", pool.name, now=now, numeric=True)
        self.calendars = list(Calendar.objects.of_teams().values_list("slug", "name"))
        for team in Team.objects.order_by("kind", "name"):
            hours = agreement.hours_of_team(team.pk)
            self._ask(f"hours.{team.slug}", team.name, now=hours.name if hours else "none")
            self.fields[f"hours.{team.slug}"].widget.attrs["list"] = "calendars"

    def _ask(
        self, name: str, label: str, *, now: str, where: str = "now", numeric: bool = False
    ) -> None:
        attrs = {"placeholder": f"{now} {where}", "autocomplete": "off"}
        if numeric:
            attrs["inputmode"] = "numeric"
        self.fields[name] = forms.CharField(
            label=label, required=False, max_length=TYPED, widget=forms.TextInput(attrs=attrs)
        )

    def _whether(self, contract: Contract | None) -> forms.BooleanField:
        version = f"the draft of version {contract.version}" if contract else "a draft contract"
        return forms.BooleanField(
            label=f"Under the promises of {version}", required=False,
            help_text="Everything it promises instead of what was in force: which promise fits a "
            "lead, in whose hours, how many attempts, which pauses.",
        )  # fmt: skip

    @property
    def groups(self) -> list[tuple[str, str, list[BoundField]]]:
        """Heading, what to write, and the fields."""
        found = [
            ("Deadlines",
             "In working time: 15 min, 4 h, 5 days. Around the clock a day has 24 h.",
             self._named("targets.")),
            ("Reps", "How many share the leads of each pool.", self._named("pools.")),
            ("Working hours",
             "A calendar, 24/7, or hours of Monday to Friday: 08:00-18:00. Whoever has hours of "
             "their own, or leave, keeps them.", self._named("hours.")),
        ]  # fmt: skip
        return [(heading, hint, fields) for heading, hint, fields in found if fields]

    def _named(self, prefix: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith(prefix)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            self.draft = draft_of(
                targets=_under("targets.", data), hours=_under("hours.", data),
                threshold=data.get("threshold", ""), pools=_under("pools.", data),
                contract=bool(data.get("contract")), at=self.at,
            )  # fmt: skip
        except Refused as refused:
            for name, said in refused.fields.items():
                self.add_error(name if name in self.fields else None, said)
        return data


def _under(prefix: str, data: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): text for name, text in data.items() if name.startswith(prefix)
    }
