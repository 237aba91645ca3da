"""What time it is where a number rings, as far as the number tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

# From when to when one calls a stranger, by the clock over there; never on a Sunday.
FROM, UNTIL = 8, 20
SUNDAY = 6
# Numbers of so many zones say nothing: a country-wide prefix.
MOST_ZONES = 12


@dataclass(frozen=True, slots=True)
class There:
    """The time over there; where a country has several zones, the earliest and the latest."""

    first: datetime
    last: datetime

    @property
    def is_decent(self) -> bool:
        return all(
            FROM <= instant.hour < UNTIL and instant.weekday() != SUNDAY
            for instant in (self.first, self.last)
        )

    @property
    def is_sure(self) -> bool:
        return self.first.utcoffset() == self.last.utcoffset()


def there(phone: str, *, at: datetime) -> There | None:
    """The time at a number written as +12125550123; None where the number does not tell."""
    # Large, so loaded by the first who asks.
    from phonenumbers import timezone

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    zones = [name for name in timezone.time_zones_for_number(number) if name != "Etc/Unknown"]
    if not zones or len(zones) > MOST_ZONES:
        return None
    instants = sorted(
        (at.astimezone(ZoneInfo(name)) for name in zones),
        key=lambda instant: instant.utcoffset() or timedelta(0),
    )
    return There(instants[0], instants[-1])
