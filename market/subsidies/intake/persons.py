"""The persons of a lead: members of a household that is in the register, or people who are not in it yet."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_name, clean_text, normalize_identity_number
from market.subsidies.imports.register_rows import HEAD, fold_relation
from market.subsidies.intake.models import MAX_MEMBERS, LeadInvalid, LeadKind, LeadMember
from market.subsidies.intake.views import PERSON_IDENTITY_CONTEXT, PERSON_NAME_CONTEXT, list_household_members

DELETE_PERSONS = Query(None, "DELETE FROM lead_persons WHERE lead_id = :lead_id")
ADD_PERSON = Query(
    None,
    """
    INSERT INTO lead_persons (lead_id, position, identity_index, identity_sealed, name_sealed, relation)
    VALUES (:lead_id, :position, :identity_index, :identity_sealed, :name_sealed, :relation)
    """,
)
_MAX_NAME_LENGTH, _MAX_RELATION_LENGTH = 60, 20


class GivenPersons(Struct, frozen=True, forbid_unknown_fields=True):
    """Who a lead is about: `chosen` members of its household, each with a relation, or `added` people.

    `relations` has the relation of each chosen person in the household that the lead makes, in the same order; it is
    empty where relations stay.
    """

    chosen: tuple[UUID, ...] = ()
    relations: tuple[str, ...] = ()
    added: tuple[LeadMember, ...] = ()


async def resolve_persons(
    conn: Connection,
    seal: Seal,
    county: str,
    kind: LeadKind,
    given: GivenPersons,
    *,
    household: str | None,
    day: date,
) -> list[LeadMember]:
    """Return the persons of a lead, none if nobody is given yet.

    A new household has added people, one of them its head; a split says who leaves, one of them the head of the new
    household; an enrolment has the one member who uses the line. Other leads are about all members.

    Raises:
        LeadInvalid: a person is wrong or does not belong to the household.
    """
    if household is None:
        return read_members(given.added) if given.added else []
    if kind not in {LeadKind.SPLIT, LeadKind.ENROL} or not given.chosen:
        return []
    members = {each.person_id: each for each in await list_household_members(conn, seal, county, household, day=day)}
    if len(set(given.chosen)) != len(given.chosen) or not set(given.chosen) <= members.keys():
        raise LeadInvalid(errors=(FieldFault("persons", "请从这一户现在的人里选"),))
    relations = given.relations or tuple(members[each].relation for each in given.chosen)
    if len(relations) != len(given.chosen):
        raise LeadInvalid(errors=(FieldFault("persons", "每个人要写与户主的关系"),))
    chosen = [
        LeadMember(members[each].name, members[each].identity, fold_relation(clean_text(relation)))
        for each, relation in zip(given.chosen, relations, strict=True)
    ]
    if kind is LeadKind.ENROL and len(chosen) != 1:
        raise LeadInvalid(errors=(FieldFault("persons", "一条业务一个人用，请选一个"),))
    if kind is LeadKind.SPLIT:
        if len(chosen) == len(members):
            raise LeadInvalid(errors=(FieldFault("persons", "至少要有一个人留下"),))
        _require_head(chosen)
    return chosen


def read_members(added: Sequence[LeadMember]) -> list[LeadMember]:
    """Return the people of a household that is not in the register.

    Raises:
        LeadInvalid: a name, relation or identity number is missing or wrong, or there is not one head.
    """
    faults: list[FieldFault] = []
    members: list[LeadMember] = []
    for position, each in enumerate(added[: MAX_MEMBERS + 1], 1):
        name, relation = clean_name(each.name), fold_relation(clean_text(each.relation))
        identity = normalize_identity_number(each.identity)
        if not 0 < len(name) <= _MAX_NAME_LENGTH:
            faults.append(FieldFault("persons", f"第 {position} 人要写姓名"))
        if not 0 < len(relation) <= _MAX_RELATION_LENGTH:
            faults.append(FieldFault("persons", f"第 {position} 人要写与户主的关系"))
        if identity is None:
            faults.append(FieldFault("persons", f"第 {position} 人的身份证号不对，应是 18 位"))
        members.append(LeadMember(name, identity or "", relation))
    identities = [each.identity for each in members if each.identity]
    if len(set(identities)) != len(identities):
        faults.append(FieldFault("persons", "有两行是同一个身份证号"))
    if len(members) > MAX_MEMBERS:
        faults.append(FieldFault("persons", f"一户最多 {MAX_MEMBERS} 人"))
    if faults:
        raise LeadInvalid(errors=tuple(faults))
    _require_head(members)
    return members


def _require_head(members: Sequence[LeadMember]) -> None:
    if sum(each.relation == HEAD for each in members) != 1:
        raise LeadInvalid(errors=(FieldFault("persons", "要有一个户主，只有一个"),))


async def store_persons(conn: Connection, seal: Seal, lead_id: UUID, persons: Sequence[LeadMember]) -> None:
    """Replace the persons of a lead."""
    await DELETE_PERSONS.run(conn, lead_id=lead_id)
    rows = [
        {
            "lead_id": lead_id,
            "position": position,
            "identity_index": seal.index(each.identity),
            "identity_sealed": seal.seal(each.identity, PERSON_IDENTITY_CONTEXT),
            "name_sealed": seal.seal(each.name, PERSON_NAME_CONTEXT),
            "relation": each.relation,
        }
        for position, each in enumerate(persons, 1)
    ]
    await ADD_PERSON.run_many(conn, rows)
