"""Names by which somebody could pass for the platform or for an authority: the one list, for every name others read.

Why: a buyer who is told 我是客服 by an account of that name pays where they are told to; a shop 乡集官方店 sells what
the platform never looked at; 市场监管局 asks a farmer for a fine. Source: 互联网用户账号信息管理规定 8 (accounts that
pass for an authority, an institution or an organisation, also by similar characters, figures and letters).

Names are compared by their shape (`fold_shape`), so that blanks, signs, invisible characters, traditional
characters and letters of other scripts change nothing. Real places keep their names: 平台村, 税务庄, 官方营乡, and
某某乡集体林场 is no 乡集; a test reads the names of all divisions.
"""

import re
from enum import StrEnum

from market.kernel.language import say
from market.kernel.text import fold_shape

_HAN = r"\u4e00-\u9fff"
_PLACE = "[上下前后东西南北中大小]?[子村乡镇庄沟山梁营寨屯]"
# Of the platform: its name, unless it is the end of one word and the beginning of another (某某乡集体, 某某乡集市).
_PLATFORM = (
    rf"(?<![{_HAN}])乡集|乡集(?![体贸镇市中])",
    "客服",
    # 官方营 is a name of places; 官方营业, 官方营销 is none.
    "官方(?!营(?![业销运]))|官网",
    "消费者权益|维权中心",
    *(fold_shape(word) for word in ("xiangji", "kefu", "guanfang", "official", "admin", "customer service")),
)
# Of authorities, banks, and others who tell people to pay at once.
_AUTHORITIES = (
    "公安|警察|警官|民警|交警|网警|刑警|派出所|检察院|法院|法官|检察官",
    "纪委|监委|纪检|反诈|专案组",
    "政府|扶贫办|信访办|街道办|县委|市委|省委|国务院",
    (
        "(?:市场)?(?:监管|监督|管理|工商|税务|民政|财政|教育|农业|农村|林业|林草|水利|水务|商务|文旅|环保|环境|卫健|卫生|医保|社保|"
        "统计|审计|司法|振兴|扶贫|粮食|资源|交通|人社|住建|发改|能源)(?:和旅游|保障)?(?:管理|监督|执法)?[总分]?(?:局|委员会|厅)"
    ),
    f"税务(?!{_PLACE})",
    "银行|银监|银保监|证监",
)
_PERSON = (f"平台(?!{_PLACE})", "管理员", "系统(?:消息|通知|管理)")
# A homestay may have a 观景平台; one that is 平台直营 is the platform's.
_SHOP = (
    f"^平台(?!{_PLACE})",
    "平台(?:直营|自营|官方|认证|推荐|补贴|授权|担保|特供|专供|指定|特许|运营|工作|人员|员工|管理|服务|商城)",
    "系统(?:消息|通知|管理)",
)


class NameKind(StrEnum):
    """Whose name it is: a person's, that of a shop or of what it sells, or of an office that an official registers."""

    PERSON = "person"
    SHOP = "shop"
    OFFICE = "office"


# Officials register real offices, also of authorities; the platform's own desk is nobody's to register.
_RESERVED = {
    NameKind.PERSON: re.compile("|".join((*_PLATFORM, *_AUTHORITIES, *_PERSON))),
    NameKind.SHOP: re.compile("|".join((*_PLATFORM, *_AUTHORITIES, *_SHOP))),
    NameKind.OFFICE: re.compile("|".join((*_PLATFORM, *_SHOP))),
}


def find_name_fault(name: str, kind: NameKind) -> str | None:
    """Return what is wrong with a name that others read, or None: it shows nothing, or is reserved.

    The message names the reserved word, as it is written in the list.
    """
    shape = fold_shape(name)
    if not shape:
        return say("名字里要有看得见的字")
    found = _RESERVED[kind].search(shape)
    if found is None:
        return None
    return say("名字里不能有“{0}”，会让人以为是平台或官方的人", found[0])
