"""The sample accounts: the demo county's officials, the prefectures' verifiers, buyers and producers' owners."""

import base64
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.auditors import MAX_AUDIT_DAYS
from market.people.identity.models import Role
from market.people.identity.officials import IDENTITY_CONTEXT
from market.people.identity.second_factor import TOTP_CONTEXT
from market.people.identity.sign_in import PHONE_CONTEXT
from market.service.demo.sample.copy_rows import AccountCopyRow, GrantCopyRow, OperatorGrantCopyRow
from market.service.demo.sample.identities import (
    BUYER_PHONES,
    FARMER_PHONES,
    OFFICIAL_PHONES,
    SURNAMES,
    make_identity_number,
    make_name,
    make_phone,
)
from market.service.demo.sample.seeded_random import SeededRandom
from market.subsidies.names import Operator

DEMO_COUNTY = "130624"
"""阜平县, the county of the golden story."""
PROVINCE = "13"
BUYERS = 300
FARMER_PHONE = "17050000001"
"""The demo's farmer signs in with the number of the subsidised line."""
NEWCOMER_NAME, NEWCOMER_PHONE = "样例新来某", make_phone(FARMER_PHONES, 9998)
"""A person without a shop, who can apply for one."""
HOST_NAME, HOST_PHONE = "样例顾丙寅", make_phone(FARMER_PHONES, 9997)
"""The host of a stay in the demo's county."""
OPERATOR_NAME, OPERATOR_HANDLE, OPERATOR_PHONE = "样例移某", "yi", make_phone(OFFICIAL_PHONES, 99)
"""Who sends the county's files of China Mobile."""
_TOTP_BYTES = 20


class SampleLogin(Struct, frozen=True):
    """A sample account to sign in with; officials and operators have a second factor."""

    role: str
    name: str
    phone: str
    county: str
    totp_secret: str | None = None


class OfficialPost(Struct, frozen=True):
    """An official of the demo; `shown_role` is the role that the demo presents, `roles` are all its roles.

    `login` is the name of its entry in the demo, by default that of the role.
    """

    handle: str
    name: str
    shown_role: Role
    roles: tuple[Role, ...]
    scope: str = DEMO_COUNTY
    login: str = ""


# gan also has the county role, so that the approval is refused because of R14, not because of a missing role.
OFFICIAL_POSTS = (
    OfficialPost("gan", "样例甘某", Role.IMPORTER, (Role.IMPORTER, Role.COUNTY)),
    OfficialPost("jiang", "样例江某", Role.POLICY, (Role.POLICY,)),
    OfficialPost("cun", "样例村某", Role.VILLAGE, (Role.VILLAGE, Role.TOWNSHIP)),
    OfficialPost("zhen", "样例镇某", Role.TOWNSHIP, (Role.TOWNSHIP,)),
    OfficialPost("xian", "样例县某", Role.COUNTY, (Role.COUNTY,)),
    OfficialPost("cai", "样例财某", Role.FINANCE, (Role.FINANCE,)),
    OfficialPost("dui", "样例对某", Role.RECONCILER, (Role.RECONCILER,)),
    OfficialPost("ping", "样例平某", Role.PLATFORM, (Role.PLATFORM,), PROVINCE),
    OfficialPost("shi", "样例市某", Role.SUPERVISOR, (Role.SUPERVISOR,), DEMO_COUNTY[:4]),
    OfficialPost("shen", "样例审某", Role.AUDITOR, (Role.AUDITOR,)),
    OfficialPost("sheng", "样例省某", Role.SUPERVISOR, (Role.SUPERVISOR,), PROVINCE, login="province"),
    OfficialPost("he", "样例核某", Role.PLATFORM, (Role.PLATFORM,), PROVINCE, login="confirmer"),
)
NEIGHBOUR_COUNTIES = ("130633", "130630", "130627", "130824")
"""易县, 涞源县 and 唐县 of the demo county's prefecture, and 滦平县 of another one."""
NEIGHBOUR_POSTS = (
    OfficialPost("lin-jing", "样例靖某", Role.IMPORTER, (Role.IMPORTER,)),
    OfficialPost("lin-ce", "样例策某", Role.POLICY, (Role.POLICY,)),
    OfficialPost("lin-ping", "样例评某", Role.VILLAGE, (Role.VILLAGE,)),
    OfficialPost("lin-he", "样例荷某", Role.TOWNSHIP, (Role.TOWNSHIP,)),
    OfficialPost("lin-ding", "样例定某", Role.COUNTY, (Role.COUNTY,)),
    OfficialPost("lin-jie", "样例解某", Role.FINANCE, (Role.FINANCE,)),
    OfficialPost("lin-zhang", "样例章某", Role.RECONCILER, (Role.RECONCILER,)),
)
"""The officials of the neighbours, nobody's to sign in as: they took the months there."""
_FIRST_NEIGHBOUR_PHONE = 51


class SampleAccounts(Struct):
    """The accounts by their function in the sample."""

    accounts: list[AccountCopyRow]
    grants: list[GrantCopyRow]
    officials: dict[str, UUID]
    confirmers: dict[str, UUID]
    """By prefecture (four digits): the account that confirms for the village."""
    recommenders: dict[str, UUID]
    """By prefecture: the account that recommends and verifies for the county."""
    buyers: list[UUID]
    buyer_names: list[str]
    operator_grants: list[OperatorGrantCopyRow]
    farmer_count: int = 0


def derive_totp_secret(seal: Seal, handle: str) -> str:
    """Return a sample official's TOTP secret, which is derived from the installation's seal."""
    return base64.b32encode(seal.index(f"sample authenticator of {handle}")[:_TOTP_BYTES]).decode()


def add_account(
    accounts: SampleAccounts,
    seal: Seal,
    rng: SeededRandom,
    *,
    name: str,
    number: str,
    since: datetime,
    elder: bool = False,
) -> UUID:
    """Add an account without roles and return its id."""
    account_id = rng.make_uuid7(since)
    accounts.accounts.append(
        AccountCopyRow(
            id=account_id,
            name=name,
            phone_index=seal.index(number),
            phone_sealed=seal.seal(number, PHONE_CONTEXT),
            elder=elder,
            created_at=since,
        )
    )
    return account_id


def take_farmer_phone(accounts: SampleAccounts) -> str:
    """Return the next unused sample phone of a farmer."""
    accounts.farmer_count += 1
    return make_phone(FARMER_PHONES, accounts.farmer_count)


def list_logins(seal: Seal) -> list[SampleLogin]:
    """Return the sample logins, whether they were loaded now or before."""
    officials = [
        SampleLogin(
            role=post.login or post.shown_role,
            name=post.name,
            phone=make_phone(OFFICIAL_PHONES, index),
            county=DEMO_COUNTY,
            totp_secret=derive_totp_secret(seal, post.handle),
        )
        for index, post in enumerate(OFFICIAL_POSTS, 1)
    ]
    farmer = SampleLogin(role="farmer", name="样例唐甲子", phone=FARMER_PHONE, county=DEMO_COUNTY)
    buyer = SampleLogin(role="buyer", name="样例买家甲", phone=make_phone(BUYER_PHONES, 1), county="130102")
    helper = SampleLogin(role="helper", name="样例唐乙丑", phone=make_phone(FARMER_PHONES, 9999), county=DEMO_COUNTY)
    host = SampleLogin(role="host", name=HOST_NAME, phone=HOST_PHONE, county=DEMO_COUNTY)
    newcomer = SampleLogin(role="newcomer", name=NEWCOMER_NAME, phone=NEWCOMER_PHONE, county=DEMO_COUNTY)
    operator = SampleLogin(
        role="operator",
        name=OPERATOR_NAME,
        phone=OPERATOR_PHONE,
        county=DEMO_COUNTY,
        totp_secret=derive_totp_secret(seal, OPERATOR_HANDLE),
    )
    return [farmer, buyer, helper, host, newcomer, *officials, operator]


def make_accounts(seed: int, seal: Seal, prefectures: Iterable[str], now: datetime) -> SampleAccounts:
    """Make officials, verifiers, buyers and an operator's account; farmers come with their producers."""
    rng = SeededRandom(seed, "people")
    accounts = SampleAccounts([], [], {}, {}, {}, [], [], [])
    started = now - timedelta(days=400)
    for index, post in enumerate(OFFICIAL_POSTS, 1):
        number = make_phone(OFFICIAL_PHONES, index)
        # Who was added later draws from a stream of its own, so that the others keep their names.
        account_id = (SeededRandom(seed, post.handle) if post.login else rng).make_uuid7(started)
        identity = make_identity_number(DEMO_COUNTY, date(1970 + index, 1 + index % 12, 20), sequence=index % 10)
        accounts.accounts.append(
            AccountCopyRow(
                id=account_id,
                handle=post.handle,
                name=post.name,
                phone_index=seal.index(number),
                phone_sealed=seal.seal(number, PHONE_CONTEXT),
                totp_sealed=seal.seal(derive_totp_secret(seal, post.handle), TOTP_CONTEXT),
                identity_index=seal.index(identity),
                identity_sealed=seal.seal(identity, IDENTITY_CONTEXT),
                created_at=started,
            )
        )
        accounts.officials[post.handle] = account_id
        since = get_business_day(now if post.shown_role is Role.AUDITOR else started)
        accounts.grants.extend(_make_grants(account_id, post.roles, post.scope, since))
    _add_neighbours(accounts, seal, SeededRandom(seed, "neighbours"), started)
    _add_verifiers(accounts, seal, rng, prefectures, started)
    _add_buyers(accounts, seal, rng, now)
    add_account(accounts, seal, rng, name=NEWCOMER_NAME, number=NEWCOMER_PHONE, since=started)
    _add_operator(accounts, seal, rng, started)
    return accounts


def _add_neighbours(accounts: SampleAccounts, seal: Seal, rng: SeededRandom, since: datetime) -> None:
    for index, post in enumerate(NEIGHBOUR_POSTS):
        number = make_phone(OFFICIAL_PHONES, _FIRST_NEIGHBOUR_PHONE + index)
        identity = make_identity_number(NEIGHBOUR_COUNTIES[0], date(1970 + index, 3, 20), sequence=index)
        account_id = rng.make_uuid7(since)
        accounts.accounts.append(
            AccountCopyRow(
                id=account_id,
                handle=post.handle,
                name=post.name,
                phone_index=seal.index(number),
                phone_sealed=seal.seal(number, PHONE_CONTEXT),
                identity_index=seal.index(identity),
                identity_sealed=seal.seal(identity, IDENTITY_CONTEXT),
                created_at=since,
            )
        )
        for county in NEIGHBOUR_COUNTIES:
            accounts.grants.extend(_make_grants(account_id, post.roles, county, get_business_day(since)))


def _add_operator(accounts: SampleAccounts, seal: Seal, rng: SeededRandom, since: datetime) -> None:
    account_id = rng.make_uuid7(since)
    accounts.accounts.append(
        AccountCopyRow(
            id=account_id,
            handle=OPERATOR_HANDLE,
            name=OPERATOR_NAME,
            phone_index=seal.index(OPERATOR_PHONE),
            phone_sealed=seal.seal(OPERATOR_PHONE, PHONE_CONTEXT),
            totp_sealed=seal.seal(derive_totp_secret(seal, OPERATOR_HANDLE), TOTP_CONTEXT),
            created_at=since,
        )
    )
    days = asyncpg.Range(get_business_day(since), None)
    accounts.operator_grants.append(OperatorGrantCopyRow(account_id, Operator.MOBILE, DEMO_COUNTY, days))


def _make_grants(account_id: UUID, roles: Iterable[Role], scope: str, start: date) -> list[GrantCopyRow]:
    """Return the grants from a day on; an auditor's ends."""
    ends = start + timedelta(days=MAX_AUDIT_DAYS)
    return [
        GrantCopyRow(account_id, role, scope, asyncpg.Range(start, ends if role is Role.AUDITOR else None))
        for role in roles
    ]


def _add_verifiers(
    accounts: SampleAccounts, seal: Seal, rng: SeededRandom, prefectures: Iterable[str], since: datetime
) -> None:
    """Add one account per prefecture that confirms and one that recommends, so that nobody takes two steps."""
    number = 100
    for prefecture in prefectures:
        for role, by_prefecture in ((Role.VILLAGE, accounts.confirmers), (Role.COUNTY, accounts.recommenders)):
            number += 1
            name = make_name(rng.choice(SURNAMES), number)
            account_id = add_account(
                accounts, seal, rng, name=name, number=make_phone(OFFICIAL_PHONES, number), since=since
            )
            by_prefecture[prefecture] = account_id
            accounts.grants.extend(_make_grants(account_id, (role,), prefecture, get_business_day(since)))


def _add_buyers(accounts: SampleAccounts, seal: Seal, rng: SeededRandom, now: datetime) -> None:
    for number in range(1, BUYERS + 1):
        since = now - timedelta(days=rng.randint(91, 380), minutes=rng.randbelow(1440))
        name = "样例买家甲" if number == 1 else make_name(rng.choice(SURNAMES), number)
        accounts.buyer_names.append(name)
        accounts.buyers.append(
            add_account(accounts, seal, rng, name=name, number=make_phone(BUYER_PHONES, number), since=since)
        )
