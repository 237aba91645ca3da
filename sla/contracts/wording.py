"""The contract as a document: all that is signed, in words, and the hash of it.

Plain text in UTF-8. A line that begins with “# ” is the title, with “## ” and “### ” a heading,
with “- ” an item; the page and the PDF draw the same lines (`blocks`). What it refers to is written
out with its version, so that the text stands alone: definitions, scoring rules, working hours.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from accounts.models import Team
from leads import scoring
from leads.agreed.stage_words import field_names
from leads.score_rules import words as score_words
from personas.models import Definition, Persona
from personas.words import rule_lines
from sla import monthly_words, reading
from sla.contracts.drafting import monthly_of
from sla.models import CalendarVersion, Contract, Side, TeamCalendar, Term

MARKS = (("### ", "promise"), ("## ", "heading"), ("# ", "title"), ("- ", "item"))
# What holds of every promise, on the page of the contract too.
RULES = (
    ("Working hours",
     "Deadlines are counted in the working hours of the team that owes them, unless the promise "
     "says otherwise; a clock stands still while the office is closed. A working day is 8 working "
     "hours. In an owner’s own hours, a day that is wholly leave is closed; when the lead passes "
     "on, what is left goes on in the next owner’s hours."),
    ("In time",
     "At the deadline or before it. The instant after it is a miss, whenever that is noticed."),
    ("Whose miss", "Whoever had the lead at the deadline."),
    ("Voided",
     "Ended without a judgement: the lead was merged, deleted, or left sales before the deadline."),
)  # fmt: skip


def text_of(contract: Contract, terms: Sequence[Term], *, at: datetime) -> str:
    """The words of a draft as they would be signed at this instant."""
    return "\n".join(_lines(contract, terms, at=at)) + "\n"


def sha256_of(text: str) -> str:
    """The hash that names these words, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def freeze(contract: Contract, terms: Sequence[Term], *, at: datetime) -> None:
    """Keep the words on the contract, which the caller saves."""
    contract.text = text_of(contract, terms, at=at)
    contract.text_sha256 = sha256_of(contract.text)


def moved_on(contract: Contract, terms: Sequence[Term], *, at: datetime) -> str:
    """What the text would say by now that the first side did not sign, with the remedy; or nothing.

    The promises can't have changed: that takes the signature back. What they refer to can.
    """
    now = text_of(contract, terms, at=at)
    if now == contract.text:
        return ""
    signed = set(contract.text.splitlines())
    new = [line.lstrip("#- ") for line in now.splitlines() if line and line not in signed]
    by = contract.signed_for_marketing_by or contract.signed_for_sales_by
    what = f"it would say “{new[0]}”" if new else "it would say less"
    return (
        f"What it refers to has changed since {by} signed: {what}. "
        "Take the signature back, and sign what it says now."
    )


def blocks(text: str) -> list[tuple[str, str]]:
    """The lines as ("title" | "heading" | "promise" | "item" | "words", text)."""
    found = []
    for line in filter(None, text.splitlines()):
        mark, kind = next(((m, k) for m, k in MARKS if line.startswith(m)), ("", "words"))
        found.append((kind, line.removeprefix(mark)))
    return found


def instant_words(instant: datetime) -> str:
    """An instant nobody can take for another: "Monday 30 November 2026, 14:00 UTC"."""
    there = instant.astimezone(UTC)
    seconds = f":{there:%S}" if there.second else ""
    return f"{there:%A} {there.day} {there:%B %Y, %H:%M}{seconds} UTC"


def _lines(contract: Contract, terms: Sequence[Term], *, at: datetime) -> Iterator[str]:
    yield f"# {contract.name}, version {contract.version}"
    starts = contract.in_force_from
    begins = (
        f"from {instant_words(starts)}, or from the second signature if that is later"
        if starts
        else "as soon as both sides have signed"
    )
    yield f"In force {begins}, until both sides agree on another version or to end it."
    for side in Side:
        yield f"## {side.label} promises"
        yield from _promises(terms, side)
        if side == Side.MARKETING:
            yield from _monthly(contract)
    yield "## What holds of every promise"
    yield f"- Passed on at most {contract.hop_limit} times; then the manager decides."
    for name, words in RULES:
        yield f"- {name}: {words}"
    yield from _definitions(at)
    yield from _scoring(at)
    yield from _hours()


def _promises(terms: Sequence[Term], side: Side) -> Iterator[str]:
    promises = reading.promises(tuple(terms), side)
    if not promises and side == Side.SALES:
        yield "Nothing."
    for promise in promises:
        yield f"### {promise.term.name}: within {promise.target}"
        kind = promise.term.measure.replace("_", " ")
        more = [promise.hours] if promise.hours else []
        if promise.term.per_owner:
            more.append("Starts afresh with the next owner.")
        if promise.pauses:
            more.append(f"May be paused when {promise.pauses}.")
        yield " ".join([
            f"For {promise.applies_to}, of the kind “{kind}”.",
            f"Starts when {promise.starts}; kept by {promise.stops}.", *more,
        ])  # fmt: skip
        if promise.alarms:
            said = "; ".join(promise.alarms)
            yield f"{said[0].upper()}{said[1:]}."
    if promises:
        yield "Promises of one kind are tried from the top: the first that fits the lead counts."


def _monthly(contract: Contract) -> Iterator[str]:
    promises = monthly_of(contract)
    for promise in promises:
        yield f"### {promise.name}: {promise.target_words} a month"
        yield promise.for_words
    if promises:
        yield from monthly_words.RULES


def _definitions(at: datetime) -> Iterator[str]:
    yield "## What the words mean"
    yield "A later version that both sides sign takes the place of the one that is named here."
    names = {"fields": field_names(), "personas": dict(Persona.objects.values_list("slug", "name"))}
    for found in Definition.objects.in_force(at):
        yield f"### {found.name}, version {found.version}"
        yield " ".join(found.words.split())
        for line in rule_lines(found.rule, **names):
            yield f"- {line}."


def _scoring(at: datetime) -> Iterator[str]:
    version, rules = scoring.current_rules(at)
    yield "## How leads are scored"
    yield f"By version {version} of the scoring rules, until both sides sign another."
    for line in score_words.lines(rules):
        points = "" if line.part == "Tiers" else f" ({line.points} points)"
        yield f"- {line.part}, {line.name}: {line.test}{points}."


def _hours() -> Iterator[str]:
    """The hours of each team; by the calendar's later versions once there are any."""
    yield "## Working hours"
    newest = {
        version.calendar_id: version
        for version in CalendarVersion.objects.select_related("calendar").order_by("number")
    }
    kept = dict(TeamCalendar.objects.values_list("team_id", "calendar_id"))
    for team in Team.objects.order_by("kind", "name"):
        found = newest.get(kept.get(team.pk, 0))
        if found is None:
            yield f"- {team}: no hours of its own."
            continue
        week = "; ".join(f"{days} {hours}" for days, hours in reading.week_words(found.weekly))
        place = "-".join(filter(None, [found.country, found.subdivision]))
        closed = f"; closed on the public holidays of {place}" if place else ""
        yield (
            f"- {team}: calendar “{found.calendar}”, version {found.number}, {found.tz}: "
            f"{week}{closed}."
        )
