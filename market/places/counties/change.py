"""Change a setting of a county from a given day."""

from datetime import date, datetime

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_role
from market.people.identity.models import Actor, Role
from market.places.counties.settings import describe_county_settings

MAX_BASIS_LENGTH = 300


class BadCountySetting(Refusal):
    """The setting, its value, first day or basis is not valid; `errors` lists every fault."""

    code = "bad_county_setting"
    status = 422
    zh = "这项设置有 {count} 处不对。"
    en = "{count} values of this setting are wrong."


# Two officials who change a setting at once wait for each other.
LOCK_SETTINGS = Query(
    None, "SELECT pg_advisory_xact_lock(hashtextextended('county_settings:' || :county_code::text, 0))"
)
# The current value ends when the new one starts; values that would start later are deleted.
DELETE_LATER_SETTINGS = Query(
    None,
    """
    DELETE FROM county_settings
     WHERE county_code = :county_code AND name = :name AND lower(valid_during) >= :starts_on::date
    """,
)
END_COUNTY_SETTING = Query(
    None,
    """
    UPDATE county_settings SET valid_during = daterange(lower(valid_during), :starts_on::date)
     WHERE county_code = :county_code AND name = :name AND valid_during @> :starts_on::date
    """,
)
ADD_COUNTY_SETTING = Query(
    None,
    """
    INSERT INTO county_settings (county_code, name, valid_during, value, basis)
    VALUES (:county_code, :name, daterange(:starts_on::date, NULL), :value, :basis)
    """,
)


async def change_county_setting(
    conn: Connection,
    actor: Actor,
    county_code: str,
    name: str,
    value: int,
    *,
    starts_on: date,
    basis: str,
    now: datetime,
) -> None:
    """Set one of `CountySettings` for a county (six digits) from `starts_on`, in the caller's transaction.

    `basis` names the document or decision. The past does not change: the first day is today or later.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has neither the county nor the platform role for the county.
        BadCountySetting: the name is unknown, the value is out of range, the day is in the past, or the
            basis is missing or too long.
    """
    require_role(actor, {Role.COUNTY, Role.PLATFORM}, county_code)
    faults: list[FieldFault] = []
    described = describe_county_settings()
    if name not in described:
        faults.append(FieldFault("name", f"没有这项设置；可以是 {'、'.join(described)}"))
    else:
        _, _, minimum, maximum = described[name]
        if not minimum <= value <= maximum:
            faults.append(FieldFault("value", f"要在 {minimum} 到 {maximum} 之间"))
    if starts_on < get_business_day(now):
        faults.append(FieldFault("from", "只能从今天或以后起"))
    if not 1 <= len(basis.strip()) <= MAX_BASIS_LENGTH:
        faults.append(FieldFault("basis", f"写明依据，1 到 {MAX_BASIS_LENGTH} 个字"))
    if faults:
        raise BadCountySetting(count=len(faults), errors=tuple(faults))
    await LOCK_SETTINGS.run(conn, county_code=county_code)
    key = {"county_code": county_code, "name": name, "starts_on": starts_on}
    await DELETE_LATER_SETTINGS.run(conn, **key)
    await END_COUNTY_SETTING.run(conn, **key)
    await ADD_COUNTY_SETTING.run(conn, **key, value=value, basis=basis.strip())
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="change_county_setting",
        object=f"county:{county_code}",
        detail={"name": name, "value": value, "from": starts_on.isoformat(), "basis": basis.strip()},
        now=now,
    )
