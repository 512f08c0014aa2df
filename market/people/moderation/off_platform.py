"""What leads a sale away from the platform: links, telephones, and requests for codes, money or another chat.

Source: 反电信网络诈骗法 30; a message of the market never holds a link or asks for a code or a transfer.
"""

import re
from collections.abc import Collection

from market.kernel import FieldFault
from market.kernel.language import say
from market.kernel.text import fold_text, normalize_text
from market.people.moderation.forbidden_words import ForbiddenWord, require_allowed_words

_DOMAIN = r"(?:com|cn|net|org|cc|top|xyz|vip|shop|info|link|me|io|co|ltd|site|club)"
_LINK = re.compile(rf"[a-z]{{2,}}://|www\.|[a-z0-9-]{{2,}}(?:\.|点){_DOMAIN}(?![a-z])")
_SPACED_LETTER = re.compile(r"(?<=[a-z0-9.点]) (?=[a-z0-9.点](?![a-z0-9]))")
_GAP = r"[\s\-_.·—]{0,3}"
_MOBILE = re.compile(rf"(?<![0-9a-z])(?:\+?86{_GAP})?(1{_GAP}[3-9](?:{_GAP}\d){{9}})(?!\d)")
_LANDLINE = re.compile(rf"(?<![0-9a-z])(?:(?:0\d{{2,3}}{_GAP}\d{{7,8}})|(?:[48]00(?:{_GAP}\d){{7}}))(?!\d)")
_CARD = re.compile(rf"(?<![0-9a-z])62(?:{_GAP}\d){{14,17}}(?!\d)")
_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
_ME = r"(?:我|咱|俺)"
_MOVE = r"(?:转|打|汇)(?:账|帐|钱|款)"
_ACCOUNT = r"(?:这个|这张|对公|银行)?(?:卡|账户|帐户|账号|帐号)"
_CHAT = r"(?:微信|薇信|威信)"
# Of folded text: without blanks and punctuation, in small letters. That somebody paid, or was asked, is no request.
_REQUESTS = (
    # codes
    rf"(?<![尺次条编])码.{{0,2}}(?:发|告诉|报|念|给)(?:一下|给|下)?(?:{_ME}|过?来)",
    rf"(?:发|告诉|报|念|要|给)(?:{_ME}|一下|下|个)*(?:手机|短信)?验证码",
    # money
    rf"(?:转|打|汇|付|存)(?:账|帐|钱|款)?(?:到|给|进|在)*(?:{_ME}(?!的?退)|{_ACCOUNT})",
    rf"{_MOVE}给(?:您|你)(?!了)|给{_ME}.{{0,4}}{_MOVE}|先{_MOVE}|{_MOVE}(?:过来|就行|便宜|优惠|打折|再发|后发)",
    rf"(?:支付宝|微信|现金)(?:直接)?(?:给|转|打|发)(?:{_ME}|给您|给你)|(?:转|付|给|打){_ME}(?:微信|支付宝|现金)",
    r"(?:直接|私下|线下)(?:微信|支付宝)?(?:付|转)|(?:付|收|用|给)(?:我|您|你)?现金|现金(?:付|结|便宜|优惠)",
    r"卡号(?:是|发|给|\d)|(?:支付宝|银行)(?:账|帐|卡)号|押金(?:转|先付)|(?:转|交|付)押金",
    r"扫(?:我|这个|下面|图上|照片上|一下我)|扫码(?:付钱|付款|加|进|领)(?!的)|扫码付$",
    r"发(?:给)?(?:您|你)?个?(?:收款|付款)码|(?:发|给|返).{0,3}红包|红包(?:返|给您|给你)",
    r"(?:好评|五星|晒图).{0,6}(?:返|红包)|返现(?:给|金|\d)|刷单",
    # another chat
    r"加(?:我|个|一下|您|你|下|的)*(?:微(?![辣甜咸酸])|薇|威|v|wx|qq|扣扣|好友|抖音|快手)|加(?:我|俺)$",
    rf"(?:{_CHAT}|电话|手机|[微威薇vw]x?)同号|微信号|{_CHAT}上?(?:联系|聊|说|找)|薇信|威信",
    r"(?<![a-z])(?:vx|wx|wechat|weixin)[a-z0-9]{0,20}(?:聊|联系|说|找|$)|(?<![a-z])v(?:聊|信)",
    r"(?:qq|扣扣|企鹅号|飞信)(?:号|是|\d{5})|(?:微信|(?<![a-z0-9])[vw]x)是?[a-z][a-z0-9]{4,}",
    r"(?:抖音|快手|淘宝|拼多多|闲鱼|小红书)(?:店|号|搜|找|下单|直播间)|(?:进|拉|加|入)群",
    r"私下(?:买|交易|联系|聊|结|来)|不走平台|绕开平台|绕过平台|平台外",
)
_REQUEST = re.compile("|".join(_REQUESTS))
_REPORTED = re.compile(
    r"(?:要|让|叫|催|喊)(?:我|俺|咱)们?.{0,3}(?:转|打|汇|付)(?:账|帐|钱|款)"
    r"|退(?:款|钱|的钱|回).{0,8}?(?:打|转|到|付)(?:账|帐|钱|款)?(?:到|给|进|在|回)*我"
)
"""What a seller asked for, and where a refund goes, is told and not requested."""
LINK_REASON = "不能写网址，卖家和平台都不会发网址给您点"
PHONE_REASON = "不能写电话号码。急事打订单页面上的电话"
REQUEST_REASON = "不能要码、要转账，也不能约到别处聊。有人这样要，别照做，拨 96110 问"


class OffPlatformContact(ForbiddenWord):
    """A text leads away from the platform; `errors` lists each field with the reason."""

    code = "off_platform_contact"
    status = 422
    zh = "请改一下：{reason}。"
    en = "Texts contain no links, telephone numbers or requests for codes, transfers or another chat."


def find_link_or_phone(text: str, *, own_phones: Collection[str] = ()) -> str | None:
    """Return why a text may not be shown to others, or None; `own_phones` may be named, 11 digits each.

    Full-width forms, Chinese digits and gaps between digits are seen through; a tracking number is no telephone.
    """
    written = normalize_text(text).lower().replace("。", ".")
    if _LINK.search(written) or _LINK.search(_SPACED_LETTER.sub("", written)):
        return LINK_REASON
    numbers = written.translate(_CHINESE_DIGITS)
    mobiles = {re.sub(r"\D", "", each[1]) for each in _MOBILE.finditer(numbers)}
    return PHONE_REASON if mobiles - set(own_phones) or _LANDLINE.search(numbers) else None


def find_off_platform_contact(text: str, *, own_phones: Collection[str] = ()) -> str | None:
    """Return why a text leads away from the platform, or None: a link, a telephone, or a request.

    That somebody paid or was asked is no request: 我转账了 is allowed, 转账给我 is not.
    """
    found = find_link_or_phone(text, own_phones=own_phones)
    if found is not None:
        return found
    card = _CARD.search(normalize_text(text).translate(_CHINESE_DIGITS))
    return REQUEST_REASON if card or _REQUEST.search(_REPORTED.sub("", fold_text(text))) else None


def require_on_platform(*, own_phones: Collection[str] = (), **fields: str) -> None:
    """Require that no field leads away from the platform.

    Raises:
        OffPlatformContact: a field does; `errors` lists every such field with the reason.
    """
    _refuse({name: find_off_platform_contact(text, own_phones=own_phones) for name, text in fields.items()})


def require_public_text(**fields: str) -> None:
    """Require that what a seller shows to everyone has no forbidden word and does not lead away from the platform.

    Raises:
        ForbiddenWord: a field contains one.
        OffPlatformContact: a field leads away from the platform.
    """
    require_allowed_words(**fields)
    require_on_platform(**fields)


def require_no_contacts(**fields: str) -> None:
    """Require that a buyer's public words hold no link and no telephone; they may tell what a seller asked for.

    Raises:
        OffPlatformContact: a field holds one; `errors` lists every such field with the reason.
    """
    _refuse({name: find_link_or_phone(text) for name, text in fields.items()})


def _refuse(found: dict[str, str | None]) -> None:
    faults = tuple(FieldFault(name, say(reason)) for name, reason in found.items() if reason is not None)
    if faults:
        raise OffPlatformContact(errors=faults, reason=faults[0].message)
