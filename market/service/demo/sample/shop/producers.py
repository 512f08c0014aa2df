"""The sample producers: households, family farms, co-operatives, companies, village stations and homestays."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.catalogue.listings.freight import FreightTerms
from market.catalogue.producers.models import CERTIFICATE_NUMBER_CONTEXT
from market.kernel import Fen
from market.kernel.clock import get_business_day
from market.kernel.division_codes import PREFECTURE, truncate_code
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.service.demo.sample.accounts import (
    FARMER_PHONE,
    HOST_NAME,
    HOST_PHONE,
    SampleAccounts,
    add_account,
    take_farmer_phone,
)
from market.service.demo.sample.copy_rows import (
    CertificateCopyRow,
    FreightCopyRow,
    MemberCopyRow,
    ProducerCopyRow,
    StepCopyRow,
)
from market.service.demo.sample.divisions import SampleDivisions
from market.service.demo.sample.identities import SURNAMES, make_name
from market.service.demo.sample.public_data import SourceOffer
from market.service.demo.sample.seeded_random import SeededRandom

_STEPS = ("apply", "confirm", "recommend", "approve")
_STATES = ("applied", "confirmed", "recommended", "open")
_COOKED_MEAT = ("熟制", "熏肉")
_FAR_REGIONS = ("54", "65")
"""西藏 and 新疆: the cold chain does not reach them, and other parcels cost more."""
_DRINKS = ("饮品",)


class SampleProducer(Struct, frozen=True):
    """A generated producer, with the fields that its listings and orders need."""

    producer_id: UUID
    number: int
    owner_id: UUID
    name: str
    village_code: str
    opened_at: datetime
    freight: FreightTerms | None


class ProducerRows(Struct):
    """The producers and the rows that belong to them."""

    generated: list[SampleProducer]
    producers: list[ProducerCopyRow]
    members: list[MemberCopyRow]
    steps: list[StepCopyRow]
    certificates: list[CertificateCopyRow]
    freights: list[FreightCopyRow]


class FarmerIdentity(Struct, frozen=True):
    """The person who applies for a producer; `elder` selects large type."""

    name: str
    phone: str
    elder: bool = False


_KINDS_BY_CATEGORY = {
    "加工": ("company", "village_station"),
    "畜禽": ("cooperative", "cooperative", "company"),
    "水产": ("cooperative", "company"),
    "食用菌": ("cooperative", "cooperative", "family_farm"),
    "手工": ("household", "village_station"),
    "花卉": ("household", "village_station"),
}
_GROWER_KINDS = ("household", "household", "household", "family_farm", "cooperative", "village_station")
_HOST_KINDS = ("village_station", "cooperative", "family_farm")


def choose_kind(offer: SourceOffer, rng: SeededRandom, *, is_visit: bool, is_stay: bool) -> str:
    """Return a plausible kind of producer for an offer."""
    if is_stay:
        return "homestay"
    if is_visit:
        return rng.choice(_HOST_KINDS)
    if any(word in offer.title for word in (*_COOKED_MEAT, *_DRINKS)):
        return "company"  # small workshops may not make cooked meat and drinks
    return rng.choice(_KINDS_BY_CATEGORY.get(offer.category, _GROWER_KINDS))


def make_producer_name(kind: str, village: str, surname: str, offer: SourceOffer) -> str:
    """Return a producer's name, made of its village and its kind."""
    stem = village.removesuffix("村")
    names = {
        "household": f"样例{village}{surname}家",
        "family_farm": f"样例{stem}{surname}家农场",
        "cooperative": f"样例{stem}{offer.category}合作社",
        "company": f"样例{stem}食品加工厂" if offer.category in {"加工", "畜禽"} else f"样例{stem}农产品公司",
        "village_station": f"样例{village}服务站",
        "homestay": f"样例{stem}农家院",
    }
    return names[kind]


def _list_required_certificates(kind: str, offer: SourceOffer, *, is_stay: bool) -> list[str]:
    """Return the kinds of certificates that the producer and its goods require."""
    certificates = {"household": ["identity"], "family_farm": ["identity"], "homestay": ["identity"]}.get(
        kind, ["licence"]
    )
    if kind == "cooperative":
        certificates = ["cooperative"]
    if is_stay:
        return [*certificates, "homestay_permit"]
    if offer.category == "加工" or any(word in offer.title for word in _COOKED_MEAT):
        return [*certificates, "food_licence" if kind == "company" else "small_workshop"]
    return certificates


class ProducerGenerator:
    """Generates producers one by one into `rows`; their accounts go to the sample accounts."""

    def __init__(
        self,
        seed: int,
        seal: Seal,
        accounts: SampleAccounts,
        divisions: SampleDivisions,
        *,
        last_number: int,
        now: datetime,
    ) -> None:
        self._rng = SeededRandom(seed, "farms")
        self._seal = seal
        self._accounts = accounts
        self._divisions = divisions
        self._now = now
        self._last_number = last_number
        self.rows = ProducerRows([], [], [], [], [], [])

    def open_producer(
        self,
        offer: SourceOffer,
        *,
        is_visit: bool = False,
        is_stay: bool = False,
        farmer: FarmerIdentity | None = None,
        steps: int = 4,
    ) -> SampleProducer:
        """Make the producer of an offer and return it: open for some months, or still applying after `steps` steps."""
        rng = self._rng
        village = self._divisions.find_village(offer.county_code, offer.division, rng)
        kind = choose_kind(offer, rng, is_visit=is_visit, is_stay=is_stay)
        surname = rng.choice(SURNAMES)
        if farmer is None:
            own_phone = take_farmer_phone(self._accounts)
            farmer = FarmerIdentity(make_name(surname, self._accounts.farmer_count), own_phone)
        else:
            kind, surname = ("homestay" if is_stay else "household"), farmer.name[2]
        name = make_producer_name(kind, village.name, surname, offer)
        is_open = steps == len(_STEPS)
        days = rng.randint(150, 380) if is_open else rng.randint(10, 12)
        applied = self._now - timedelta(days=days, minutes=rng.randbelow(1440))
        owner_id = self._add_owner(farmer, applied - timedelta(hours=1))
        producer_id = rng.make_uuid7(applied)
        number = self._last_number + len(self.rows.producers) + 1
        moments = [applied + timedelta(days=days, hours=rng.randbelow(8)) for days in (0, 2, 5, 9)]
        self._add_steps(producer_id, owner_id, truncate_code(offer.county_code, PREFECTURE), moments[:steps])
        self.rows.producers.append(
            ProducerCopyRow(
                id=producer_id,
                number=number,
                kind=kind,
                name=name,
                village_code=village.code,
                produce=offer.title,
                story=self._story(kind, village.code),
                state=_STATES[steps - 1],
                applied_by=owner_id,
                applied_at=applied,
                opened_at=moments[-1] if is_open else None,
                self_grown=kind in {"household", "family_farm", "cooperative"},
                sample=True,
            )
        )
        self.rows.members.append(
            MemberCopyRow(producer_id, owner_id, "owner", asyncpg.Range(get_business_day(applied), None))
        )
        certificates = _list_required_certificates(kind, offer, is_stay=is_stay)
        self._add_certificates(producer_id, offer, certificates, moments[2], verified=steps > 2)
        freight = None if is_visit or is_stay else self._freight(producer_id, offer, moments[-1])
        producer = SampleProducer(producer_id, number, owner_id, name, village.code, moments[-1], freight)
        self.rows.generated.append(producer)
        return producer

    def _add_owner(self, farmer: FarmerIdentity, since: datetime) -> UUID:
        return add_account(
            self._accounts,
            self._seal,
            self._rng,
            name=farmer.name,
            number=farmer.phone,
            since=since,
            elder=farmer.elder,
        )

    def add_helper(self, producer: SampleProducer, name: str, number: str) -> None:
        """Add a helper of the producer's owner, who may list and ship but never withdraw."""
        since = producer.opened_at + timedelta(days=3)
        account_id = add_account(self._accounts, self._seal, self._rng, name=name, number=number, since=since)
        self.rows.members.append(
            MemberCopyRow(producer.producer_id, account_id, "helper", asyncpg.Range(get_business_day(since), None))
        )

    def _story(self, kind: str, village_code: str) -> str:
        division = self._divisions.format_village(village_code)
        words = {
            "household": f"我们家在{division}，自己种自己卖。",
            "family_farm": f"{division}的家庭农场。",
            "cooperative": f"{division}的合作社，社员一起种、一起卖。",
            "company": f"{division}的加工厂。",
            "village_station": f"{division}的村级服务站，替村里的农户打包发货。",
            "homestay": f"{division}的农家院。",
        }
        return words[kind] + "（样例卖家）"

    def _add_steps(self, producer_id: UUID, owner_id: UUID, prefecture: str, moments: list[datetime]) -> None:
        accounts = self._accounts
        actors = (
            owner_id,
            accounts.confirmers[prefecture],
            accounts.recommenders[prefecture],
            accounts.officials["ping"],
        )
        for step, actor, at in zip(_STEPS, actors, moments, strict=False):  # open applications have fewer steps
            self.rows.steps.append(StepCopyRow(producer_id, step, actor, at, self._rng.make_uuid7(at)))

    def _add_certificates(
        self, producer_id: UUID, offer: SourceOffer, kinds: list[str], verified_at: datetime, *, verified: bool
    ) -> None:
        verifier = self._accounts.recommenders[truncate_code(offer.county_code, PREFECTURE)]
        expires = date(self._now.year + 2, 12, 31)
        for kind in kinds:
            number = f"样例-{self._rng.randint(100_000, 999_999)}"
            until = None if kind in {"identity", "cooperative"} else expires
            self.rows.certificates.append(
                CertificateCopyRow(
                    id=self._rng.make_uuid7(verified_at),
                    producer_id=producer_id,
                    kind=kind,
                    number_index=self._seal.index(number),
                    number_sealed=self._seal.seal(number, CERTIFICATE_NUMBER_CONTEXT),
                    issuer="样例机关",
                    expires_on=until,
                    verified_at=verified_at if verified else None,
                    verified_by=verifier if verified else None,
                )
            )

    def _freight(self, producer_id: UUID, offer: SourceOffer, since: datetime) -> FreightTerms:
        rng = self._rng
        free_above = rng.choice((None, Fen(88_00), Fen(99_00), Fen(128_00)))
        if offer.chilled:
            beyond = None if free_above is None else Fen(free_above + 60_00)
            template = FreightTerms(
                first_g=2000,
                first_fen=Fen(8_00),
                next_g=1000,
                next_fen=Fen(3_00),
                free_above_fen=beyond,
                cold_fen=Fen(4_00),
                no_cold=_FAR_REGIONS,
            )
        else:
            template = FreightTerms(
                first_g=1000,
                first_fen=Fen(8_00),
                next_g=1000,
                next_fen=rng.choice((Fen(1_50), Fen(2_00), Fen(3_00))),
                free_above_fen=free_above,
                remote_fen=Fen(10_00),
                remote=_FAR_REGIONS,
            )
        self.rows.freights.append(
            build_from(
                FreightCopyRow,
                template,
                id=rng.make_uuid7(since),
                producer_id=producer_id,
                no_ship=list(template.no_ship),
                no_cold=list(template.no_cold),
                remote=list(template.remote),
            )
        )
        return template


DEMO_FARMER = FarmerIdentity("样例唐甲子", FARMER_PHONE)
DEMO_HOST = FarmerIdentity(HOST_NAME, HOST_PHONE)
