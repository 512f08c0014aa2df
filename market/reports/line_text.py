"""An explained line as text for a terminal, in Chinese: what it comes to, why, by which sentence, and who decided."""

from collections.abc import Iterator

from market.kernel.clock import SHANGHAI
from market.reports.line import ExplainedLine
from market.reports.line_history import KnownFact, TakenStep
from market.subsidies.models import CYCLE_STATE_NAMES, CycleState
from market.subsidies.names import FUNDER_NAMES, KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind, format_month_zh
from payments.money import format_yuan

_FACT_NAMES = {
    "enrolment": "登记享受", "binding": "绑定", "pause": "暂停", "membership": "在这一户", "claim": "账单",
    "terms": "补贴标准",
}  # fmt: skip


def write_explained_line(line: ExplainedLine) -> str:
    """Return a line of a month as lines of text, sums in yuan."""
    return "\n".join(_write(line))


def _write(line: ExplainedLine) -> Iterator[str]:
    operator, kind = OPERATOR_NAMES[Operator(line.operator)], KIND_NAMES[ServiceKind(line.kind)]
    yield f"{format_month_zh(line.month)}　{line.line}　{operator} {kind} {line.number}　{line.person}".rstrip("　")
    yield f"项目 {line.programme} {line.programme_name}，{line.document_number}"
    if line.household or line.village:
        yield f"农户 {line.household or '（没有）'}，{line.village or '（没有村）'}"
    claimed = "没有申请" if line.claimed_fen is None else f"申请 {format_yuan(line.claimed_fen)}"
    sums = {"应补": line.entitled_fen, "核定": line.approved_fen, "核减": line.over_fen, "少报": line.under_fen}
    yield f"{claimed}，" + "，".join(f"{name} {format_yuan(fen)}" for name, fen in sums.items())
    shares = "，".join(f"{FUNDER_NAMES[name]} {format_yuan(fen)}" for name, fen in line.shares.items() if fen)
    yield f"实际落实 {format_yuan(line.funded_fen)}" + (f"（核定由谁负担：{shares}）" if shares else "")
    if line.settled_fen is not None:
        yield f"以前已结 {format_yuan(line.settled_fen)}"
    removed = f"，{line.removed_on} 起移出" if line.removed_on else ""
    yield f"能享受 {line.payable_days} 天，这个月 {line.month_days} 天{removed}"
    yield from _list("为什么", line.reasons_zh)
    yield from _list("怎么算的", line.steps_zh)
    yield from _list("依据", [f"“{each.quote}”" for each in line.sentences])
    yield from _list("什么时候知道的", [_write_fact(each) for each in line.known])
    yield from _list("谁办的", [_write_step(each) for each in line.taken])


def _list(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}："
        yield from (f"  {each}" for each in lines)


def _write_fact(fact: KnownFact) -> str:
    words = [_FACT_NAMES.get(fact.fact, fact.fact)]
    if fact.since is not None:
        words.append(f"{fact.since} 起" + (f"到 {fact.until}（不含）" if fact.until else ""))
    if fact.imported_at is not None:
        source = f"{fact.file}，" if fact.file else ""
        words.append(f"{source}{fact.imported_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 收到")
    if not fact.known:
        words.append("计算以后才来的")
    if fact.replaced_at is not None:
        words.append(f"{fact.replaced_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 被后来的文件替换")
    return "，".join(words)


def _write_step(step: TakenStep) -> str:
    name = (
        f"退回到{CYCLE_STATE_NAMES[CycleState(step.step)]}"
        if step.returned
        else CYCLE_STATE_NAMES[CycleState(step.step)]
    )
    opinion = f"：{step.opinion}" if step.opinion else ""
    return f"{step.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} {name}，{step.name}{opinion}"
