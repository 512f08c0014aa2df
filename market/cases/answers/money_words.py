"""Words and numbers by which a notice would collect money: it has no way to give any; pure."""

import re

from market.kernel.text import fold_text, normalize_text
from market.people.moderation.off_platform import find_link_or_phone

_WORDS = (
    "捐款", "捐钱", "捐资", "募捐", "募款", "筹款", "众筹", "善款", "爱心款", "转账", "转帐", "转钱", "汇款", "打款",
    "打钱", "付款", "付钱", "收款", "收钱", "交钱", "交费", "缴费", "支付", "红包", "打赏", "现金", "扫码", "扫一扫",
    "二维码", "收款码", "付款码", "银行卡", "卡号", "账号", "帐号", "账户", "帐户", "开户", "支付宝", "微信", "余额宝",
    "押金", "保证金", "报名费", "工本费", "手续费", "众测", "义卖",
)  # fmt: skip
_LATIN = re.compile(r"(?<![a-z])(?:qr|alipay|wechat|vx|iban|paypal)(?![a-z])")
_SUM = re.compile(r"[0-9一二三四五六七八九十百千万两]+(?:\.[0-9]+)?(?:元|块钱|圆|万块|rmb)|[¥￥$][0-9]")
_LONG_NUMBER = re.compile(r"[0-9](?:[\s\-—.·_]{0,2}[0-9]){8,}")
_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")


def find_money(text: str) -> str | None:
    """Return why a text may not stand in a notice of public benefit, in the words for its field, or None.

    A notice collects no money: no words of payment, no sums, no numbers as long as an account's, no codes, no links.
    Source: 慈善法: only registered charities raise funds in public, on designated platforms (未核实 the article).
    """
    folded = fold_text(text)
    found = next((word for word in _WORDS if word in folded), None)
    if found is not None:
        return f"公益信息不收钱、不收捐款，去掉“{found}”"
    written = normalize_text(text)
    if _LATIN.search(folded) or _SUM.search(folded) or _SUM.search("".join(written.split())):
        return "公益信息不收钱，不写金额、收款的码"
    if _LONG_NUMBER.search(written.translate(_CHINESE_DIGITS)):
        return "不写账号、卡号这样的长数字"
    return find_link_or_phone(text)
