"""What a programme sets of the checks, with validity: stored, and what is wrong in a file."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from market.kernel import Connection, Query
from market.places.counties.settings import describe_county_settings
from market.subsidies.findings.check_table import CHECKS
from market.subsidies.models import FileId
from market.subsidies.names import CHECK_NAMES
from market.subsidies.programmes.source import CheckSetting

MAX_BASIS_LENGTH = 300


DELETE_CHECK_SETTINGS = Query(
    None, "DELETE FROM programme_checks WHERE county_code = :county AND programme_code = :code"
)
ADD_CHECK_SETTINGS = Query(
    None,
    """
    INSERT INTO programme_checks (county_code, programme_code, check_code, valid_during, enabled, thresholds, basis,
                                  file_id)
    SELECT :county, :code, "check", daterange("from", until), enabled, thresholds, basis, :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r("check" text, "from" date, until date, enabled boolean, thresholds jsonb, basis text)
    """,
)


def sort_settings(settings: Iterable[CheckSetting]) -> list[CheckSetting]:
    """Return settings in the order in which they are stored: by check and day."""
    return sorted(settings, key=lambda each: (each.check, each.start))


async def store_check_settings(
    conn: Connection, county: str, code: str, settings: list[CheckSetting], *, file_id: FileId
) -> None:
    """Replace the settings of a programme; the former ones are kept as versions."""
    await DELETE_CHECK_SETTINGS.run(conn, county=county, code=code)
    await ADD_CHECK_SETTINGS.run(conn, county=county, code=code, file_id=file_id, rows=settings)


def find_setting_faults(path: str, settings: list[CheckSetting]) -> list[tuple[str, str, str]]:
    """Return path, message and value of each fault of a programme's settings.

    A check that stops lines is not turned off; thresholds are those of the check, within the county's limits.
    """
    faults: list[tuple[str, str, str]] = []
    for at, each in enumerate(settings):
        own = f"{path}.checks[{at}]"
        check = CHECKS.get(each.check)
        if check is None:
            faults.append((f"{own}.check", f"没有这种检查，应是 {'、'.join(CHECKS)}", each.check))
            continue
        if check.stops and not each.enabled:
            faults.append((f"{own}.enabled", f"“{CHECK_NAMES[each.check]}”会停付，不能关", "false"))
        if each.until is not None and each.until <= each.start:
            faults.append((f"{own}.until", f"应晚于 {each.start}", str(each.until)))
        if not 1 <= len(each.basis.strip()) <= MAX_BASIS_LENGTH:
            faults.append((f"{own}.basis", f"写明依据，1 到 {MAX_BASIS_LENGTH} 个字", each.basis[:20]))
        faults += _find_threshold_faults(own, each)
    for before, after in pairwise(sorted(enumerate(settings), key=lambda pair: (pair[1].check, pair[1].start))):
        if before[1].check == after[1].check and after[1].start < (before[1].until or date.max):
            faults.append((f"{path}.checks[{after[0]}].from", "这种检查在这一天已有另一个版本", str(after[1].start)))
    return faults


def _find_threshold_faults(path: str, setting: CheckSetting) -> list[tuple[str, str, str]]:
    described, known = describe_county_settings(), set(CHECKS[setting.check].thresholds.values())
    faults: list[tuple[str, str, str]] = []
    for name, value in setting.thresholds.items():
        if name not in known:
            expected = f"应是 {'、'.join(sorted(known))}" if known else "这种检查没有门槛"
            faults.append((f"{path}.thresholds.{name}", expected, str(value)))
            continue
        _, _, minimum, maximum = described[name]
        if not minimum <= value <= maximum:
            faults.append((f"{path}.thresholds.{name}", f"要在 {minimum} 到 {maximum} 之间", str(value)))
    return faults
