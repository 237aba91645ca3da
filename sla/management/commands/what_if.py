"""`manage.py what_if --days 90 --target accept-hot=30m --threshold 50 --reps 8`."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from accounts.instants import database_now
from accounts.refusals import Refused
from sla.replays.draft import draft_of
from sla.replays.draft_form import MOST_DAYS, USUAL_DAYS
from sla.replays.load import Share
from sla.replays.queueing import Line
from sla.replays.what_if import Pair, WhatIf, points, since, what_if


class Command(BaseCommand):
    """Prints before and after by term and by rep, the load, and the leads that changed."""

    help = "Replay the last days of handoffs under a draft of the agreement; nothing is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=USUAL_DAYS, help="days back, today included"
        )
        parser.add_argument("--zone", default="UTC", help="whose days: Europe/London")
        parser.add_argument(
            "--target", action="append", default=[], metavar="TERM=TIME",
            help="another deadline in working time: accept-hot=30m, disposition='5 days'",
        )  # fmt: skip
        parser.add_argument(
            "--hours", action="append", default=[], metavar="TEAM=HOURS",
            help="a team's hours: sales=08:00-18:00, sales=24/7, sales=<calendar>",
        )  # fmt: skip
        parser.add_argument(
            "--contract", action="store_true",
            help="under the promises of the draft contract: its filters, hours, attempts, pauses",
        )  # fmt: skip
        parser.add_argument("--threshold", default="", help="the least score of an MQL")
        parser.add_argument(
            "--reps", action="append", default=[], metavar="N|POOL=N",
            help="how many reps in all of sales, or in a pool",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        at = database_now()
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days {options['days']}: use 1 to {MOST_DAYS}", returncode=2)
        try:
            zone = ZoneInfo(options["zone"])
        except (KeyError, ValueError, OSError):
            raise CommandError(
                f"--zone {options['zone']}: use a name such as Europe/London", returncode=2
            ) from None
        everywhere = [text for text in options["reps"] if "=" not in text]
        try:
            draft = draft_of(
                targets=_pairs("--target", options["target"]),
                hours=_pairs("--hours", options["hours"]),
                threshold=str(options["threshold"]),
                reps=everywhere[-1] if everywhere else "",
                pools=_pairs("--reps", [text for text in options["reps"] if "=" in text]),
                contract=options["contract"],
                at=at,
            )
        except Refused as refused:
            raise CommandError(refused.message, returncode=2) from None
        found = what_if(draft, start=since(options["days"], zone=zone, at=at), at=at)
        for line in lines(found):
            self.stdout.write(line)


def _pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE, each; raises CommandError naming one that is not."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise CommandError(f"{option} {text}: write it as name=value", returncode=2)
        found[name.strip()] = value
    return found


def lines(found: WhatIf) -> Iterator[str]:
    """The answer as a person reads it on a terminal."""
    total = found.load.total
    yield (
        f"{found.start:%Y-%m-%d %H:%M} to {found.at.astimezone(found.start.tzinfo):%Y-%m-%d %H:%M}"
        f" ({found.start.tzinfo}): {total.handoffs:,} handoffs, "
        f"{found.totals.before.started:,} clocks"
    )
    yield from (f"  {line}" for line in found.draft.said or ("the draft is empty",))
    for heading, pairs in (("promise", found.terms), ("rep", found.reps)):
        yield ""
        yield f"{heading:<34}{'kept':>8}{'then':>8}{'points':>8}{'missed':>9}{'then':>8}"
        yield from (_pair(pair) for pair in (*pairs, found.totals))
    yield ""
    yield f"{'work':<34}{'a week':>8}{'then':>8}{'reps':>8}{'then':>8}{'each':>8}{'then':>8}"
    yield from (_share(share) for share in (*found.load.pools, total))
    yield (
        f"{total.removed:,} handoffs fewer, {total.added:,} more; {found.load.waiting:,} leads more"
        " for marketing to hand over"
    )
    yield from (_line(line) for line in found.lines)
    yield ""
    yield f"{found.changed_leads:,} leads changed, {found.changed_clocks:,} outcomes"
    for each in found.changed:
        told = ", ".join(
            f"{c.term.name}: {c.before.outcome if c.before else 'not promised'} → "
            f"{c.after.outcome if c.after else 'not handed over'}"
            for c in each.clocks
        )
        yield f"  {each.lead.get_absolute_url()} {each.lead.name}: {told}"


def _pair(pair: Pair) -> str:
    before, after = pair.before, pair.after
    return (
        f"{_named(pair)[:33]:<34}{_share_kept(before.rate):>8}{_share_kept(after.rate):>8}"
        f"{points(pair):>8}{before.missed:>9,}{after.missed:>8,}"
    )


def _named(pair: Pair) -> str:
    return f"{pair.before.name} ({pair.fate})" if pair.fate else pair.before.name


def _share(share: Share) -> str:
    return (
        f"{share.name[:33]:<34}{_numbers(share.a_week)}{share.reps:>8}{share.reps_after:>8}"
        f"{_numbers(share.each)}"
    )


def _line(line: Line) -> str:
    """One pool by the model of its line (sla.replays.queueing)."""
    if line.after is None:
        return f"{line.name}: too little on record for a model of its line"
    return (
        f"{line.name}: first contacts in time {_share_kept(line.recorded)}; by a model of one line "
        f"{_share_kept(line.now)} with {line.reps}, {_share_kept(line.after)} with "
        f"{line.reps_after} reps"
    )


def _share_kept(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0%}"


def _numbers(values: Sequence[float | None]) -> str:
    return "".join(f"{'–' if value is None else f'{value:.1f}':>8}" for value in values)
