"""Working hours: hours of the day, weekends and days off, in each person's time zone."""

from datetime import datetime
from itertools import accumulate
from math import fsum
from typing import Final

from mcm_ingestor.generator.company import Company, Person
from mcm_ingestor.generator.drafts import HOUR, to_time

_BY_HOUR: Final = (
    *(0.012, 0.006, 0.004, 0.003, 0.003, 0.01, 0.05, 0.3),
    *(0.75, 1.0, 1.0, 0.9, 0.5, 0.85, 1.0, 1.0),
    *(0.9, 0.65, 0.25, 0.1, 0.06, 0.05, 0.035, 0.02),
)
_WEEKEND: Final = 0.05
_ON_CALL: Final = 0.15
"""Weekend activity relative to a weekday: for most people, and for those on call."""

_BOT_AT_NIGHT: Final = 0.35


class WorkingHours:
    """Activity of each actor in an hour, as cumulative weights in the order of ``company.actors``."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._hour = -1
        self._weights: list[float] = []

    def cumulative_weights(self, at: int) -> list[float]:
        """Computes the cumulative weights of the UTC hour that contains ``at``; the last one is their sum."""
        hour = at // HOUR
        if hour != self._hour:
            self._hour = hour
            self._weights = list(accumulate(self._of_hour(hour)))
        return self._weights

    def _of_hour(self, hour: int) -> list[float]:
        middle = to_time(hour * HOUR + HOUR // 2)
        local = {
            city.zone.key: middle.astimezone(city.zone)
            for city in {p.city.name: p.city for p in self._company.people}.values()
        }
        people = [
            activity(person, local[person.city.zone.key], day_off(number, local[person.city.zone.key]))
            for number, person in enumerate(self._company.people)
        ]
        busy = min(1.0, fsum(people) / (0.4 * len(people)))
        bots = [bot.energy * (_BOT_AT_NIGHT + (1 - _BOT_AT_NIGHT) * busy) for bot in self._company.service_accounts]
        return people + bots


def activity(person: Person, local: datetime, is_off: bool) -> float:
    """Computes a person's activity at their local time."""
    by_hour = _BY_HOUR[(local.hour - person.shift_hours) % 24] * person.energy
    if local.weekday() < 5 and not is_off:
        return by_hour
    return by_hour * (_ON_CALL if person.role == "platform" else _WEEKEND)


def day_off(number: int, local: datetime) -> bool:
    """Returns whether this person has the day off, about one working day in sixteen."""
    return (number * 7919 + local.toordinal() * 104_729) % 97 < 6
