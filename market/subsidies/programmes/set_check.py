"""Set one check of a programme from a day on: the stored programme as its file, with one setting more."""

from datetime import date

import msgspec

from market.kernel import Connection
from market.people.identity.models import NotFound
from market.subsidies.programmes.check_settings import sort_settings
from market.subsidies.programmes.source import CheckSetting, ProgrammesSource
from market.subsidies.programmes.stored import load_programmes


def replace_setting(settings: list[CheckSetting], new: CheckSetting) -> list[CheckSetting]:
    """Return settings with a new one, which takes its days from the others of its check; pure."""
    kept: list[CheckSetting] = []
    for each in settings:
        if each.check != new.check:
            kept.append(each)
            continue
        if each.start < new.start:
            kept.append(msgspec.structs.replace(each, until=min(each.until or date.max, new.start)))
        if new.until is not None and new.until < (each.until or date.max):
            kept.append(msgspec.structs.replace(each, start=max(each.start, new.until)))
    return sort_settings([*kept, new])


async def write_check_file(conn: Connection, county: str, code: str, setting: CheckSetting) -> bytes:
    """Return the programmes file of one stored programme with a setting, which `import_programmes` takes.

    Its document is stored already and need not be sent. The caller checks who may set it by importing the file.

    Raises:
        NotFound: the county has no programme of this code.
    """
    stored = await load_programmes(conn, county)
    programme = next((each for each in stored.programmes if each.code == code), None)
    if programme is None:
        raise NotFound
    checks = replace_setting(programme.checks or [], setting)
    return msgspec.json.encode(ProgrammesSource(county, [msgspec.structs.replace(programme, checks=checks)]))
