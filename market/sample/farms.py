"""Who sells: households, farms, co-operatives, firms, village stations and homestays, each open and looked at."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Fen
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.orders.freight import FreightTemplate
from market.sample.chance import Chance
from market.sample.names import SURNAMES, sample_name
from market.sample.people import FARMER_PHONE, People, add_person, next_farmer_phone
from market.sample.places import Places
from market.sample.rows import Certificate, Freight, Member, Producer, Step
from market.sample.sources import Offer

_STEPS = ("apply", "confirm", "recommend", "approve")
_STATES = ("applied", "confirmed", "recommended", "open")
_COOKED = ("熟制", "熏肉")
_FAR = ("54", "65")
"""西藏 and 新疆: nothing chilled is sent there."""
_DRINKS = ("饮品",)


class Farm(Struct, frozen=True):
    """A producer as the rest of the samples needs it."""

    producer_id: UUID
    number: int
    owner_id: UUID
    name: str
    village_code: str
    opened_at: datetime
    freight: FreightTemplate | None


class Farms(Struct):
    """Every producer with what belongs to it."""

    farms: list[Farm]
    producers: list[Producer]
    members: list[Member]
    steps: list[Step]
    certificates: list[Certificate]
    freights: list[Freight]


class Farmer(Struct, frozen=True):
    """Who opens a producer: a name, a phone, whether the large page suits them."""

    name: str
    phone: str
    elder: bool = False


_KINDS = {
    "加工": ("company", "village_station"),
    "畜禽": ("cooperative", "cooperative", "company"),
    "水产": ("cooperative", "company"),
    "食用菌": ("cooperative", "cooperative", "family_farm"),
    "手工": ("household", "village_station"),
    "花卉": ("household", "village_station"),
}
_GROWERS = ("household", "household", "household", "family_farm", "cooperative", "village_station")
_HOSTS = ("village_station", "cooperative", "family_farm")


def kind_of(offer: Offer, chance: Chance, *, is_visit: bool, is_stay: bool) -> str:
    """Return what kind of producer is plausible for an offer."""
    if is_stay:
        return "homestay"
    if is_visit:
        return chance.pick(_HOSTS)
    if any(word in offer.title for word in (*_COOKED, *_DRINKS)):
        return "company"  # cooked meat and drinks are not for small workshops
    return chance.pick(_KINDS.get(offer.category, _GROWERS))


def name_of(kind: str, village: str, surname: str, offer: Offer) -> str:
    """Return a producer's name: where it is and what it is."""
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


def _papers_of(kind: str, offer: Offer, *, is_stay: bool) -> list[str]:
    """Return the certificates that the kind of producer and the kind of goods ask for."""
    papers = {"household": ["identity"], "family_farm": ["identity"], "homestay": ["identity"]}.get(kind, ["licence"])
    if kind == "cooperative":
        papers = ["cooperative"]
    if is_stay:
        return [*papers, "homestay_permit"]
    if offer.category == "加工" or any(word in offer.title for word in _COOKED):
        return [*papers, "food_licence" if kind == "company" else "small_workshop"]
    return papers


class FarmMaker:
    """Makes producers one by one; what they need stands in `made` and in `people`."""

    def __init__(
        self, seed: int, seal: Seal, people: People, places: Places, *, last_number: int, now: datetime
    ) -> None:
        self._chance = Chance(seed, "farms")
        self._seal = seal
        self._people = people
        self._places = places
        self._now = now
        self._last_number = last_number
        self.made = Farms([], [], [], [], [], [])

    def open(
        self,
        offer: Offer,
        *,
        is_visit: bool = False,
        is_stay: bool = False,
        farmer: Farmer | None = None,
        steps: int = 4,
    ) -> Farm:
        """Make the producer of an offer and return it: open since some months, or on its way after so many steps."""
        chance = self._chance
        village = self._places.find(offer.county_code, offer.place, chance)
        kind = kind_of(offer, chance, is_visit=is_visit, is_stay=is_stay)
        surname = chance.pick(SURNAMES)
        if farmer is None:
            own_phone = next_farmer_phone(self._people)
            farmer = Farmer(sample_name(surname, self._people.farmers), own_phone)
        else:
            kind, surname = "household", farmer.name[2]
        name = name_of(kind, village.name, surname, offer)
        is_open = steps == len(_STEPS)
        days = chance.between(150, 380) if is_open else chance.between(10, 12)
        applied = self._now - timedelta(days=days, minutes=chance.below(1440))
        owner_id = add_person(
            self._people,
            self._seal,
            chance,
            name=farmer.name,
            number=farmer.phone,
            since=applied - timedelta(hours=1),
            elder=farmer.elder,
        )
        producer_id = chance.id_at(applied)
        number = self._last_number + len(self.made.producers) + 1
        moments = [applied + timedelta(days=days, hours=chance.below(8)) for days in (0, 2, 5, 9)]
        self._add_steps(producer_id, owner_id, offer.county_code[:4], moments[:steps])
        self.made.producers.append(
            Producer(
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
        self.made.members.append(Member(producer_id, owner_id, "owner", asyncpg.Range(day_of(applied), None)))
        papers = _papers_of(kind, offer, is_stay=is_stay)
        self._add_papers(producer_id, offer, papers, moments[2], verified=steps > 2)  # noqa: PLR2004 - by the recommender
        freight = None if is_visit or is_stay else self._freight(producer_id, offer, moments[-1])
        farm = Farm(producer_id, number, owner_id, name, village.code, moments[-1], freight)
        self.made.farms.append(farm)
        return farm

    def add_helper(self, farm: Farm, name: str, number: str) -> None:
        """Let a relative help the farm's owner: to list and to ship, never to withdraw."""
        since = farm.opened_at + timedelta(days=3)
        account_id = add_person(self._people, self._seal, self._chance, name=name, number=number, since=since)
        self.made.members.append(Member(farm.producer_id, account_id, "helper", asyncpg.Range(day_of(since), None)))

    def _story(self, kind: str, village_code: str) -> str:
        place = self._places.spoken(village_code)
        words = {
            "household": f"我们家在{place}，自己种自己卖。",
            "family_farm": f"{place}的家庭农场。",
            "cooperative": f"{place}的合作社，社员一起种、一起卖。",
            "company": f"{place}的加工厂。",
            "village_station": f"{place}的村级服务站，替村里的农户打包发货。",
            "homestay": f"{place}的农家院。",
        }
        return words[kind] + "（样例卖家）"

    def _add_steps(self, producer_id: UUID, owner_id: UUID, prefecture: str, moments: list[datetime]) -> None:
        people = self._people
        actors = (
            owner_id,
            people.confirmers[prefecture],
            people.recommenders[prefecture],
            people.officials["ping"],
        )
        for step, actor, at in zip(_STEPS, actors, moments, strict=False):  # those under way have fewer
            self.made.steps.append(Step(producer_id, step, actor, at, self._chance.id_at(at)))

    def _add_papers(
        self, producer_id: UUID, offer: Offer, kinds: list[str], verified_at: datetime, *, verified: bool
    ) -> None:
        verifier = self._people.recommenders[offer.county_code[:4]]
        expires = date(self._now.year + 2, 12, 31)
        for kind in kinds:
            number = f"样例-{self._chance.between(100_000, 999_999)}"
            until = None if kind in {"identity", "cooperative"} else expires
            self.made.certificates.append(
                Certificate(
                    id=self._chance.id_at(verified_at),
                    producer_id=producer_id,
                    kind=kind,
                    number=number,
                    issuer="样例机关",
                    expires_on=until,
                    verified_at=verified_at if verified else None,
                    verified_by=verifier if verified else None,
                )
            )

    def _freight(self, producer_id: UUID, offer: Offer, since: datetime) -> FreightTemplate:
        chance = self._chance
        free_above = chance.pick((None, Fen(88_00), Fen(99_00), Fen(128_00)))
        if offer.chilled:
            beyond = None if free_above is None else Fen(free_above + 60_00)
            template = FreightTemplate(2000, Fen(12_00), 1000, Fen(3_00), beyond, _FAR)
        else:
            template = FreightTemplate(
                1000, Fen(8_00), 1000, chance.pick((Fen(1_50), Fen(2_00), Fen(3_00))), free_above
            )
        self.made.freights.append(
            Freight(
                id=chance.id_at(since),
                producer_id=producer_id,
                first_g=template.first_g,
                first_fen=template.first_fen,
                next_g=template.next_g,
                next_fen=template.next_fen,
                free_above_fen=template.free_above_fen,
                no_ship=list(template.no_ship),
            )
        )
        return template


DEMO_FARMER = Farmer("样例唐甲子", FARMER_PHONE)
