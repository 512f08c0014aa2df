"""A pairing is proposed with its pledges, by hand or by file, and the other side agrees once."""

import asyncio
from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import NotAllowed, NotFound, Role
from market.places.county_files.models import CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.pairing.models import (
    PairingDecided,
    PairingFields,
    PairingInvalid,
    PairingOverlap,
    PairingOwnSide,
    PairingState,
    PledgeKind,
    TooManyProposals,
)
from market.villages.pairing.progress import (
    get_pairing_state,
    list_due_years,
)
from market.villages.pairing.views import (
    list_county_pairings,
    list_public_pairings,
)
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import (
    OTHER_VILLAGE,
    VILLAGE,
    load_actor,
    make_account,
)
from tests.villages.pairing.proposing import (
    CODES,
    HEAD,
    LAST,
    NEW,
    PLEDGES,
    TODAY,
    decide,
    decide_own,
    make_company,
    propose,
)


async def test_a_pledge_has_a_term_and_the_other_side_agrees(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
        neighbour = await make_official_actor(conn, Role.VILLAGE, OTHER_VILLAGE)
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        member, company = await make_company(conn, county)
        stranger, other = await make_company(conn, county, name="样例箱包", code=CODES[1])
        colleague = await load_actor(conn, await make_account(conn, name="样例同事"), second_factor=False)
        await conn.execute("INSERT INTO organisation_members VALUES ($1, $2, 'clerk')", company, colleague.account_id)
    buy = PLEDGES[0]
    for new, fields in (
        (replace(NEW, pledges=[replace(buy, last=None)]), ["pledges.0.last"]),
        (replace(NEW, last=None), ["last"]),
        (replace(NEW, first=None, pledges=[]), ["first", "pledges"]),
        (replace(NEW, last=date(2019, 9, 19)), ["last", *[f"pledges.{n}.last" for n in range(4)], "last"]),
        (replace(NEW, last=date(2029, 12, 31)), ["last"]),
        (replace(NEW, pledges=[buy, replace(buy, first=LAST)]), ["pledges.1.kind"]),
        (
            replace(NEW, pledges=[replace(buy, target=0, first=date(2019, 9, 19))]),
            ["pledges.0.target", "pledges.0.first"],
        ),
        (replace(NEW, pledges=[replace(buy, last=date(2021, 1, 1))]), ["pledges.0.last"]),
        (replace(NEW, village_code="130624999999"), ["village"]),
    ):
        with pytest.raises(PairingInvalid) as refused:
            await propose(database, member, company, new)
        assert [each.field for each in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await propose(database, stranger, company)
    sent = await propose(database, member, company)
    with pytest.raises(PairingOverlap):
        await propose(database, member, company, replace(NEW, first=date(2020, 1, 1), pledges=PLEDGES[:1]))
    # Nobody but the two sides reads a proposal.
    for scope, count in (("130624", 1), ("130725", 0), (get_person_scope(stranger), 0), (get_person_scope(member), 1)):
        async with database.transaction(scope=scope) as conn:
            assert await conn.fetchval("SELECT count(*) FROM pairings") == count
            assert await conn.fetchval("SELECT count(*) FROM pledges") == 4 * count
    async with database.transaction() as conn:
        assert await list_public_pairings(conn, VILLAGE, day=TODAY) == []
    for official, at, refusal in (
        (elsewhere, "130725", NotFound),
        (elsewhere, "130624", NotAllowed),
        (neighbour, "130624", NotAllowed),
    ):
        with pytest.raises(refusal):
            await decide(database, official, sent.id, county=at)
    for person, own_side in ((member, PairingOwnSide), (colleague, PairingOwnSide), (stranger, NotFound)):
        with pytest.raises(own_side):
            await decide_own(database, person, sent.id)
    await decide(database, village, sent.id)
    for step in (decide(database, county, sent.id, agreed=False), decide_own(database, member, sent.id, agreed=False)):
        with pytest.raises(PairingDecided):
            await step
    async with database.transaction(scope="130624") as conn:
        for wrong in (
            "UPDATE pledges SET valid_during = '[2019-09-21,2020-01-01)' WHERE kind = 'buy'",
            "DELETE FROM pledges WHERE kind = 'buy'",
            "UPDATE pairings SET agreed_by = NULL, agreed_at = NULL",
            "UPDATE pairings SET valid_during = '[2019-09-20,2021-06-01)'",
            f"INSERT INTO pledges VALUES ('{sent.id}', 'buy', 1, '[2021-01-01,)')",
            f"INSERT INTO pledges VALUES ('{sent.id}', 'teach', 1, '[2020-07-01,2020-08-01)')",
            (
                "INSERT INTO pairings (organisation_id, village_code, valid_during, proposed_by, proposed_at)"
                " SELECT organisation_id, '130624101201', '[2019-09-20,)', proposed_by, proposed_at FROM pairings"
            ),
        ):
            with pytest.raises(asyncpg.PostgresError):
                async with conn.transaction():
                    await conn.execute(wrong)
        assert await conn.fetchval("SELECT count(*) FROM pledges") == 4
    # A proposal that is refused leaves nothing.
    again = await propose(database, stranger, other)
    await decide(database, county, again.id, agreed=False)
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM pairings") == 1
        listed = await list_county_pairings(conn, village, "130624", [VILLAGE], day=TODAY)
        assert [(each.id, each.state) for each in listed] == [(sent.id, PairingState.RUNNING)]
        assert await list_county_pairings(conn, neighbour, "130624", [OTHER_VILLAGE], day=TODAY) == []


async def test_a_file_proposes_and_names_its_bad_cells(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        member, company = await make_company(conn, county)

    async def take(*rows: str, dry_run: bool = False) -> tuple[FileOutcome, dict[str, int]]:
        content = "\n".join((HEAD, *rows)).encode()
        file = CountyFile(county="130624", name="结对.csv", content=content, dry_run=dry_run, now=NOW)
        async with database.transaction(scope="130624") as conn:
            taken = await import_county_file(conn, county, COUNTY_FILE_KINDS["pairings"], file)
        return taken.outcome, taken.counts

    buy = f"样例枣业,{CODES[0]},{VILLAGE},2019-09-20 至 2020-12-31,买货,500.00,元"
    teach = f"样例枣业,{CODES[0]},{VILLAGE},2019-10-01至2020-06-30,办课,40,人次"
    assert await take(buy, teach, dry_run=True) == (FileOutcome.TRIED, {"new": 1, "changed": 0, "same": 0})
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM pairings") == 0
    assert await take(buy, teach) == (FileOutcome.STORED, {"new": 1, "changed": 0, "same": 0})
    assert (await take(buy, teach))[0] is FileOutcome.NO_OP
    assert await take(teach, buy) == (FileOutcome.STORED, {"new": 0, "changed": 0, "same": 1})
    assert await take(buy.replace("500.00", "600.00")) == (FileOutcome.STORED, {"new": 0, "changed": 1, "same": 0})
    with pytest.raises(FileMalformed) as refused:
        await take(
            buy.replace("2019-09-20 至 2020-12-31", "2019-09-20 起"),
            buy.replace(CODES[0], CODES[1]),
            buy.replace("样例枣业", "样例枣"),
            buy.replace(VILLAGE, "130725100201").replace("元", "人次"),
            buy.replace("买货", "捐款"),
            teach.replace("2020-06-30", "2019-09-19").replace(",40,", ",0,"),
            buy,
            buy,
        )
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "起止日期"), (3, "统一社会信用代码"), (4, "企业名称"), (5, "村代码"), (6, "承诺类别"),
        (7, "起止日期"), (7, "数量"), (9, "承诺类别"),
    ]  # fmt: skip
    async with database.transaction(scope="130624") as conn:
        [pairing] = await list_county_pairings(conn, county, "130624", ["130624"], day=TODAY)
        assert [(each.kind, each.target, each.last) for each in pairing.pledges] == [(PledgeKind.BUY, 600_00, LAST)]
    with pytest.raises(PairingOwnSide):
        await decide(database, county, pairing.id)
    await decide_own(database, member, pairing.id)
    with pytest.raises(FileMalformed, match="1 faults"):
        await take(buy.replace("500.00", "700.00"))
    villages = CountyFile(
        county="130624", name="村.csv", dry_run=False, now=NOW,
        content=f"村代码,村名,起始日期,终止日期,并入村代码,依据\n{VILLAGE},革新庄村,,2019-12-31,,样例〔2019〕1号".encode(),
    )  # fmt: skip
    async with database.transaction(scope="130624") as conn:
        await conn.execute("UPDATE organisations SET verified_by = NULL, verified_at = NULL")
        await import_county_file(conn, county, COUNTY_FILE_KINDS["villages"], villages)
        [pairing] = await list_county_pairings(conn, county, "130624", ["130624"], day=TODAY)
        assert (pairing.last, pairing.pledges[0].last) == (date(2019, 12, 31), date(2019, 12, 31))
    with pytest.raises(PairingInvalid) as ended:
        await propose(database, member, company, replace(NEW, first=date(2020, 1, 1), pledges=PLEDGES[:1]))
    assert [each.field for each in ended.value.errors] == ["village"]


async def test_a_pairing_is_proposed_and_decided_once(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        member, company = await make_company(conn, county)
    tries = await asyncio.gather(*(propose(database, member, company) for _ in range(4)), return_exceptions=True)
    [sent] = [each for each in tries if isinstance(each, PairingFields)]
    assert sum(isinstance(each, PairingOverlap) for each in tries) == 3
    ends = await asyncio.gather(
        decide(database, county, sent.id), decide_own(database, member, sent.id, agreed=False), return_exceptions=True
    )
    lost = [each for each in ends if each is not None]
    assert len(lost) == 1
    async with database.transaction(scope="130624") as conn:
        row = await conn.fetchrow("SELECT agreed_at IS NOT NULL AS agreed FROM pairings")
    # What was agreed stays, what was taken back is gone.
    if row is None:
        assert isinstance(lost[0], NotFound)
    else:
        assert row["agreed"]
        assert isinstance(lost[0], PairingDecided)


async def test_of_many_proposals_at_once_no_more_wait_than_a_person_may_have(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.villages.pairing.propose.MAX_OPEN_PROPOSALS", 2)
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        member, company = await make_company(conn, county)
        villages = await conn.fetch(
            "SELECT DISTINCT code FROM village_periods WHERE starts_with(code, '130624') ORDER BY code LIMIT 6"
        )
    tries = await asyncio.gather(
        *(propose(database, member, company, replace(NEW, village_code=each["code"])) for each in villages),
        return_exceptions=True,
    )
    assert [isinstance(each, (PairingFields, TooManyProposals)) for each in tries] == [True] * 6
    assert sum(isinstance(each, PairingFields) for each in tries) == 2


def _make_fields(**changes: object) -> PairingFields:
    made = PairingFields(
        id=uuid4(), number=1, organisation_id=uuid4(), organisation="样例", village_code=VILLAGE, village="革新庄村",
        county_code="130624", first=TODAY, last=LAST, proposed_at=NOW, agreed_at=NOW, stated=[],
    )  # fmt: skip
    return replace(made, **changes)


def test_a_pairing_goes_from_proposed_to_stated() -> None:
    for changes, day, state, due in (
        ({"agreed_at": None}, LAST, PairingState.PROPOSED, []),
        ({}, date(2019, 9, 19), PairingState.AGREED, []),
        ({}, TODAY, PairingState.RUNNING, []),
        ({}, date(2020, 1, 1), PairingState.RUNNING, [2019]),
        ({"stated": [2019]}, LAST, PairingState.RUNNING, []),
        ({"stated": [2019]}, date(2021, 1, 1), PairingState.ENDED, [2020]),
        ({"stated": [2019, 2020]}, date(2021, 1, 1), PairingState.STATED, []),
        ({"last": date(2020, 3, 31)}, date(2020, 4, 1), PairingState.ENDED, [2019, 2020]),
    ):
        made = _make_fields(**changes)
        assert (get_pairing_state(made, day), list_due_years(made, day)) == (state, due)
