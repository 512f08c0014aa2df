"""The accounts of the samples: the demo county's officials, verifiers of the prefectures, buyers, the demo's people."""

import base64
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.identity import Role
from market.identity.second_factor import CONTEXT as TOTP_CONTEXT
from market.identity.sign_in import PHONE_CONTEXT
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.sample.chance import Chance
from market.sample.names import BUYER_PHONES, FARMER_PHONES, OFFICIAL_PHONES, SURNAMES, phone, sample_name
from market.sample.rows import Account, GrantOf

DEMO_COUNTY = "130624"
"""阜平县, the county of the golden story."""
PROVINCE = "13"
BUYERS = 300
FARMER_PHONE = "17050000001"
"""The demo's farmer signs in with the number whose bill is lowered."""
_TOTP_BYTES = 20


class DemoAccount(Struct, frozen=True):
    """A sample person that one can sign in as; only officials have a second factor."""

    role: str
    name: str
    phone: str
    county: str
    totp_secret: str | None = None


class Post(Struct, frozen=True):
    """An official of the demo: the role that the demo shows, and every role that the account holds."""

    handle: str
    name: str
    shown: Role
    roles: tuple[Role, ...]
    scope: str = DEMO_COUNTY


# gan holds the county's decision too: that it is refused to the importer is R14, not a missing role.
POSTS = (
    Post("gan", "样例甘某", Role.IMPORTER, (Role.IMPORTER, Role.COUNTY)),
    Post("jiang", "样例江某", Role.POLICY, (Role.POLICY,)),
    Post("cun", "样例村某", Role.VILLAGE, (Role.VILLAGE, Role.TOWNSHIP)),
    Post("zhen", "样例镇某", Role.TOWNSHIP, (Role.TOWNSHIP,)),
    Post("xian", "样例县某", Role.COUNTY, (Role.COUNTY,)),
    Post("cai", "样例财某", Role.FINANCE, (Role.FINANCE,)),
    Post("dui", "样例对某", Role.RECONCILER, (Role.RECONCILER,)),
    Post("ping", "样例平某", Role.PLATFORM, (Role.PLATFORM,), PROVINCE),
)


class People(Struct):
    """The accounts, and who of them does what."""

    accounts: list[Account]
    grants: list[GrantOf]
    officials: dict[str, UUID]
    confirmers: dict[str, UUID]
    """By prefecture (four digits): who confirms for the village."""
    recommenders: dict[str, UUID]
    """By prefecture: who recommends and verifies for the county."""
    buyers: list[UUID]
    buyer_names: list[str]
    shown: list[DemoAccount]
    farmers: int = 0


def totp_secret(seal: Seal, handle: str) -> str:
    """Return the second factor of a sample official: the same for one installation, of no use for another."""
    return base64.b32encode(seal.index(f"sample authenticator of {handle}")[:_TOTP_BYTES]).decode()


def add_person(
    people: People, seal: Seal, chance: Chance, *, name: str, number: str, since: datetime, elder: bool = False
) -> UUID:
    """Add an account that holds no role and return its id."""
    account_id = chance.id_at(since)
    people.accounts.append(
        Account(
            id=account_id,
            name=name,
            phone_index=seal.index(number),
            phone_sealed=seal.seal(number, PHONE_CONTEXT),
            elder=elder,
            created_at=since,
        )
    )
    return account_id


def next_farmer_phone(people: People) -> str:
    """Return a sample phone that no other farmer has."""
    people.farmers += 1
    return phone(FARMER_PHONES, people.farmers)


def demo_accounts(seal: Seal) -> list[DemoAccount]:
    """Return the people that one can sign in as, whether they were loaded now or before."""
    officials = [
        DemoAccount(
            role=post.shown,
            name=post.name,
            phone=phone(OFFICIAL_PHONES, place),
            county=DEMO_COUNTY,
            totp_secret=totp_secret(seal, post.handle),
        )
        for place, post in enumerate(POSTS, 1)
    ]
    farmer = DemoAccount(role="farmer", name="样例唐甲子", phone=FARMER_PHONE, county=DEMO_COUNTY)
    buyer = DemoAccount(role="buyer", name="样例买家甲", phone=phone(BUYER_PHONES, 1), county="130102")
    helper = DemoAccount(role="helper", name="样例唐乙丑", phone=phone(FARMER_PHONES, 9999), county=DEMO_COUNTY)
    return [farmer, buyer, helper, *officials]


def make_people(seed: int, seal: Seal, prefectures: Iterable[str], now: datetime) -> People:
    """Make officials, verifiers and buyers; farmers come with their producers."""
    chance = Chance(seed, "people")
    people = People([], [], {}, {}, {}, [], [], demo_accounts(seal))
    started = now - timedelta(days=400)
    for place, post in enumerate(POSTS, 1):
        number = phone(OFFICIAL_PHONES, place)
        account_id = chance.id_at(started)
        people.accounts.append(
            Account(
                id=account_id,
                handle=post.handle,
                name=post.name,
                phone_index=seal.index(number),
                phone_sealed=seal.seal(number, PHONE_CONTEXT),
                totp_sealed=seal.seal(totp_secret(seal, post.handle), TOTP_CONTEXT),
                created_at=started,
            )
        )
        people.officials[post.handle] = account_id
        people.grants.extend(_grants(account_id, post.roles, post.scope, day_of(started)))
    _add_verifiers(people, seal, chance, prefectures, started)
    _add_buyers(people, seal, chance, now)
    return people


def _grants(account_id: UUID, roles: Iterable[Role], scope: str, start: date) -> list[GrantOf]:
    return [GrantOf(account_id, role, scope, asyncpg.Range(start, None)) for role in roles]


def _add_verifiers(people: People, seal: Seal, chance: Chance, prefectures: Iterable[str], since: datetime) -> None:
    """Give each prefecture one who confirms and one who recommends, so that one person takes one step."""
    number = 100
    for prefecture in prefectures:
        for role, by_prefecture in ((Role.VILLAGE, people.confirmers), (Role.COUNTY, people.recommenders)):
            number += 1
            name = sample_name(chance.pick(SURNAMES), number)
            account_id = add_person(people, seal, chance, name=name, number=phone(OFFICIAL_PHONES, number), since=since)
            by_prefecture[prefecture] = account_id
            people.grants.extend(_grants(account_id, (role,), prefecture, day_of(since)))


def _add_buyers(people: People, seal: Seal, chance: Chance, now: datetime) -> None:
    for number in range(1, BUYERS + 1):
        since = now - timedelta(days=chance.between(91, 380), minutes=chance.below(1440))
        name = "样例买家甲" if number == 1 else sample_name(chance.pick(SURNAMES), number)
        people.buyer_names.append(name)
        people.buyers.append(
            add_person(people, seal, chance, name=name, number=phone(BUYER_PHONES, number), since=since)
        )
