"""Organisations are registered by a member or a file, and count once another person has verified them."""

from datetime import date

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market.kernel import Connection
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.places.county_files.models import CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.places.organisations.credit_codes import is_credit_code
from market.places.organisations.models import (
    NewOrganisation,
    OrganisationDecided,
    OrganisationId,
    OrganisationInvalid,
    OrganisationKind,
    OrganisationOwnVerifier,
)
from market.places.organisations.public_buyers import NewPublicBuyer, PublicBuyerInvalid, save_public_buyer
from market.places.organisations.register import (
    count_pending_organisations,
    decide_organisation,
    list_organisations,
    list_own_organisations,
    register_organisation,
)
from market.villages.areas import COUNTY_FILE_KINDS
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import make_account

TODAY = date(2019, 9, 20)
COMPANY = NewOrganisation(
    kind=OrganisationKind.COMPANY, name="样例食用菌公司", credit_code="9113 0624MA0xampl0q", county_code="130624",
    licensed_until=date(2019, 12, 31),
)  # fmt: skip
HEADER = "单位名称,统一社会信用代码,类别,县代码,执照有效期至"


async def test_another_person_verifies_what_a_member_registers(conn: Connection) -> None:
    member, official = await an_applicant(conn), await make_official_actor(conn, Role.COUNTY, "130624")
    registered = await register_organisation(conn, member, COMPANY, now=NOW)
    found = OrganisationId(registered.id)
    assert (registered.credit_code, registered.licensed_until) == ("91130624MA0XAMPL0Q", date(2019, 12, 31))
    assert await list_organisations(conn, "130624", pending=False, day=TODAY) == []
    assert await count_pending_organisations(conn, "130624") == 1
    with pytest.raises(OrganisationInvalid) as again:
        async with conn.transaction():
            await register_organisation(conn, official, COMPANY, now=NOW)
    assert [each.field for each in again.value.errors] == ["credit_code"]
    wrong = replace(
        COMPANY, name="公", credit_code="91130624MA0XAMPL0B", county_code="130699", licensed_until=date(2019, 9, 19)
    )
    with pytest.raises(OrganisationInvalid) as invalid:
        await register_organisation(conn, member, wrong, now=NOW)
    assert [each.field for each in invalid.value.errors] == ["name", "credit_code", "county_code", "licensed_until"]
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    with pytest.raises(NotAllowed):
        await decide_organisation(conn, elsewhere, "130624", found, verified=True, now=NOW)
    with pytest.raises(NotFound):
        await decide_organisation(conn, elsewhere, "130725", found, verified=True, now=NOW)
    await decide_organisation(conn, official, "130624", found, verified=True, now=NOW)
    with pytest.raises(OrganisationDecided):
        await decide_organisation(conn, official, "130624", found, verified=False, now=NOW)
    listed = await list_organisations(conn, "130624", pending=False, day=TODAY)
    assert [(each.name, each.licensed) for each in listed] == [("样例食用菌公司", True)]
    later = await list_organisations(conn, "130624", pending=False, day=date(2020, 1, 1))
    assert [(each.licensed, each.licensed_until) for each in later] == [(False, None)]
    assert [each.id for each in await list_own_organisations(conn, member.account_id, day=TODAY)] == [found]


async def take(
    conn: Connection, importer: Actor, *rows: str, dry_run: bool = False
) -> tuple[FileOutcome, dict[str, int]]:
    content = "\n".join([HEADER, *rows]).encode()
    file = CountyFile(county="130624", name="单位.csv", content=content, dry_run=dry_run, now=NOW)
    result = await import_county_file(conn, importer, COUNTY_FILE_KINDS["organisations"], file)
    return result.outcome, result.counts


async def test_a_list_comes_by_file_and_a_change_is_verified_again(conn: Connection) -> None:
    importer, other = [await make_official_actor(conn, Role.IMPORTER, "130624") for _ in range(2)]
    row = "样例食用菌公司,91130624MA0XAMPL0Q,企业,130624,2019-12-31"
    assert await take(conn, importer, row, dry_run=True) == (FileOutcome.TRIED, {"new": 1, "changed": 0, "same": 0})
    assert await count_pending_organisations(conn, "130624") == 0
    assert await take(conn, importer, row) == (FileOutcome.STORED, {"new": 1, "changed": 0, "same": 0})
    assert await take(conn, importer, row) == (FileOutcome.NO_OP, {})
    [known] = await list_organisations(conn, "130624", pending=True, day=TODAY)
    found = OrganisationId(known.id)
    with pytest.raises(OrganisationOwnVerifier):
        await decide_organisation(conn, importer, "130624", found, verified=True, now=NOW)
    with pytest.raises(asyncpg.CheckViolationError, match="organisations_two_people"):
        async with conn.transaction():
            await conn.execute(
                "UPDATE organisations SET verified_by = applied_by, verified_at = $2 WHERE id = $1", found, NOW
            )
    await decide_organisation(conn, other, "130624", found, verified=True, now=NOW)
    extended = row.replace("2019-12-31", "长期")
    assert await take(conn, importer, extended) == (FileOutcome.STORED, {"new": 0, "changed": 1, "same": 0})
    [known] = await list_organisations(conn, "130624", pending=False, day=date(2030, 1, 1))
    assert (known.licensed, known.licensed_until) == (True, None)
    await take(conn, other, extended.replace("样例食用菌", "样例香菇"))
    assert await list_organisations(conn, "130624", pending=False, day=TODAY) == []
    with pytest.raises(OrganisationOwnVerifier):
        await decide_organisation(conn, other, "130624", found, verified=True, now=NOW)
    with pytest.raises(FileMalformed) as refused:
        await take(
            conn, importer,
            "样例甲,91130624MA0XAMPL0B,企业,130624,长期",
            "样例乙,91130624MA0XAMPL0Q,公司,130725,2019-01-01",
            "样例丙,91130624MA0XAMPL0Q,企业,130624,",
        )  # fmt: skip
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "统一社会信用代码"), (3, "类别"), (3, "县代码"), (3, "执照有效期至"),
        (4, "统一社会信用代码"), (4, "执照有效期至"),
    ]  # fmt: skip
    licence = "INSERT INTO organisation_licences VALUES ($1, '[2020-01-01,)')"
    with pytest.raises(asyncpg.ExclusionViolationError):
        await conn.execute(licence, found)


async def test_the_schema_checks_the_code_as_python_does(conn: Connection) -> None:
    codes = [
        first + last
        for first in ("91130624MA0XAMPL0", "12130624MB0A1E2P3", "91350100M000100Y4", "Y" * 17)
        for last in "0123456789ABCDEFGHJKLMNPQRTUWXYIOZ"
    ]
    accepted = [code for code in codes if await conn.fetchval("SELECT is_credit_code($1)", code)]
    assert accepted == [code for code in codes if is_credit_code(code)]
    assert len(accepted) == 4


@given(text=st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_every_code_has_one_check_character(text: str) -> None:
    assert sum(is_credit_code(text + last) for last in "0123456789ABCDEFGHJKLMNPQRTUWXY") == 1


async def test_an_organisation_of_another_kind_is_no_public_unit(conn: Connection, seal: Seal) -> None:
    """Unless its code says that it is public: a school that hires is here as an employer."""
    member = await an_applicant(conn)
    staff = await make_official_actor(conn, Role.PLATFORM, "13")
    await make_account(conn, name="样例采购", phone="13900007777")
    for kind, code, is_public in (
        (OrganisationKind.COMPANY, COMPANY.credit_code, False),
        (OrganisationKind.EMPLOYER, "12130624MB0XAMP70J", True),
        (OrganisationKind.PUBLIC_UNIT, "12130600MB0XAMP60Q", True),
    ):
        await register_organisation(conn, member, replace(COMPANY, kind=kind, credit_code=code), now=NOW)
        new = NewPublicBuyer(phone="13900007777", unit_name="样例单位", credit_code=code, ends_on=date(2020, 9, 1))
        if is_public:
            await save_public_buyer(conn, seal, staff, new, now=NOW)
        else:
            with pytest.raises(PublicBuyerInvalid) as refused:
                await save_public_buyer(conn, seal, staff, new, now=NOW)
            assert [each.field for each in refused.value.errors] == ["credit_code"]
    known = await list_own_organisations(conn, member.account_id, day=TODAY)
    assert {each.kind: each.verified_at is not None for each in known} == {
        OrganisationKind.COMPANY: False, OrganisationKind.EMPLOYER: True, OrganisationKind.PUBLIC_UNIT: True,
    }  # fmt: skip
