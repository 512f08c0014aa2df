"""What is given of people in leads, notes and bills is in a dump neither in clear nor compressed nor as bytes."""

from market.kernel.postgres.embedded import EmbeddedServer
from market.people.identity.sign_in import PHONE_CONTEXT
from market.subsidies.intake.persons import GivenPersons
from market.subsidies.lines.models import LineVerb
from market.subsidies.operators.notes import add_note
from tests.service.demo.sample.test_dump import read_dump
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.intake.intake import NEW_FAMILY, SUDDEN, VILLAGE, Case, Intake, make_lead
from tests.subsidies.lines.test_pauses import Pausing
from tests.subsidies.operators.bills import bill_row, make_sender, send, write
from tests.support.make import SEAL

TAKEN, RETURNED, WRITTEN, HEARD = "17059900001", "17059900002", "17059900003", "17059900004"
NEW_SIM, NEW_DEVICE, NEW_HOLDER = "89860019000000009993", "353918051234567", "130624197505059919"
NOTED = "是样例家的，已经销户"
SAID = "样例：看过了，属实"


async def test_leads_notes_and_bills_leave_no_number_name_or_opinion_in_a_dump(
    january: Player, server: EmbeddedServer
) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        new = make_lead(household="", village_code=VILLAGE, note=f"电话 {WRITTEN}")
        await Intake(conn).walk(Case(new, GivenPersons(added=NEW_FAMILY), "H77", SUDDEN))
        sender = await make_sender(conn)
        rows = write(bill_row(1, number=TAKEN), bill_row(2, number=RETURNED).replace("手机", "传真"))
        part = await send(conn, sender, "bill.csv", rows, take_part=True)
        assert part.file_id is not None
        await add_note(
            conn, SEAL, sender, COUNTY, part.file_id, text=f"{TAKEN} {NOTED}", now=nine_o_clock("2019-03-03")
        )
        desk = Pausing(conn)
        await desk.change(
            "YD-05", LineVerb.TRANSFER, "2019-02-11", note=f"样例：打 {HEARD} 问过", identity=NEW_HOLDER,
            new_line="YD-95", realname="一致", sim=NEW_SIM, device=NEW_DEVICE,
        )  # fmt: skip
        await desk.pause("YD-01", "2019-02-11", note=f"样例：{HEARD} 打不通")
        name = await conn.fetchval("SELECT current_database()")
        sealed = await conn.fetchval("SELECT phone_sealed FROM accounts WHERE id = $1", sender.account_id)
    dump = read_dump(server.dsn(name))
    assert "bill.csv" in dump
    planted = [
        NOTED,
        TAKEN,
        RETURNED,
        WRITTEN,
        HEARD,
        NEW_SIM,
        NEW_DEVICE,
        NEW_HOLDER,
        SEAL.open(sealed, PHONE_CONTEXT),
        SAID,
    ]
    planted += [text for each in NEW_FAMILY for text in (each.name, each.identity)]
    assert [text for text in planted if text in dump] == []
