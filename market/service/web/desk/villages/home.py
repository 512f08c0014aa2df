"""村里的事 on the desk: the pages of the service areas, one line each; what waits stands on the first page."""

from collections.abc import Iterable

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.access import has_role_for
from market.people.identity.models import COUNTY_KEEPERS, Actor, Role
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.villages.pairing.models import AGREERS


class DeskArea(Struct, frozen=True):
    """A page of a service area; `whole`: for who sees the whole county; `roles`: for these there, else for all."""

    path: str
    name: str
    line: str
    whole: bool = False
    roles: Iterable[Role] = Role


DESK_AREAS: tuple[DeskArea, ...] = (
    DeskArea("/desk/coverage", "信号和宽带", "在建和建好的；运营商没按时答复的"),
    DeskArea("/desk/services", "课和看病", "哪天在哪个村，谁来了"),
    DeskArea("/desk/agronomists", "农技员", "谁答生产上的问题；没答的转到县里"),
    DeskArea("/desk/jobs", "招工", "核单位、工钱；找到活的人数"),
    DeskArea("/desk/fund-calls", "扶持项目", "申请了多少，批了多少", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/trace", "溯源", "一亩最多收多少；谁收了多少，作废标签", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/benefits", "受益", "各村各户从卖货里得了多少，10 户以上的合计", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/procurement", "公家单位采购", "预算花了多少，谁没付农户的款", whole=True),
    DeskArea("/desk/pairings", "结对", "哪家单位和哪个村，等同意的、做了多少", roles=AGREERS),
    DeskArea("/desk/stories", "村里的故事", "写到的人都同意了，看过再登", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/warnings", "防骗提醒", "农户每一页下面的一句话，也能发短信", whole=True),
    DeskArea("/desk/inquiries", "问县里", "还没答的、过期的；信息公开申请", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/charity", "公益", "核主办单位、有没有收钱", whole=True, roles=COUNTY_KEEPERS),
    DeskArea("/desk/organisations", "单位", "企业、医疗机构、公益组织，照证书核"),
    DeskArea("/desk/village-files", "村里的表", "村代码、信号、课程、扶持项目，用表导入", whole=True),
)


def list_areas(desk: DeskContext) -> list[DeskArea]:
    """Return the areas whose pages the official may open."""
    return [
        each
        for each in DESK_AREAS
        if (desk.whole or not each.whole) and (each.roles is Role or has_role_for(desk.actor, each.roles, desk.county))
    ]


@get("/villages", include_in_schema=False)
async def show_desk_villages(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the pages of the service areas of the county's villages."""
    desk = await open_desk(request, db, actor, clock)
    areas = [(desk.to(each.path), each.name, [each.line]) for each in list_areas(desk)]
    return render_desk_page(request, desk, "villages.html", {"areas": areas})


ROUTES = [show_desk_villages]
