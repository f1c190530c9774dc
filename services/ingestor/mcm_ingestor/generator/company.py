"""The fictional company: 50 people, their service accounts, and what they work on."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from mcm_ingestor.generator.assets import BROWSERS

_FOUNDED: Final = 1987
"""Seed of the company itself: the same people for every seed of events."""


@dataclass(frozen=True, slots=True)
class City:
    """An office location; ``office_ip`` is its shared egress address."""

    name: str
    country: str
    zone: ZoneInfo
    locale: str
    people: int
    office_ip: str


@dataclass(frozen=True, slots=True)
class Person:
    """An employee; ``user`` is the e-mail address in every source."""

    user: str
    name: str
    role: str
    city: City
    home_ip: str
    user_agent: str
    shift_hours: int
    energy: float

    def client(self, rng: Random) -> dict[str, Any]:
        """Picks the address of a request: the office three times in five, otherwise home."""
        return client(self.city.office_ip if rng.random() < 0.6 else self.home_ip, self.user_agent, self.city)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account; active at any hour, a little more in working hours."""

    user: str
    role: str
    city: City
    home_ip: str
    user_agent: str
    energy: float

    def client(self, _rng: Random) -> dict[str, Any]:
        """Returns the address of its requests, always the same."""
        return client(self.home_ip, self.user_agent, self.city)


Actor = Person | ServiceAccount


@dataclass(frozen=True, slots=True)
class Company:
    """The whole company; ``actors`` are the people, then the service accounts."""

    people: tuple[Person, ...]
    service_accounts: tuple[ServiceAccount, ...]

    @property
    def actors(self) -> tuple[Actor, ...]:
        """All people and service accounts."""
        return self.people + self.service_accounts

    def with_role(self, *roles: str) -> list[Person]:
        """Returns the people with any of these roles."""
        return [person for person in self.people if person.role in roles]


_CITIES: Final = (
    City("Berlin", "DE", ZoneInfo("Europe/Berlin"), "de_DE", 16, "192.0.2.10"),
    City("London", "GB", ZoneInfo("Europe/London"), "en_GB", 8, "192.0.2.20"),
    City("New York", "US", ZoneInfo("America/New_York"), "en_US", 10, "192.0.2.30"),
    City("San Francisco", "US", ZoneInfo("America/Los_Angeles"), "en_US", 6, "192.0.2.40"),
    City("Bengaluru", "IN", ZoneInfo("Asia/Kolkata"), "en_IN", 7, "192.0.2.50"),
    City("Sydney", "AU", ZoneInfo("Australia/Sydney"), "en_AU", 3, "192.0.2.60"),
)

_CLOUD: Final = City("Frankfurt", "DE", ZoneInfo("UTC"), "en_US", 0, "192.0.2.200")

_ROLES: Final = {
    "backend": 9,
    "frontend": 6,
    "mobile": 3,
    "platform": 5,
    "data": 5,
    "security": 3,
    "it": 3,
    "product": 4,
    "design": 2,
    "sales": 4,
    "support": 3,
    "finance": 2,
    "executive": 1,
}

_BOTS: Final = (
    ("svc-ci@example.com", "deployer", "GitHub-Actions/2.331", 3.0),
    ("svc-deploy@example.com", "deployer", "argo-cd/3.2", 2.2),
    ("svc-terraform@example.com", "provisioner", "Terraform/1.14", 1.0),
    ("svc-backup@example.com", "batch", "restic/0.19", 1.0),
    ("svc-reports@example.com", "batch", "python-httpx/0.29", 1.2),
    ("bot-dependencies@example.com", "dependency_bot", "renovate/43.1", 1.4),
)


@cache
def fictional_company() -> Company:
    """Builds the company, once per process; it is the same in every process."""
    rng = Random(_FOUNDED)  # noqa: S311 (synthetic data, not a secret)
    roles = [role for role, count in _ROLES.items() for _ in range(count)]
    rng.shuffle(roles)
    cities = [city for city in _CITIES for _ in range(city.people)]
    names = _names(cities)
    people = tuple(_person(rng, *hired) for hired in zip(range(len(roles)), roles, cities, names, strict=True))
    bots = tuple(
        ServiceAccount(user, role, _CLOUD, f"192.0.2.{200 + number}", agent, energy)
        for number, (user, role, agent, energy) in enumerate(_BOTS, start=1)
    )
    return Company(people, bots)


def client(ip: str, user_agent: str, city: City) -> dict[str, Any]:
    """Describes the client of a request, with its location both flat (as rules read it) and as an object."""
    return {
        "ip": ip,
        "user_agent": user_agent,
        "country": city.country,
        "city": city.name,
        "location": {"city": city.name, "country": city.country},
    }


def _person(rng: Random, number: int, role: str, city: City, name: str) -> Person:
    home_ip = f"2001:db8:{0x100 + number:x}::{0x10 + number:x}" if number % 6 == 5 else f"198.51.100.{10 + number}"
    return Person(
        user=f"{_ascii(name)}@example.com",
        name=name,
        role=role,
        city=city,
        home_ip=home_ip,
        user_agent=rng.choice(BROWSERS),
        shift_hours=rng.choice((-1, 0, 0, 0, 1, 1)),
        energy=0.6 + rng.random() * 0.9,
    )


def _names(cities: list[City]) -> list[str]:
    # imported here because it takes a quarter of a second, which other commands should not pay
    from faker import Faker

    fakers: dict[str, Faker] = {}
    names: list[str] = []
    for city in cities:
        if city.locale not in fakers:
            fakers[city.locale] = Faker(city.locale)
            fakers[city.locale].seed_instance(_FOUNDED + len(fakers))
        faker = fakers[city.locale]
        name = f"{faker.first_name()} {faker.last_name()}"
        while _ascii(name) in map(_ascii, names):
            name = f"{faker.first_name()} {faker.last_name()}"
        names.append(name)
    return names


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return ".".join(plain.lower().split())
