"""In whose hours a promise of a draft contract is counted."""

from uuid import UUID

from sla import agreement
from sla.business_time import WorkingCalendar
from sla.hours import round_the_clock
from sla.models import CountedIn, Term
from sla.replays.draft import Draft
from sla.replays.lived import Choose, counted_like

ALWAYS = WorkingCalendar(
    tz="UTC",
    weekly={int(day): [(a, b) for a, b in w] for day, w in round_the_clock.WEEK.items()},
)
# How counted, and for whom → the version that the clocks of one subject have frozen.
Frozen = dict[tuple[str, str, int | None], int]
# Owner and team → hours, where somebody's own are counted that no clock has frozen.
Own = dict[tuple[int | None, int | None], WorkingCalendar | None]


def choice(draft: Draft, frozen: Frozen, own: Own, *, stamp: UUID) -> Choose:
    """How the hours of each promise are found: the draft's, those frozen, else today's."""

    def choose(term: Term, owner_id: int | None, team_id: int | None) -> WorkingCalendar | None:
        drafted = draft.hours.get(team_id or 0)
        if term.calendar_of == CountedIn.TEAM and drafted is not None:
            return drafted
        version = frozen.get(counted_like(term, owner_id))
        if version is not None:
            return agreement.hours(version).working
        if term.calendar_of == CountedIn.WALL:
            return ALWAYS
        if term.calendar_of == CountedIn.OWNER:
            key = owner_id, team_id
            if key not in own:
                own[key] = agreement.working_of_person(*key, stamp=stamp)
            return own[key]
        hours = agreement.hours_of_team(team_id, stamp=stamp)
        return hours.working if hours else None

    return choose
