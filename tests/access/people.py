"""Who knocks at every door: the visitors of the access matrix, by what they are to the world's things."""

from market.identity import AccountId, Role
from market.kernel import Connection
from tests.factories import an_account, an_official

COUNTY = "130624"
"""阜平县, the county of the golden story; everything that is asked for is there."""
COUNTY_ELSEWHERE = "130725"
"""尚义县, in another prefecture, with a producer, an order and a month of its own."""
PART = "130624101209"
"""骆驼湾村, the one village that the village's official sees."""

ANONYMOUS = "anonymous"
SHOPPERS = ("buyer", "other_buyer")
SELLERS = ("farmer", "helper")
"""Who works for the producer in question: its owner, and who helps with its pages."""
OTHER_SELLERS = ("other_farmer", "former_helper")
"""Who works for another producer, and who worked for this one until yesterday."""
STAFF = {
    "importer": "gan", "policy": "jiang", "village": "cun", "township": "zhen", "county": "xian", "finance": "cai",
    "reconciler": "dui",
}  # fmt: skip
"""Officials of the county's subsidies by their duty, with their handles in the golden story."""
OFFICIALS = (*STAFF, "part", "platform")
ELSEWHERE = "elsewhere"
NO_FACTOR = "no_factor"
"""Holds every role in the county, and has not shown the second factor."""

STRANGERS = (*SHOPPERS, *SELLERS, *OTHER_SELLERS)
"""Who is signed in and holds no role."""
EVERYONE = (ANONYMOUS, *STRANGERS, *OFFICIALS, ELSEWHERE, NO_FACTOR)

WITHOUT_PRODUCER = (*SHOPPERS, "former_helper", *OFFICIALS, ELSEWHERE, NO_FACTOR)
"""Who is signed in and sells nothing now."""


async def make_visitors(conn: Connection) -> dict[str, AccountId]:
    """Write the accounts of all visitors but the story's officials, and return them by name."""
    every_role = tuple(Role)
    subsidies = tuple(role for role in Role if role is not Role.PLATFORM)
    return {
        "buyer": await an_account(conn, name="样例买家甲", phone="17010008801"),
        "other_buyer": await an_account(conn, name="样例买家乙", phone="17010008802"),
        "farmer": await an_account(conn, name="样例农户甲", phone="17010008803"),
        "helper": await an_account(conn, name="样例帮手", phone="17010008804"),
        "former_helper": await an_account(conn, name="样例旧帮手", phone="17010008805"),
        "other_farmer": await an_account(conn, name="样例农户乙", phone="17010008806"),
        "applicant": await an_account(conn, name="样例申请人", phone="17010008807"),
        "other_applicant": await an_account(conn, name="样例申请人乙", phone="17010008808"),
        "part": await an_official(conn, [Role.VILLAGE, Role.TOWNSHIP], PART, name="样例驻村"),
        "platform": await an_official(conn, Role.PLATFORM, "13", name="样例平台"),
        ELSEWHERE: await an_official(conn, every_role, COUNTY_ELSEWHERE, name="样例外县"),
        "policy_elsewhere": await an_official(conn, Role.POLICY, COUNTY_ELSEWHERE, name="样例外县政策"),
        NO_FACTOR: await an_official(conn, subsidies, COUNTY, name="样例无口令"),
    }
