"""The calculator's trace in the words of officials: every step has one form, and is said in Chinese."""

import re

from market.subsidies.words import FUNDER_NAMES

_SUM = r"-?[0-9]+\.[0-9]{2}"
_SHAPES = {
    "days": r"[0-9-]{10}(?:\.\.[0-9-]{10})?",
    "notice": r"[0-9-]{10}",
    "n": "[0-9]+",
    "month": "[0-9]+",
    "tier": "[0-9]+",
    "whole": "[0-9]+",
    "part": "[0-9]+/[0-9]+",
    "rate": "[0-9.]+%",
    "home": ".+",
    "lines": ".+",
}
"""What may stand at a name; every other name is a sum."""
_FORMS = {
    "{days}: {n} of {month} days × {sum}": "{days}：{n}/{month} 天 × {sum}",
    "{days}: {n} of {month} days × {sum} × {cap}/{of} (household {home}: cap/sum)": (
        "{days}：{n}/{month} 天 × {sum} × {cap}/{of}（{home} 户，每户上限/当天合计）"
    ),
    "{days}: whole month × {sum}": "{days}：整月 × {sum}",
    "{days}: whole month × {sum} × {cap}/{of} (household {home}: cap/sum)": (
        "{days}：整月 × {sum} × {cap}/{of}（{home} 户，每户上限/当天合计）"
    ),
    "{sum}: charge {charge} less {pays}, {rate} of it rounded down, which the household pays": (
        "{sum}：月费 {charge}，减去农户付的 {rate} 即 {pays}（舍去不足一分）"
    ),
    "{sum}: the smaller of fixed {fixed} and charge {charge}": "{sum}：定额 {fixed} 与月费 {charge} 取小",
    "{cap}: line cap, instead of {sum}": "{cap}：每条业务上限，原为 {sum}",
    "not payable on {days}: nothing for the month": "{days} 不能享受，整月不算",
    "not in the snapshot: entitled to nothing": "不在当月名单，不予补贴",
    "{days}: not bound": "{days}：没有绑定",
    "{days}: no household": "{days}：不在任何一户",
    "{days}: not payable, no use since the notice of {notice}": "{days}：{notice} 提醒后未使用，不计",
    "{days}: removed for want of use": "{days}：因闲置已移出",
    "entitled {sum}": "应补 {sum}",
    "entitled {sum}: {whole} {part} fen, rounded half up": "应补 {sum}：{whole} 又 {part} 分，四舍五入",
    "entitled {sum}: {part} fen, by largest remainder of {lines} = {of} together": (
        "应补 {sum}：{part} 分，{lines} 合计 {of}，按最大余数分"
    ),
    "claimed {claimed}: approved {sum}, over {over}, under {under}": (
        "申请 {claimed}：核定 {sum}，核减 {over}，少报 {under}"
    ),
    "no claim: approved {sum}, over {over}, under {under}": "没有申请：核定 {sum}，核减 {over}，少报 {under}",
    "budget: {left} left for tier {tier}, which needs {need}; public {sum} of {of}": (
        "预算：第 {tier} 档还有 {left}，需要 {need}；财政补贴 {of} 中安排 {sum}"
    ),
    "adjustment {sum}: funded {funded}, settled {settled}": "调整 {sum}：重算落实 {funded}，已结 {settled}",
}
"""Source: market/subsidies/engine/explain.py and amounts.py, which write the steps."""
_NAME = re.compile(r"\\\{([a-z]+)\\\}")
_BORNE = re.compile(r"borne by (.+)")
_SHARE = re.compile(rf"([a-z]+) ([0-9.]+%) ({_SUM})")


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_NAME.sub(lambda name: f"(?P<{name[1]}>{_SHAPES.get(name[1], _SUM)})", re.escape(form)))


_STEPS = [(_pattern(form), words) for form, words in _FORMS.items()]


def say_step(step: str) -> str:
    """Return one step of a trace in Chinese; a step of no known form stays as it is."""
    borne = _BORNE.fullmatch(step)
    if borne:
        shares = [_SHARE.fullmatch(part) for part in borne[1].split(", ")]
        parts = [f"{FUNDER_NAMES.get(share[1], share[1])} {share[2]} 即 {share[3]}" for share in shares if share]
        return f"负担：{'，'.join(parts)}" if len(parts) == len(shares) else step
    for pattern, words in _STEPS:
        found = pattern.fullmatch(step)
        if found:
            return words.format_map({name: text.replace("..", " 至 ") for name, text in found.groupdict().items()})
    return step
