"""What no statement does to a clawback: each constraint and trigger of its tables refuses what it is there for."""

from datetime import date
from uuid import UUID, uuid4

from msgspec.structs import replace

from market.kernel import Connection
from market.people.identity.models import NotAllowed
from market.subsidies.clawbacks.appeals import write_down_appeal
from market.subsidies.clawbacks.decide import decide_clawback
from market.subsidies.clawbacks.models import ClawbackNotFound, Debtor, FraudGround, NewClawback
from market.subsidies.clawbacks.set_off import set_off_clawbacks
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from tests.story.play import COUNTY, Player
from tests.subsidies.clawbacks.test_clawbacks import LINE, MONTHS, NOW, Story, items, open_story, sum_settled
from tests.support.make import SEAL
from tests.support.postgres import as_owner, find_violated

OTHER, PAID = "YD-08", "YD-09"
"""Another settled line that the finding stops, and one that it lets be paid."""
NOBODY = f"'{uuid4()}'"
PROPOSAL = {
    "county_code": "county_code", "debtor": "debtor", "operator": "operator", "person_id": "person_id",
    "household_code": "household_code", "village_code": "village_code", "ground": "ground", "cycle_id": "NULL",
    "finding_id": "finding_id", "amount_fen": "amount_fen", "reason_sealed": "reason_sealed",
    "statement_sealed": "statement_sealed", "state": "'proposed'", "proposed_by": "proposed_by",
    "proposed_person": "proposed_person", "proposed_at": "proposed_at",
}  # fmt: skip
ENTRY = {
    "clawback_id": "id", "county_code": "county_code", "kind": "'repaid'", "fen": "1", "cycle_id": "NULL",
    "paid_on": "'2019-05-06'", "note_sealed": "'x'", "recorded_by": "proposed_by", "recorded_person": "proposed_person",
    "recorded_at": "proposed_at",
}  # fmt: skip


PROPOSED = "state = 'proposed'"


def first(debtor: str) -> str:
    """Return the condition of the first clawback of a finding against an operator, or a household."""
    return f"number = (SELECT min(number) FROM clawbacks WHERE finding_id IS NOT NULL AND debtor = '{debtor}')"


def copy(source: str, **other: str) -> str:
    """Insert a proposal like the operator's or the household's, with other values in some columns."""
    columns = {**PROPOSAL, **other}
    values = f"SELECT {', '.join(columns.values())} FROM clawbacks WHERE {first(source)}"
    return f"INSERT INTO clawbacks ({', '.join(columns)}) {values}"


def enter(debtor: str = "operator", **other: str) -> str:
    """Insert a repayment of the operator's clawback, with other values in some columns."""
    columns = {**ENTRY, **other}
    values = f"SELECT {', '.join(columns.values())} FROM clawbacks WHERE {first(debtor)}"
    return f"INSERT INTO clawback_entries ({', '.join(columns)}) {values}"


def set_off(fen: str = "1") -> str:
    cycle = "(SELECT id FROM cycles ORDER BY month LIMIT 1)"
    return enter(kind="'set_off'", cycle_id=cycle, outcome="'confirmed'", paid_on="NULL", note_sealed="NULL", fen=fen)


def move(debtor: str, changes: str) -> str:
    return f"UPDATE clawbacks SET {changes} WHERE {first(debtor)}"


def add_item(clawback: str, line: str, *, county: str = COUNTY) -> str:
    return (
        "INSERT INTO clawback_items (clawback_id, county_code, line_code, for_month, fen)"
        f" SELECT id, '{county}', '{line}', '2019-01-01', 1 FROM clawbacks WHERE {clawback}"
    )


def copy_with_item(source: str, line: str, **other: str) -> str:
    """Insert a proposal of one fen with an item for a line."""
    return (
        f"WITH new AS ({copy(source, amount_fen='1', **other)} RETURNING id)"
        f" INSERT INTO clawback_items SELECT id, '{COUNTY}', '{line}', '2019-01-01', 1 FROM new"
    )


CHECKS = {
    "clawbacks_amount": [copy("operator", amount_fen="0")],
    "clawbacks_county": [copy("operator", county_code="'13'")],
    "clawbacks_debtor": [copy("operator", debtor="'x'")],
    "clawbacks_ground": [copy("household", ground="'x'")],
    "clawbacks_of_household": [
        copy("household", **{column: "NULL"})
        for column in ("person_id", "household_code", "village_code", "ground", "statement_sealed")
    ],
    "clawbacks_of_operator": [copy("operator", operator="NULL"), copy("household", operator="'mobile'")],
    "clawbacks_origin": [copy("operator", finding_id="NULL"), copy("operator", reason_sealed="NULL")],
    "clawbacks_posted": [copy("operator", posted_at="now()", due_on="'2019-06-01'"), copy("operator", due_on="now()")],
    "clawbacks_served": [copy("household", served_on="'2019-05-01'")],
    "clawbacks_service": [
        copy(
            "household", served_on="'2019-05-01'", service="'x'", served_by="proposed_by", appeal_until="'2019-05-02'"
        )
    ],
    "clawbacks_village": [copy("household", village_code="'130633100000'")],
    "clawbacks_once_a_settlement": [
        ("INSERT INTO clawbacks (county_code, debtor, operator, cycle_id, amount_fen, state, proposed_by,"
        " proposed_person, proposed_at, posted_at, due_on) SELECT county_code, debtor, operator, cycle_id, 1, 'owed',"
        " proposed_by, proposed_person, proposed_at, posted_at, due_on FROM clawbacks WHERE cycle_id IS NOT NULL")
    ],
    "clawbacks_cycle": [
        copy("operator", finding_id="NULL", reason_sealed="NULL", cycle_id=NOBODY, state="'owed'", posted_at="now()",
             due_on="now()")
    ],
    "clawbacks_finding": [copy("operator", finding_id=NOBODY)],
    "clawbacks_household": [copy("household", household_code="'H99'")],
    "clawbacks_operator": [copy("operator", operator="'x'")],
    "clawbacks_person": [copy("household", person_id=NOBODY)],
    "clawback_items_fen": [
        "INSERT INTO clawback_items SELECT clawback_id, county_code, line_code, for_month + 31, 0 FROM clawback_items"
    ],
    "clawback_items_clawback": [
        f"INSERT INTO clawback_items VALUES ({NOBODY}, '{COUNTY}', '{LINE}', '2019-03-01', 1)"
    ],
    "clawback_items_month": ["UPDATE clawback_items SET for_month = for_month + 1"],
    "clawback_items_pkey": ["INSERT INTO clawback_items SELECT * FROM clawback_items"],
    "clawback_entries_fen": [enter(fen="0"), enter(fen="-1")],
    "clawback_entries_kind": [enter(kind="'x'", paid_on="NULL", note_sealed="NULL")],
    "clawback_entries_origin": [
        enter(note_sealed="NULL"),
        enter(paid_on="NULL"),
        enter(kind="'set_off'", paid_on="NULL", note_sealed="NULL"),
    ],
    "clawback_entries_cycle": [
        enter(kind="'set_off'", cycle_id=NOBODY, outcome="'confirmed'", paid_on="NULL", note_sealed="NULL")
    ],
    "clawback_entries_clawback": [enter(clawback_id=NOBODY)],
    "clawback_entries_pkey": [enter(id="(SELECT id FROM clawback_entries LIMIT 1)")],
    "clawback_entries_once_a_cycle": [f"{set_off()}; {set_off(fen='2')}"],
    "clawback_appeals_category": [
        f"INSERT INTO clawback_appeals (case_id, clawback_id, category) SELECT {NOBODY}, id, 'x' FROM clawbacks LIMIT 1"
    ],
    "clawback_appeals_case": [f"UPDATE clawback_appeals SET case_id = {NOBODY}"],
    "clawback_appeals_clawback": [f"UPDATE clawback_appeals SET clawback_id = {NOBODY}"],
    "clawback_appeals_once": [
        f"INSERT INTO clawback_appeals (case_id, clawback_id) SELECT {NOBODY}, clawback_id FROM clawback_appeals"
    ],
    "clawback_appeals_pkey": [
        ("INSERT INTO clawback_appeals (case_id, clawback_id)"
        f" SELECT case_id, c.id FROM clawback_appeals, clawbacks c WHERE {first('operator')}")
    ],
    "settlements_transfer": ["UPDATE settlements SET set_off_fen = pay_fen + 1"],
}  # fmt: skip
"""Statements that each violate one constraint, by its name, as the owner and with all other triggers off."""
BEHIND_TRIGGERS = {
    "clawbacks_state": [
        copy("operator", state="'x'", decided_by="decided_by", decided_person="decided_person", decided_at="now()")
    ],
    "clawbacks_two_people": [
        move("operator", "decided_by = proposed_by"),
        move("operator", "decided_person = proposed_person"),
    ],
    "clawbacks_decided": [
        move("operator", "decided_by = NULL, decided_person = NULL, decided_at = NULL"),
        move("operator", "decided_at = NULL"),
    ],
    "clawbacks_proposer": [copy("operator", proposed_by=NOBODY)],
    "clawbacks_decider": [move("operator", f"decided_by = {NOBODY}")],
    "clawbacks_server": [move("household", f"served_by = {NOBODY}")],
    "clawback_entries_two_people": [
        enter(outcome="'confirmed'", decided_by="proposed_by", decided_person="'x'", decided_at="now()"),
        enter(outcome="'confirmed'", decided_by="decided_by", decided_person="proposed_person", decided_at="now()"),
    ],
    "clawback_entries_decided": [
        enter(outcome="'confirmed'"),
        enter(decided_by="decided_by", decided_person="decided_person", decided_at="now()"),
    ],
    "clawback_entries_outcome": [
        enter(outcome="'x'", decided_by="decided_by", decided_person="decided_person", decided_at="now()")
    ],
    "clawback_entries_recorder": [enter(recorded_by=NOBODY)],
    "clawback_entries_decider": [
        enter(outcome="'refused'", decided_by=NOBODY, decided_person="'x'", decided_at="now()")
    ],
}
"""The same for what a trigger refuses too."""
TRIGGERS = [
    ("P0211", copy("operator", state="'decided'", decided_by="decided_by", decided_person="'x'", decided_at="now()")),
    ("P0211", move("operator", "amount_fen = amount_fen + 1")),
    ("P0211", move("operator", "decided_at = now()")),
    ("P0211", move("operator", "due_on = due_on + 1")),
    ("P0211", move("household", "appeal_until = appeal_until + 1")),
    ("P0211", move("operator", "state = 'decided', posted_at = NULL, due_on = NULL")),
    ("P0214", move("household", "state = 'owed', posted_at = '2019-07-05T00:00Z', due_on = '2019-08-01'")),
    ("P0211", enter("household")),
    ("P0211", "UPDATE clawback_entries SET outcome = 'refused' WHERE outcome = 'confirmed'"),
    ("P0100", "UPDATE clawback_entries SET fen = fen + 1"),
    ("P0100", "DELETE FROM clawback_entries"),
    ("P0100", "UPDATE clawback_items SET fen = fen + 1"),
    ("P0100", "DELETE FROM clawback_items"),
    ("P0100", "DELETE FROM clawbacks"),
    ("P0100", "TRUNCATE clawback_entries"),
    ("P0100", "TRUNCATE clawback_items"),
    ("P0100", "TRUNCATE clawback_appeals"),
    ("P0100", "TRUNCATE clawbacks CASCADE"),
    ("P0211", move("operator", "state = 'proposed'").replace(first("operator"), PROPOSED).replace(
        "state = 'proposed' WHERE", "state = 'decided', decided_at = now(),"
        " decided_by = (SELECT id FROM accounts WHERE handle = 'xian') WHERE")),
    ("P0215", add_item(first("operator"), OTHER)),
    ("P0215", add_item(PROPOSED, PAID)),
    ("P0215", copy_with_item("operator", OTHER, operator="'unicom'")),
    ("P0215", copy_with_item("household", OTHER)),
    ("P0215", "UPDATE findings SET state = 'open'; " + add_item(PROPOSED, OTHER)),
    ("P0216", add_item(PROPOSED, OTHER)),
    ("P0216", copy("operator")),
    ("P0216", move("operator", "state = 'cleared'")),
    ("P0216", set_off(fen="amount_fen")),
]  # fmt: skip
"""What the triggers refuse, by code."""
APPEALED = [
    ("P0211", ("INSERT INTO clawback_appeals (case_id, clawback_id)"
              f" SELECT case_id, c.id FROM clawback_appeals, clawbacks c WHERE {first('operator')}")),
    ("P0214", move("household", "state = 'owed', posted_at = '2019-07-06T00:00Z', due_on = '2019-08-01'")),
    ("P0100", "UPDATE clawback_appeals SET category = category"),
    ("P0100", "DELETE FROM clawback_appeals"),
]  # fmt: skip
"""What they refuse once the household has appealed."""


async def open_guarded(conn: Connection) -> tuple[Story, UUID, UUID]:
    """Make an operator's clawback that is owed, a household's that was delivered, a proposal, and one of a settlement.

    Of the first a repayment is confirmed and another one waits.
    """
    story = await open_story(conn)
    async with as_owner(conn):
        await conn.execute("UPDATE finding_lines SET verdict = 'stop' WHERE line_code = $1", OTHER)
    settled = await sum_settled(conn)
    january, february, march = MONTHS
    new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=[], reason="一机多卡")
    of_operator = await story.propose(replace(new, items=items({january: settled[january]})))
    of_household = await story.propose(
        NewClawback(
            debtor=Debtor.HOUSEHOLD, finding_id=story.finding, items=items({february: settled[february]}),
            reason="借给别人", ground=FraudGround.LENT_IDENTITY, statement="本人说不知道",
        ),
        who="jiang",
    )  # fmt: skip
    for clawback in (of_operator, of_household):
        await story.decide(clawback)
    await story.propose(replace(new, items=items({march: settled[march]})))
    await story.serve(of_household, NOW.date())
    await story.confirm(of_operator, await story.record(of_operator, 10))
    await story.record(of_operator, 10)
    cycle = await find_cycle(conn, COUNTY, january)
    await set_off_clawbacks(conn, cycle, await story.actor("cai"), {Operator.TELECOM: -700}, now=NOW)
    return story, of_operator, of_household


async def test_each_guard_of_the_tables_refuses_what_it_is_for(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story, _, of_household = await open_guarded(conn)
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await conn.execute("SET CONSTRAINTS ALL DEFERRED")
        for code, statement in TRIGGERS:
            await story.refuse(statement, code=code)
        township = await story.actor("zhen")
        await write_down_appeal(conn, SEAL, township, COUNTY, of_household, text="老人来说", now=NOW)
        for code, statement in APPEALED:
            await story.refuse(statement, code=code)
        for scope, rows in (("130633", [0, 0, 0, 0]), (COUNTY, [1, 2, 3, 4])):
            await conn.execute("SELECT set_config('market.scope', $1, true)", scope)
            tables = ("clawback_appeals", "clawback_entries", "clawback_items", "clawbacks")
            assert [await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == rows
        async with as_owner(conn):
            await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("settlements", "clawbacks", "clawback_items", "clawback_entries", "clawback_appeals"):
                await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for name, statements in (CHECKS | BEHIND_TRIGGERS).items():
                for statement in statements:
                    assert await find_violated(conn, statement) == name, statement


async def test_each_step_of_a_clawback_has_its_role_and_its_county(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story, of_operator, of_household = await open_guarded(conn)
        new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=[], reason="x")
        entry = await conn.fetchval("SELECT id FROM clawback_entries WHERE outcome IS NULL")
        for who, work in (
            ("dui", story.propose(new, who="dui")),
            ("dui", story.decide(of_operator, who="dui")),
            ("dui", story.serve(of_household, date(2019, 5, 6), who="dui")),
            ("dui", story.record(of_operator, 1, who="dui")),
            ("cai", story.confirm(of_operator, entry, who="cai")),
        ):
            assert isinstance(await story.fail(work), NotAllowed), who
        reconciler = await story.actor("dui")
        appeal = write_down_appeal(conn, SEAL, reconciler, COUNTY, of_household, text="老人来说", now=NOW)
        assert isinstance(await story.fail(appeal), NotAllowed)
        await story.grant("xian", "county", "130633")
        elsewhere = decide_clawback(
            conn, SEAL, await story.actor("xian"), "130633", of_operator, agree=True, opinion="x", now=NOW
        )
        assert isinstance(await story.fail(elsewhere), ClawbackNotFound)
        await story.grant("xian", "township", "130624999")
        async with as_owner(conn):
            await conn.execute(
                "DELETE FROM grants WHERE scope = $1 AND account_id = (SELECT id FROM accounts WHERE handle = 'xian')",
                COUNTY,
            )
        appeal = write_down_appeal(conn, SEAL, await story.actor("xian"), COUNTY, of_household, text="x", now=NOW)
        assert isinstance(await story.fail(appeal), ClawbackNotFound)
