"""The county's programme files: three programmes with their documents, the operators' plans, and the budget."""

import json
from datetime import date
from hashlib import sha256

from msgspec import Struct

from market.kernel import Fen
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.public_data import read_tariffs
from market.subsidies.names import Operator, ServiceKind
from payments.money import format_yuan

P1, P2, P3 = "P1", "P2", "P3"
LINE_CAP_FEN = Fen(19_50)
FIXED_FEN = Fen(10_00)
PLANS_HEADER = "套餐编码,运营商,套餐名称,业务类型,减免前月费,资费表价格,生效日,失效日,分摊比例,依据,流量MB,办理地点"


class SamplePlan(Struct, frozen=True, kw_only=True):
    """A plan; `charges` are its monthly fees before the reduction, by service."""

    code: str
    operator: Operator
    name: str
    charges: dict[ServiceKind, Fen]
    data_mb: int | None
    listed_fen: Fen | None
    """The operator's published fee after the reduction; None for an unpublished plan."""

    @property
    def is_bundle(self) -> bool:
        """Whether the plan has several services."""
        return len(self.charges) > 1


class _TariffPlan(Struct, frozen=True):
    code: str
    operator: Operator
    tariff: str
    name: str
    kind: ServiceKind
    halved: bool


_TARIFF_PLANS = (
    _TariffPlan("YD38", Operator.MOBILE, "扶贫38元档5折", "38元档套餐", ServiceKind.MOBILE, halved=True),
    _TariffPlan("YD18", Operator.MOBILE, "扶贫18元档5折", "18元档套餐", ServiceKind.MOBILE, halved=True),
    _TariffPlan("YD8", Operator.MOBILE, "8元套餐(保号)", "8元套餐（保号）", ServiceKind.MOBILE, halved=False),
    _TariffPlan("YDK20", Operator.MOBILE, "和家庭脱贫宽带100M", "和家庭宽带100M", ServiceKind.BROADBAND, halved=True),
    _TariffPlan("LT18", Operator.UNICOM, "扶贫9元卡", "18元卡", ServiceKind.MOBILE, halved=True),
    _TariffPlan("LT38", Operator.UNICOM, "沃助农19元", "沃助农38元套餐", ServiceKind.MOBILE, halved=True),
    _TariffPlan("DX10", Operator.TELECOM, "爱心扶贫5元", "10元卡", ServiceKind.MOBILE, halved=True),
    _TariffPlan("DX38", Operator.TELECOM, "天翼助农19元", "天翼38元套餐", ServiceKind.MOBILE, halved=True),
    _TariffPlan("DXK30", Operator.TELECOM, "扶贫宽带(单)", "宽带30元", ServiceKind.BROADBAND, halved=True),
)
"""Plans of tariffs.csv under neutral names; if `halved`, the fee before the reduction is twice the published fee."""
_BUNDLE = "脱贫融合59元(手机+100M宽带)5折"
_UNLISTED_PLAN = ("YD39", "39元套餐（样例）", Fen(39_00))
"""An unpublished plan, with the figure of the rulebook's second example."""
_OPERATOR_TEXTS = {Operator.MOBILE: "移动", Operator.UNICOM: "联通", Operator.TELECOM: "电信"}
_KIND_TEXTS = {ServiceKind.MOBILE: "手机", ServiceKind.BROADBAND: "宽带"}


def list_plans() -> list[SamplePlan]:
    """Return the plans of the sample lines."""
    tariffs = {tariff.plan: tariff for tariff in read_tariffs()}
    made: list[SamplePlan] = []
    for each in _TARIFF_PLANS:
        tariff = tariffs[each.tariff]
        fee = tariff.fee_fen
        assert fee is not None, "tariffs.csv gives the fee"
        charge = Fen(fee * 2) if each.halved else fee
        made.append(
            SamplePlan(
                code=each.code,
                operator=each.operator,
                name=each.name,
                charges={each.kind: charge},
                data_mb=tariff.data_mb,
                listed_fen=fee,
            )
        )
    code, name, charge = _UNLISTED_PLAN
    made.append(
        SamplePlan(
            code=code,
            operator=Operator.MOBILE,
            name=name,
            charges={ServiceKind.MOBILE: charge},
            data_mb=None,
            listed_fen=None,
        )
    )
    fee = tariffs[_BUNDLE].fee_fen
    assert fee is not None, "tariffs.csv gives the fee"
    # Shared 2 to 1 by largest remainder: 39.33 and 19.67.
    whole = fee * 2
    mobile = Fen(whole * 2 // 3)
    made.append(
        SamplePlan(
            code="LT59",
            operator=Operator.UNICOM,
            name="融合59元（手机+100M宽带）",
            charges={ServiceKind.MOBILE: mobile, ServiceKind.BROADBAND: Fen(whole - mobile)},
            data_mb=tariffs[_BUNDLE].data_mb,
            listed_fen=fee,
        )
    )
    return made


def _format_yuan(fen: int | None) -> str:
    return "" if fen is None else format_yuan(fen)


def write_plans_file(since: date) -> bytes:
    """Return the county's file of plans."""
    rows = [
        ",".join(
            (
                plan.code,
                _OPERATOR_TEXTS[plan.operator],
                plan.name,
                "融合" if plan.is_bundle else _KIND_TEXTS[next(iter(plan.charges))],
                _format_yuan(sum(plan.charges.values())),
                _format_yuan(plan.listed_fen),
                since.isoformat(),
                "",
                "手机:宽带=2:1" if plan.is_bundle else "",
                "样例" if plan.listed_fen is None else "tariffs.csv",
                "" if plan.data_mb is None else str(plan.data_mb),
                f"{_OPERATOR_TEXTS[plan.operator]}营业厅",
            )
        )
        for plan in list_plans()
    ]
    return "\n".join([PLANS_HEADER, *rows, ""]).encode()


def _write_documents(since: date) -> dict[str, str]:
    day = f"{since.year}年{since.month}月{since.day}日"
    head = f"阜样例〔{since.year}〕{{n}}号（样例，不是真实文件）"
    foot = f"本通知自{day}起执行，由样例办公室负责解释。"
    return {
        P1: "\n".join((
            head.format(n=1),
            "关于减免农户手机资费的通知",
            "一、对象：经公示无异议的农户，每户不超过两个手机号码。",
            "二、标准：农户每月最多支付套餐费的百分之五十，其余部分予以减免，每个号码每月减免不超过19.50元。",
            "三、负担：减免部分由运营商让利70%，县级财政承担30%。",
            f"四、{foot}",
            "",
        )),
        P2: "\n".join((
            head.format(n=2),
            "关于农户基础通信定额补贴的通知",
            "一、对象：经公示无异议的农户，每户一个手机号码。",
            "二、标准：每个号码每月补贴10.00元，由县级财政承担。",
            "三、闲置：连续30日未使用的，予以提醒；提醒后15日内仍未使用的，停止享受。",
            f"四、{foot}",
            "",
        )),
        P3: "\n".join((
            head.format(n=3),
            "关于减免农户宽带资费的通知",
            "一、对象：经公示无异议的农户，每户不超过两条宽带。",
            "二、标准：农户每月最多支付宽带费的百分之五十，其余部分予以减免，每户每月减免合计不超过20.00元。",
            "三、负担：减免部分由运营商让利50%，省级财政承担25%，县级财政承担25%。",
            f"四、{foot}",
            "",
        )),
    }  # fmt: skip


_QUOTES = {
    P1: (
        (["max_lines_per_household"], "每户不超过两个手机号码"),
        (["household_pays_bp"], "农户每月最多支付套餐费的百分之五十"),
        (["line_cap_fen"], "每个号码每月减免不超过19.50元"),
        (["funders"], "由运营商让利70%，县级财政承担30%"),
    ),
    P2: (
        (["max_lines_per_household"], "每户一个手机号码"),
        (["fixed_fen", "funders"], "每个号码每月补贴10.00元，由县级财政承担"),
        (["idle_days"], "连续30日未使用的，予以提醒"),
        (["cure_days"], "提醒后15日内仍未使用的，停止享受"),
    ),
    P3: (
        (["max_lines_per_household"], "每户不超过两条宽带"),
        (["household_pays_bp"], "农户每月最多支付宽带费的百分之五十"),
        (["household_cap_fen"], "每户每月减免合计不超过20.00元"),
        (["funders"], "由运营商让利50%，省级财政承担25%，县级财政承担25%"),
    ),
}
_NAMES = {P1: "手机资费减免（样例）", P2: "基础通信定额补贴（样例）", P3: "宽带资费减免（样例）"}
_KINDS = {P1: "mobile", P2: "mobile", P3: "broadband"}
_MAX_LINES = {P1: 2, P2: 1, P3: 2}
_FUNDERS = {
    P1: (("operator", 7000), ("county", 3000)),
    P2: (("county", 10000),),
    P3: (("operator", 5000), ("province", 2500), ("county", 2500)),
}
_PREFIX_LENGTH = 4


def write_programmes_file(since: date, *, county: str = DEMO_COUNTY) -> tuple[bytes, dict[str, bytes]]:
    """Return the county's file of programmes, and the documents that it names."""
    documents = _write_documents(since)
    made: list[dict[str, object]] = []
    for number, (code, text) in enumerate(documents.items(), 1):
        quotes = [*_QUOTES[code], (["from"], f"自{since.year}年{since.month}月{since.day}日起执行")]
        made.append(
            {
                "code": code,
                "name": _NAMES[code],
                "document": {
                    "number": f"阜样例〔{since.year}〕{number}号",
                    "file": f"documents/{code}.txt",
                    "sha256": sha256(text.encode()).hexdigest(),
                },
                "sentences": [_anchor_sentence(text, subjects, quote) for subjects, quote in quotes],
                "kinds": [_KINDS[code]],
                "max_lines_per_household": _MAX_LINES[code],
                "proration": "daily",
                "idle": {"idle_days": 30, "cure_days": 15} if code == P2 else None,
                "terms": [
                    {
                        "from": since.isoformat(),
                        "until": None,
                        "kind": "fixed" if code == P2 else "percent_off",
                        "household_pays_bp": None if code == P2 else 5000,
                        "fixed_fen": FIXED_FEN if code == P2 else None,
                        "line_cap_fen": LINE_CAP_FEN if code == P1 else None,
                        "household_cap_fen": 20_00 if code == P3 else None,
                        "funders": [{"funder": name, "share_bp": share} for name, share in _FUNDERS[code]],
                    }
                ],
            }
        )
    content = json.dumps({"county_code": county, "programmes": made}, ensure_ascii=False, indent=1)
    return content.encode(), {f"documents/{code}.txt": text.encode() for code, text in documents.items()}


def _anchor_sentence(text: str, subjects: list[str], quote: str) -> dict[str, object]:
    at = text.index(quote)
    end = at + len(quote)
    return {"of": subjects, "prefix": text[at - _PREFIX_LENGTH : at], "quote": quote, "suffix": text[end : end + 1]}


def write_budget_file(public_fen: dict[date, int]) -> bytes:
    """Return the county's file of the public budget of each month."""
    return json.dumps({"unit": "fen", "months": {f"{month:%Y-%m}": fen for month, fen in public_fen.items()}}).encode()
