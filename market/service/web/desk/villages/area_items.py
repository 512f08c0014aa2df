"""What waits for an official in the service areas and is no case: each area adds one function."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from market.cases.answers.notices import count_notices_to_check
from market.kernel import Connection
from market.people.identity.access import has_role_for
from market.people.identity.models import COUNTY_KEEPERS, Role
from market.places.organisations.register import count_pending_organisations
from market.sales.procurement.views import count_late_acceptances, count_late_purchases, count_late_red_letters
from market.service.web.desk.context import DeskContext
from market.subsidies.bank_accounts.accounts import count_waiting_bank_accounts
from market.subsidies.bank_accounts.models import AGREER
from market.subsidies.clawbacks.models import DECIDER
from market.subsidies.clawbacks.propose import count_proposed_clawbacks
from market.villages.content.story_views import COUNT_STORIES_TO_CHECK
from market.villages.pairing.models import AGREERS
from market.villages.pairing.views import count_proposed_pairings
from market.villages.services.attendance import MARKERS
from market.villages.services.postings import count_postings_to_check
from market.villages.services.slots import count_unmarked_slots
from market.villages.supervision.views import count_supervision

PROCUREMENT_READERS = (*COUNTY_KEEPERS, Role.FINANCE)


class WorkItem(Struct, frozen=True):
    """An item of the worklist: its page, title, due day and text."""

    href: str
    words: str
    when: str
    text: str
    late: bool = False


async def _find_organisations(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, COUNTY_KEEPERS, desk.county):
        return None
    count = await count_pending_organisations(conn, desk.county)
    return WorkItem(desk.to("/desk/organisations"), f"单位 {count} 家，等核", "", "照证书核一遍") if count else None


async def _find_bank_accounts(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, (AGREER,), desk.county):
        return None
    count = await count_waiting_bank_accounts(conn, desk.county)
    text = "照协议再填一遍账号"
    return WorkItem(desk.to("/desk/bank-accounts"), f"收款账户 {count} 个，等核对", "", text) if count else None


async def _find_clawbacks(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, (DECIDER,), desk.county):
        return None
    count = await count_proposed_clawbacks(conn, desk.county)
    return WorkItem(desk.to("/desk/clawbacks"), f"扣回、追缴 {count} 笔，等您定", "", "看凭什么") if count else None


async def _find_unmarked_slots(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not any(has_role_for(desk.actor, MARKERS, division) for division in desk.divisions):
        return None
    count = await count_unmarked_slots(conn, desk.county, desk.divisions, now=desk.now)
    return WorkItem(desk.to("/desk/services"), f"课和看病 {count} 场，等签到", "", "记下谁来了") if count else None


async def _find_postings(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, COUNTY_KEEPERS, desk.county):
        return None
    count = await count_postings_to_check(conn, desk.county)
    return WorkItem(desk.to("/desk/jobs"), f"招工 {count} 样，等核", "", "看单位、工钱是不是真的") if count else None


async def _find_notices(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, COUNTY_KEEPERS, desk.county):
        return None
    count = await count_notices_to_check(conn, desk.county)
    return WorkItem(desk.to("/desk/charity"), f"公益信息 {count} 条，等核", "", "看是谁办、收不收钱") if count else None


async def _find_late_payments(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, PROCUREMENT_READERS, desk.county):
        return None
    count = await count_late_purchases(conn, desk.county, day=desk.today)
    href = desk.to("/desk/procurement")
    return WorkItem(href, f"公家单位 {count} 单过期没付款", "", "催单位付给农户", late=True) if count else None


async def _find_late_acceptances(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, PROCUREMENT_READERS, desk.county):
        return None
    count = await count_late_acceptances(conn, desk.county, day=desk.today)
    href = desk.to("/desk/procurement")
    return WorkItem(href, f"公家单位 {count} 单过期没验收", "", "货送到了，催单位验收", late=True) if count else None


async def _find_late_red_letters(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, PROCUREMENT_READERS, desk.county):
        return None
    count = await count_late_red_letters(conn, desk.county, day=desk.today)
    href = desk.to("/desk/procurement")
    return WorkItem(href, f"红字发票 {count} 张过期没开", "", "公家单位退了货，催卖家开", late=True) if count else None


async def _find_pairings(conn: Connection, desk: DeskContext) -> WorkItem | None:
    own = [each for each in desk.divisions if has_role_for(desk.actor, AGREERS, each)]
    count = await count_proposed_pairings(conn, desk.county, own) if own else 0
    return WorkItem(desk.to("/desk/pairings"), f"结对 {count} 对，等同意", "", "看单位承诺什么") if count else None


async def _find_supervision(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, (Role.COUNTY,), desk.county):
        return None
    counts = await count_supervision(conn, desk.actor, today=desk.today)
    if not counts.to_do:
        return None
    text = f"过期 {counts.late} 件" if counts.late else ""
    words = f"上级督办 {counts.to_do} 件，等报结果"
    return WorkItem(desk.to("/desk/supervision"), words, "", text, late=counts.late > 0)


async def _find_stories(conn: Connection, desk: DeskContext) -> WorkItem | None:
    if not has_role_for(desk.actor, COUNTY_KEEPERS, desk.county):
        return None
    count = await COUNT_STORIES_TO_CHECK.one(conn, county=desk.county)
    return WorkItem(desk.to("/desk/stories"), f"村里的故事 {count} 篇，等看", "", "看完登不登") if count else None


AREA_ITEMS: tuple[Callable[[Connection, DeskContext], Awaitable[WorkItem | None]], ...] = (
    _find_organisations,
    _find_bank_accounts,
    _find_clawbacks,
    _find_unmarked_slots,
    _find_postings,
    _find_notices,
    _find_late_acceptances,
    _find_late_payments,
    _find_late_red_letters,
    _find_pairings,
    _find_supervision,
    _find_stories,
)


async def list_area_items(conn: Connection, desk: DeskContext) -> list[WorkItem]:
    """Return the items of all areas, in the transaction of the county; none at the desk of no county."""
    if not desk.county:
        return []
    return [item for find in AREA_ITEMS if (item := await find(conn, desk)) is not None]
