"""Local time of an event, as far as its facts name a place."""

from collections import defaultdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from mcm_enricher.scoring.facts import FindingFacts

_NIGHT_ENDS: Final = 6
_NIGHT_BEGINS: Final = 22
_SATURDAY: Final = 5


class LocalTime(NamedTuple):
    """Local time where an event happened; several clocks for a country with several time zones.

    ``where`` names the zone for people; ``known`` is False when the place is unknown and UTC is used.
    """

    clocks: tuple[datetime, ...]
    where: str
    known: bool

    @property
    def is_night(self) -> bool:
        """Whether all clocks show a time from 22:00 to 06:00."""
        return all(clock.hour >= _NIGHT_BEGINS or clock.hour < _NIGHT_ENDS for clock in self.clocks)

    @property
    def is_weekend(self) -> bool:
        """Whether all clocks show a Saturday or Sunday."""
        return all(clock.weekday() >= _SATURDAY for clock in self.clocks)


def local_time(at: datetime, facts: FindingFacts) -> LocalTime:
    """Converts a time to the zone of the facts: the named one, else that of the city or the country, else UTC."""
    try:
        return _local_time(at, facts)
    except OverflowError:
        # the first and last day of the calendar have no local time everywhere
        return _utc(at)


def _local_time(at: datetime, facts: FindingFacts) -> LocalTime:
    named = facts.text("timezone", "time_zone")
    if named in _known_zones():
        return _in_zone(at, ZoneInfo(named))
    country = facts.text("country", "country_code").upper()
    zones = _zones_by_country().get(country, ())
    if not zones:
        return _utc(at)
    city = facts.text("city").casefold()
    for zone in zones:
        if city and _city(zone) == city:
            return _in_zone(at, zone)
    clocks = tuple(at.astimezone(zone) for zone in zones)
    if len({clock.utcoffset() for clock in clocks}) == 1:
        return _in_zone(at, zones[0])
    return LocalTime(clocks, f"all over {country}", known=True)


def _in_zone(at: datetime, zone: ZoneInfo) -> LocalTime:
    clock = at.astimezone(zone)
    return LocalTime((clock,), f"{clock:%a %H:%M} {zone.key}", known=True)


def _utc(at: datetime) -> LocalTime:
    return LocalTime((at,), f"{at:%a %H:%M} UTC", known=False)


def _city(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ").casefold()


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _zones_by_country() -> dict[str, tuple[ZoneInfo, ...]]:
    # zone.tab: country code, coordinates, zone; the capital's or the most populous zone first
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[ZoneInfo]] = defaultdict(list)
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, key, *_ = line.split("\t")
            zones[country].append(ZoneInfo(key))
    return {country: tuple(found) for country, found in zones.items()}
