"""A service is its operator, kind and number together; the order of rows and files never changes a case."""

import csv
import hashlib
import json
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from market.kernel import Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from market.kernel.sheets.cells import parse_fen
from market.subsidies.month.bills import list_bills
from market.subsidies.names import Operator, ServiceKind, name_unbound_line
from tests.conftest import EmbeddedServer, clone_database, drop_database
from tests.story.play import STORY, Answer, Player

PHONE = "17050000101"
"""The phone number of YD-01, after which its household's broadband account is written."""
BINDING = f"KX,移动,宽带,{PHONE},样例赵一,130624196202029910,YDK20,,,2018-10-01,,新办,一致"
ENROLMENT = (
    "KX,P3,130624196202029910,H01,2018-09-16,2018-09-20,2018-09-26,2018-09-28,2018-10-01,已审定,样例代办甲,样例村干部A"
)
type Change = Callable[[list[str]], list[str]]


class County:
    """The story's files of January in a folder of their own, to be changed before they are imported."""

    def __init__(self, database: Database, seal: Seal, folder: Path) -> None:
        shutil.copytree(STORY / "input", folder / "input")
        self.player = Player(database, seal, folder)
        self.folder = folder / "input"

    def change(self, name: str, change: Change) -> None:
        """Change the rows below the header of a file, and its manifest with them."""
        path = self.folder / name
        encoding = "gb18030" if "unicom" in name else "utf-8-sig" if "mobile" in name else "utf-8"
        header, *rows = path.read_text(encoding).splitlines()
        rows = change(rows)
        path.write_text("\n".join([header, *rows, ""]), encoding)
        beside = path.with_suffix(".manifest.json")
        if beside.exists():
            sums = {"rows": len(rows), "sum_fen": sum(parse_fen(row[5]) or 0 for row in csv.reader(rows))}
            manifest = {**json.loads(beside.read_text("utf-8")), **sums}
            manifest["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            beside.write_text(json.dumps(manifest), "utf-8")

    def add(self, name: str, *rows: str) -> None:
        """Add rows to a file."""
        self.change(name, lambda given: [*given, *rows])

    async def calculate(self, files: list[str]) -> Answer:
        """Import the files in their order, and calculate January."""
        await self.player(["import", "officials", "input/officials.csv"])
        for path in files:
            kind = path.split("/", maxsplit=1)[0].split(".")[0]
            actor = "jiang" if kind in ("programmes", "plans", "budget") else "gan"
            answer = await self.player(["import", kind, f"input/{path}", "--as", actor], "2019-02-03")
            assert answer["outcome"] == "ok", (path, answer)
        return await self.player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-04")

    async def list_lines(self) -> dict[str, Answer]:
        """Return the lines of January's case by code."""
        case = await self.player(["subsidies", "case", "--month", "2019-01"])
        return {line["id"]: line for line in case["lines"]}

    async def list_findings(self, check: str) -> list[tuple[str, int, str]]:
        """Return subject, sum at risk and evidence of a check's findings."""
        rows = (await self.player(["subsidies", "report", "findings", "--month", "2019-01"]))["rows"]
        return [(row["subject"], row["at_risk_fen"], row["evidence"]) for row in rows if row["check"] == check]


TERMS = ["programmes.json", "plans.csv", "budget.json"]
LINES = [
    "enrolments/enrolments-2018-12-21.csv",
    "bindings/bindings-2018-12-21.csv",
    "enrolments/enrolments-2019-02-01.csv",
    "bindings/bindings-2019-02-01.csv",
]
BILLS = [f"billing/{operator}-2019-01.csv" for operator in ("mobile", "unicom", "telecom")]
FILES = ["register/register-2018-12-20.csv", *TERMS, *LINES, *BILLS, "usage/usage-2019-01.csv"]


@pytest.fixture
async def open_county(
    server: EmbeddedServer, template: str, seal: Seal, tmp_path: Path
) -> AsyncGenerator[Callable[[], Awaitable[County]]]:
    """Open counties with databases and folders of their own."""
    opened: list[tuple[Database, str]] = []

    async def make() -> County:
        name = await clone_database(server, template)
        db = await open_database(server.dsn(name), role=APP_ROLE, max_size=4)
        opened.append((db, name))
        return County(db, seal, tmp_path / name)

    yield make
    for db, name in opened:
        await db.close()
        await drop_database(server, name)


@pytest.fixture
async def county(open_county: Callable[[], Awaitable[County]]) -> County:
    """A county in which a broadband account is written like the phone number of another line."""
    made = await open_county()
    made.add("bindings/bindings-2018-12-21.csv", BINDING)
    made.add("enrolments/enrolments-2018-12-21.csv", ENROLMENT)
    return made


def bill(kind: str, programme: str, charge: str, reduction: str) -> str:
    billed = f"{float(charge) - float(reduction):.2f}"
    return f"2019-01,{PHONE},{kind},{programme},{charge},{reduction},{billed},"


async def test_a_phone_and_an_account_written_like_it_have_bills_of_their_own(county: County) -> None:
    county.add(BILLS[0], bill("宽带", "P3", "20.00", "10.00"))
    assert (await county.calculate(FILES))["outcome"] == "ok"
    lines = await county.list_lines()
    assert (lines["YD-01"]["claimed_fen"], lines["KX"]["claimed_fen"]) == (1900, 1000)
    rows = (await county.player(["subsidies", "report", "claims", "--month", "2019-01"]))["rows"]
    assert {(row["line"], row["kind"]) for row in rows if row["number"] == PHONE} == {
        ("YD-01", "mobile"),
        ("KX", "broadband"),
    }
    assert await county.list_findings("claimed_under_other_programme") == []


async def test_a_bill_of_the_account_alone_does_not_pay_the_phone(county: County) -> None:
    county.change(BILLS[0], lambda rows: [row for row in rows if PHONE not in row])
    county.add(BILLS[0], bill("宽带", "P3", "20.00", "10.00"))
    await county.calculate(FILES)
    lines = await county.list_lines()
    assert (lines["YD-01"]["claimed_fen"], lines["KX"]["claimed_fen"]) == (None, 1000)


async def test_a_farmer_sees_the_bill_of_the_phone_and_never_of_an_account_written_like_it(
    county: County,
) -> None:
    county.add(BILLS[0], bill("宽带", "P3", "20.00", "10.00"))
    await county.calculate(FILES)
    async with county.player.database.transaction(scope="130624") as conn:
        await conn.execute("UPDATE cycles SET state = 'closed'")
        bills = await list_bills(conn, county.player.seal, PHONE)
    assert [(each.kind, each.charge_fen, each.reduction_fen) for each in bills] == [("mobile", 3800, 1900)]


async def test_a_use_of_the_account_is_no_use_of_the_phone(county: County) -> None:
    """LT-03 is a phone of the programme with idle days; its number may be an account of its operator, too."""
    number = "17070000203"

    def add_kind(rows: list[str]) -> list[str]:
        return [f"{row},{'宽带' if number in row else '手机'}" for row in rows]

    path = county.folder / "usage/usage-2019-01.csv"
    path.write_text(path.read_text("utf-8").replace("使用日期", "使用日期,业务类型"), "utf-8")
    county.change("usage/usage-2019-01.csv", add_kind)
    await county.calculate(FILES)
    lines = await county.list_lines()
    assert lines["LT-03"]["used_on"] == []
    assert lines["LT-04"]["used_on"] != []


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("宽带", "P3"), []),
        (("手机", "P2"), [("YD-01", 1900, "账单写的是手机 P2，登记的是手机 P1；申请 19.00")]),
    ],
)
async def test_a_bill_of_another_programme_is_on_a_worksheet(
    county: County, row: tuple[str, str], found: list[tuple[str, int, str]]
) -> None:
    def replace(rows: list[str]) -> list[str]:
        return [bill(*row, "38.00", "19.00") if PHONE in each else each for each in rows]

    county.change(BILLS[0], replace)
    await county.calculate(FILES)
    subjects = {subject for subject, _, _ in found}
    assert [
        each for each in await county.list_findings("claimed_under_other_programme") if each[0] in subjects
    ] == found
    outside = {subject for subject, _, _ in await county.list_findings("claim_outside_snapshot")}
    assert (f"YD-{PHONE}-DS" in outside) == (row[0] == "电视")


def shuffle_files(random: Random) -> list[str]:
    """Return an order of the files in which each kind's own files keep theirs, as later ones replace rows."""
    terms, bills = list(TERMS), [*BILLS, "usage/usage-2019-01.csv"]
    random.shuffle(terms)
    random.shuffle(bills)
    kinds = ["enrolments", "enrolments", "bindings", "bindings"]
    random.shuffle(kinds)
    queues = {kind: [path for path in LINES if path.startswith(kind)] for kind in kinds}
    register = ["register/register-2018-12-20.csv"]
    first = random.choice([[*register, *terms], [*terms, *register]])
    return [*first, *(queues[kind].pop(0) for kind in kinds), *bills]


async def test_the_same_facts_in_any_order_of_rows_and_files_give_the_same_manifest(
    open_county: Callable[[], Awaitable[County]],
) -> None:
    manifests: set[tuple[str, str]] = set()
    for seed in range(4):
        random = Random(seed)
        made = await open_county()
        made.add("bindings/bindings-2018-12-21.csv", BINDING)
        made.add("enrolments/enrolments-2018-12-21.csv", ENROLMENT)
        made.add(BILLS[0], bill("宽带", "P3", "20.00", "10.00"))

        def permute(rows: list[str], random: Random = random) -> list[str]:
            return random.sample(rows, len(rows))

        for path in [*LINES, *BILLS, "register/register-2018-12-20.csv", "usage/usage-2019-01.csv"]:
            made.change(path, permute)
        answer = await made.calculate(shuffle_files(random) if seed else FILES)
        manifests.add((answer["manifest_sha256"], answer["result_sha256"]))
    assert len(manifests) == 1


def test_an_unbound_service_is_named_by_its_kind_where_the_number_is_not_enough() -> None:
    names = [
        name_unbound_line(operator, kind, number)
        for operator, kind, number in (
            (Operator.MOBILE, ServiceKind.MOBILE, "17050000999"),
            (Operator.TELECOM, ServiceKind.BROADBAND, "kd-dx-0999"),
            (Operator.TELECOM, ServiceKind.BROADBAND, "17050000999"),
            (Operator.UNICOM, ServiceKind.TELEVISION, "kd-lt-0999"),
        )
    ]
    assert names == ["YD-17050000999", "DX-kd-dx-0999", "DX-17050000999-KD", "LT-kd-lt-0999-DS"]
