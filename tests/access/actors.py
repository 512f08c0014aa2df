"""The actors of the access table, named by their relation to the fixtures."""

from market.kernel import Connection
from market.people.identity.models import AccountId, Role
from tests.support.make import make_account, make_official, make_operator_account

COUNTY = "130624"
"""阜平县, the county of the golden story; requests name it unless a case says otherwise."""
OTHER_COUNTY = "130725"
"""尚义县, in another prefecture, with its own producer, orders and month."""
SCOPED_VILLAGE = "130624101209"
"""骆驼湾村, the scope of the actor `VILLAGE_SCOPED`."""

ANONYMOUS = "anonymous"
BUYERS = ("buyer", "other_buyer")
MEMBERS = ("farmer", "helper")
"""Members of the producer of the fixtures: its owner and a helper."""
NON_MEMBERS = ("other_farmer", "former_helper")
"""The owner of another producer, and a helper of this one until yesterday."""
COUNTY_OFFICIALS = {
    "importer": "gan", "policy": "jiang", "village": "cun", "township": "zhen", "county": "xian", "finance": "cai",
    "reconciler": "dui",
}  # fmt: skip
"""Officials of the county's subsidies by their duty, with their handles in the golden story."""
VILLAGE_SCOPED = "village_scoped"
"""Has the roles of village and township in `SCOPED_VILLAGE` only."""
OFFICIALS = (*COUNTY_OFFICIALS, VILLAGE_SCOPED, "platform")
OTHER_COUNTY_OFFICIAL = "other_county_official"
WITHOUT_SECOND_FACTOR = "without_second_factor"
"""Has every role in the county, with a session without the second factor."""

OPERATOR = "operator"
"""Sends the files of one operator for the county, signed in with the second factor; has no role."""
ORDINARY_ACCOUNTS = (*BUYERS, *MEMBERS, *NON_MEMBERS, OPERATOR)
"""Signed-in accounts without a role."""
ALL_ACTORS = (ANONYMOUS, *ORDINARY_ACCOUNTS, *OFFICIALS, OTHER_COUNTY_OFFICIAL, WITHOUT_SECOND_FACTOR)

NON_SELLERS = (*BUYERS, "former_helper", OPERATOR, *OFFICIALS, OTHER_COUNTY_OFFICIAL, WITHOUT_SECOND_FACTOR)
"""Signed-in accounts that are not members of any producer now."""


async def make_accounts(conn: Connection) -> dict[str, AccountId]:
    """Insert the accounts of all actors but the golden story's officials, and return them by name."""
    every_role = tuple(role for role in Role if role not in {Role.SUPERVISOR, Role.AUDITOR})
    subsidies = tuple(role for role in every_role if role is not Role.PLATFORM)
    return {
        "buyer": await make_account(conn, name="样例买家甲", phone="17010008801"),
        "other_buyer": await make_account(conn, name="样例买家乙", phone="17010008802"),
        "farmer": await make_account(conn, name="样例农户甲", phone="17010008803"),
        "helper": await make_account(conn, name="样例帮手", phone="17010008804"),
        "former_helper": await make_account(conn, name="样例旧帮手", phone="17010008805"),
        "other_farmer": await make_account(conn, name="样例农户乙", phone="17010008806"),
        "applicant": await make_account(conn, name="样例申请人", phone="17010008807"),
        "other_applicant": await make_account(conn, name="样例申请人乙", phone="17010008808"),
        OPERATOR: await make_operator_account(conn, "mobile", COUNTY),
        VILLAGE_SCOPED: await make_official(conn, [Role.VILLAGE, Role.TOWNSHIP], SCOPED_VILLAGE, name="样例驻村"),
        "platform": await make_official(conn, Role.PLATFORM, "13", name="样例平台"),
        OTHER_COUNTY_OFFICIAL: await make_official(conn, every_role, OTHER_COUNTY, name="样例外县"),
        "other_county_policy": await make_official(conn, Role.POLICY, OTHER_COUNTY, name="样例外县政策"),
        WITHOUT_SECOND_FACTOR: await make_official(conn, subsidies, COUNTY, name="样例无口令"),
    }
