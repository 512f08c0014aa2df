"""A verdict rests on what the calculation saw whose evidence was shown, not on what was known when it was given."""

from pathlib import Path

from market.kernel import Connection
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.findings.test_asked_again import bind, decide, load
from tests.subsidies.findings.test_changed_evidence import SHORT, import_notice, list_held_lines
from tests.subsidies.findings.test_second_attacker import find, run_january
from tests.subsidies.findings.test_withdrawn_verdicts import list_states
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import BINDINGS, ENROLMENTS, edit_copy
from tests.subsidies.month.test_holds import hold
from tests.subsidies.month.test_returns import advance, take

DAY = "2019-02-07"


async def begin_import_in(player: Player, conn: Connection, path: Path, kind: str, day: str) -> None:
    """Import a file in an open transaction."""
    now = nine_o_clock(day)
    actor = await find_actor_by_handle(conn, "gan", day=now.date())
    upload = Upload(COUNTY, kind, path.name, path.read_bytes(), take_changes=True)
    context = ImportContext(seal=player.seal, now=now)
    await run_import(conn, actor, await prepare_upload(actor, upload, context))


async def test_a_file_imported_before_a_verdict_and_calculated_after_it_is_asked_about(
    january: Player, folder: Path
) -> None:
    await import_notice(january, folder, SHORT, "2019-02-05")
    path = edit_copy(ENROLMENTS, folder, "none.csv", keep_row(1, 公示起="", 公示止=""))
    await load(january, "enrolments", path, "2019-02-06")
    # The township reads “公示 3 天”, which the calculation found.
    await decide(january, "enrolled_without_notice", "YD-01", "--pay=YD-01", day="2019-02-07")
    await run_january(january, "2019-02-07")
    assert await list_states(january, "enrolled_without_notice") == [("open", [""], "没有公示")]
    assert "YD-01" in await list_held_lines(january)
    await decide(january, "enrolled_without_notice", "YD-01", "--pay=YD-01", day="2019-02-08")
    await run_january(january, "2019-02-08")
    assert "YD-01" not in await list_held_lines(january)


async def test_a_verdict_given_while_a_file_is_imported_is_not_about_its_facts(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-05")
    path = edit_copy(ENROLMENTS, folder, "none.csv", keep_row(1, 公示起="", 公示止=""))
    async with january.database.transaction(scope=COUNTY) as conn:
        await begin_import_in(january, conn, path, "enrolments", "2019-02-06")
        # On another connection, while the import is not committed, and before it by nobody's clock.
        answer = await decide(january, "enrolled_without_notice", "YD-01", "--pay=YD-01", day="2019-02-07")
        assert answer["state"] == "decided"
    await run_january(january, "2019-02-08")
    assert await list_states(january, "enrolled_without_notice") == [("open", [""], "没有公示")]
    assert "YD-01" in await list_held_lines(january)


async def test_a_file_that_waited_for_a_calculation_is_later_than_it(january: Player, folder: Path) -> None:
    """Its clock is read before it waits for the lock of the county's imports."""
    await import_notice(january, folder, SHORT, "2019-02-05")
    await run_january(january, "2019-02-07")
    path = edit_copy(ENROLMENTS, folder, "long.csv", keep_row(1, 公示起="2018-09-20", 公示止="2018-09-26"))
    await load(january, "enrolments", path, "2019-02-06")
    await run_january(january, "2019-02-08")
    assert "YD-01" in await list_held_lines(january)


async def test_a_line_enrolled_while_another_is_held_does_not_take_its_place(january: Player, folder: Path) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        path = edit_copy(ENROLMENTS, folder, "new.csv", keep_row(1, 业务编号="YD-95"))
        await begin_import_in(january, conn, path, "enrolments", "2019-02-05")
        held = await hold(january, "xian", "YD-01")
        assert "code" not in held, held
    await decide(january, "held_by_official", "YD-01", "--stop=YD-01", day="2019-02-08")
    await bind(january, folder, "2019-02-08", 身份证号="130624196202029910")
    await run_january(january, "2019-02-08")
    found = await find(january, "held_by_official", "YD-01")
    assert found is not None
    assert found.lines == ["YD-01", "YD-95"]


async def test_the_county_decides_nothing_that_the_checks_would_stop_by_now(january: Player, folder: Path) -> None:
    """Who is bound is no fact of the case, whose hash is compared."""
    await advance(january, "review")
    spouse = keep_row(1, 身份证号="130624196404049928")
    path = edit_copy(BINDINGS, folder, "spouse.csv", spouse)
    await load(january, "bindings", path, "2019-02-06")
    refused = await take(january, "decide")
    assert refused["code"] == "facts_changed"
    await run_january(january, "2019-02-07")
    assert await find(january, "bound_to_another", "YD-01")
    answer = await decide(january, "bound_to_another", "YD-01", "--stop=YD-01", day="2019-02-07")
    assert answer["state"] == "decided"
    assert "code" not in (done := await take(january, "review")), done
    assert "code" not in (done := await take(january, "decide")), done
