"""A record of a file as the row that capture takes, or why it can't be one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from leads.capture_forms import campaigns_for_entry
from leads.csv_headers import Columns, free_names
from leads.custom_fields.querying import NUMERIC
from leads.imports import dates, own_fields
from leads.imports.mapping import DATES, EXTRA, KEEP
from leads.imports.numbers import Style, with_point
from leads.models import TOUCHPOINTS, CustomField, Import, Kind

NO = {"no", "n", "false", "0", "none", "never", "unsubscribed", "nein", "non"}
KINDS = {str(kind.label).casefold(): str(kind) for kind in Kind if kind in TOUCHPOINTS} | {
    str(kind): str(kind) for kind in TOUCHPOINTS
}
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """What every record of one file is read by. `campaigns` gives the slug of a slug or name."""

    columns: Columns
    headers: Mapping[str, str] = field(default_factory=dict)
    campaign: str = ""
    campaigns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: str = ""
    zone: tzinfo = UTC
    # Fields of one's own that are days, and those that are numbers with a decimal comma here.
    days: Sequence[str] = ()
    figures: Sequence[str] = ()
    # Whether a row without a campaign has a team all the same.
    has_team: bool = True

    def row(self, cells: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """The row, and what is wrong with it by the names of fields."""
        row, refused = self.columns.row(cells), dict[str, str]()
        for name, words in self.words.items():
            if name in row:
                row[name] = words.get(word_key(row[name]), row[name])
        row["touchpoint"] = self._touchpoint(row, refused)
        self._read_campaign(row, refused)
        for name in DATES:
            if name in row:
                try:
                    row[name] = dates.read(row[name], order=self.dates, zone=self.zone)
                except ValueError as error:
                    refused[name] = f"{error}."
        if "extra" in row:
            refused |= own_fields.turned(row["extra"], self.days, self._day)
            refused |= own_fields.turned(row["extra"], self.figures, with_point)
        self._read_consent(row)
        return row, refused

    def _day(self, typed: str) -> str:
        order = self.dates or dates.Order.YEAR
        return dates.read(typed, order=order, zone=self.zone).date().isoformat()

    def _read_consent(self, row: dict[str, Any]) -> None:
        """A sentence is what they agreed to; a “yes”, or only when, is kept under its column."""
        typed, given = row.pop("consent", ""), row.pop("consent_at", None)
        if typed.casefold() in NO or not (typed or given):
            return
        name = "consent" if typed else "consent_at"
        said = typed or "given"
        header = self.headers.get(name, "Consent")
        # "consent" is our own export's: what it holds is the text itself.
        text = said if " " in said or header == "consent" else f"{header}: {said}"
        row["consent"] = {"text": text, "time": given}

    def _touchpoint(self, row: Mapping[str, Any], refused: dict[str, str]) -> str:
        typed = row.get("touchpoint", "")
        if not typed:
            return Kind.IMPORTED
        found = KINDS.get(word_key(typed), "")
        if not found:
            refused["touchpoint"] = (
                f"“{typed[:SHOWN]}” is nothing we know; say below the columns what it means."
            )
        return found or Kind.IMPORTED

    def _read_campaign(self, row: dict[str, Any], refused: dict[str, str]) -> None:
        typed = row.pop("campaign", "")
        slug = self.campaigns.get(word_key(typed), "") if typed else self.campaign
        if slug:
            row["campaign"] = slug
        elif typed:
            refused["campaign"] = (
                f"There is no campaign “{typed[:SHOWN]}” for you; see Campaigns for their names."
            )
        elif not self.has_team:
            refused["campaign"] = "Name a campaign: it says whose lead this is."

    def reason(self, row: Mapping[str, Any], refused: Mapping[str, str]) -> str:
        """Why a row is refused, naming column and value."""
        said = []
        for name, why in refused.items():
            short = name.removeprefix(EXTRA)
            value = row.get(name) or row.get("extra", {}).get(short, "")
            shown = str(value)[:SHOWN]
            named = f" (“{shown}”)" if shown and shown not in why else ""
            said.append(f"{self.headers.get(name, short)}{named}: {why}")
        return "; ".join(said)


def word_key(word: str) -> str:
    """A word as value mapping compares it."""
    return re.sub(r"\s+", " ", word).strip().casefold()


def names_of(importing: Import) -> dict[int, str]:
    """What each column is called; further fields have first choice, for they keep the name."""
    kept = [index for index, target in enumerate(importing.targets) if target == KEEP]
    order = [*kept, *(i for i in range(len(importing.headers)) if i not in kept)]
    headers = [importing.headers[index].removeprefix(EXTRA) for index in order]
    found = free_names(headers, [index + 1 for index in order])
    return dict(zip(order, found, strict=True))


def plan_of(importing: Import) -> Plan:
    """The plan somebody chose for their file."""
    names, own = names_of(importing), own_fields.of_leads()
    columns, headers = Columns(), dict[str, str]()
    words: dict[str, dict[str, str]] = {}
    for index, target in enumerate(importing.targets):
        if not target:
            continue
        is_own = target.startswith(EXTRA)
        columns.room += is_own
        called = target.removeprefix(EXTRA) if is_own else names[index]
        columns.plan.append((index, "" if is_own or target == KEEP else target, called))
        headers.setdefault(called if target == KEEP else target, names[index])
        words.setdefault(target, {}).update(importing.words.get(str(index), {}))
    campaigns = campaigns_for_entry(importing.by)
    by_name = {word_key(campaign.name): campaign.slug for campaign in campaigns}
    slugs = {campaign.slug: campaign.slug for campaign in campaigns}
    by_name |= slugs
    fixed = importing.campaign.slug if importing.campaign else ""
    return Plan(
        columns=columns,
        headers=headers,
        # One that was remembered may have become somebody else's.
        campaign=slugs.get(fixed, ""),
        campaigns=by_name,
        words={name: found for name, found in words.items() if found},
        dates=importing.dates,
        zone=ZoneInfo(importing.by.time_zone),
        days=[rules.name for rules in own if rules.kind == CustomField.Kind.DATE],
        figures=[
            rules.name
            for rules in own
            if importing.numbers == Style.COMMA and rules.kind in NUMERIC
        ],
        has_team=importing.team_id is not None,
    )
