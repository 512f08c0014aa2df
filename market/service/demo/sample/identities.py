"""Names, phones and identity numbers of sample people; the names are marked 样例, the numbers belong to nobody."""

from datetime import date

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

BUYER_PHONES = "1701000"
FARMER_PHONES = "1702000"
OFFICIAL_PHONES = "1990009"
"""Prefixes, each followed by four digits; the register's lines use other ranges."""


def make_name(surname: str, number: int) -> str:
    """Return a name such as 样例王甲子; sixty calendar pairs distinguish people of one surname."""
    return f"样例{surname}{_STEMS[number % 10]}{_BRANCHES[number % 12]}"


def make_phone(prefix: str, number: int) -> str:
    """Return a sample phone of 11 digits."""
    return prefix + str(number).rjust(11 - len(prefix), "0")


def make_identity_number(county: str, born_on: date, *, sequence: int) -> str:
    """Return an 18-character number with sequence 990 to 999, reserved here for samples; odd is 男.

    Source: GB 11643-1999, the check digit.
    """
    body = f"{county}{born_on:%Y%m%d}{990 + sequence}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK_DIGITS[total % 11]
