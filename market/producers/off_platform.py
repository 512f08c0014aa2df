"""What leads a sale away from the platform: links, telephones, and requests for codes, transfers or another chat.

Source: 反电信网络诈骗法 30; a message of the market never holds a link or asks for a code or a transfer.
"""

import re
from collections.abc import Collection

from market.kernel import FieldFault, Refusal
from market.kernel.text import fold_text, normalize_text

_LINK = re.compile(
    r"[a-z]{2,}://|www\.|[a-z0-9-]{2,}\.(?:com|cn|net|org|cc|top|xyz|vip|shop|info|link|me|io|co|ltd|site|club)(?![a-z])"
)
_GAP = r"[\s\-_.·—]{0,3}"
_MOBILE = re.compile(rf"(?<![0-9a-z])(?:\+?86{_GAP})?(1{_GAP}[3-9](?:{_GAP}\d){{9}})(?!\d)")
_LANDLINE = re.compile(rf"(?<![0-9a-z])(?:(?:0\d{{2,3}}{_GAP}\d{{7,8}})|(?:[48]00(?:{_GAP}\d){{7}}))(?!\d)")
_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
_REQUESTS = (
    "验证码", "校验码", "码发我", "码发给我", "码告诉我", "把码给我",
    "转账", "转钱", "转给我", "打钱", "打款给", "汇款", "银行卡号", "卡号发", "收款码", "付款码",
    "支付宝转", "转支付宝", "支付宝账号", "押金转", "红包", "刷单", "返现", "私下", "二维码", "扫码",
    "加微", "加我微", "加个微", "微信号", "微信联系", "微信聊", "微信转", "薇信", "威信", "加vx", "加v信",
    "加qq", "qq号", "加我好友",
)  # fmt: skip
LINK_REASON = "不能写网址，卖家和平台都不会发网址给您点"
PHONE_REASON = "不能写电话号码。急事打订单页面上的电话"
REQUEST_REASON = "不能要码、要转账，也不能约到别处聊。有人这样要，别照做，拨 96110 问"


class OffPlatformContact(Refusal):
    """A text leads away from the platform; `errors` lists each field with the reason."""

    code = "off_platform_contact"
    status = 422
    zh = "请改一下：{reason}。"
    en = "Messages contain no links, telephone numbers or requests for codes, transfers or another chat."


def find_off_platform_contact(text: str, *, own_phones: Collection[str] = ()) -> str | None:
    """Return why a text leads away from the platform, or None; `own_phones` may be named, 11 digits each.

    Full-width forms, Chinese digits and gaps between digits are seen through; a tracking number is no telephone.
    """
    written = normalize_text(text).lower().replace("。", ".")
    if _LINK.search(written):
        return LINK_REASON
    numbers = written.translate(_CHINESE_DIGITS)
    mobiles = {re.sub(r"\D", "", each[1]) for each in _MOBILE.finditer(numbers)}
    if mobiles - set(own_phones) or _LANDLINE.search(numbers):
        return PHONE_REASON
    folded = fold_text(text)
    return REQUEST_REASON if any(each in folded for each in _REQUESTS) else None


def require_on_platform(*, own_phones: Collection[str] = (), **fields: str) -> None:
    """Require that no field leads away from the platform.

    Raises:
        OffPlatformContact: a field does; `errors` lists every such field with the reason.
    """
    reasons = {
        name: reason
        for name, text in fields.items()
        if (reason := find_off_platform_contact(text, own_phones=own_phones))
    }
    if reasons:
        faults = tuple(FieldFault(name, reason) for name, reason in reasons.items())
        raise OffPlatformContact(errors=faults, reason=faults[0].message)
