"""Returns of goods that an official decides: before they are sent, or once the seller objects."""

from market.sales.aftersales.answer_goods_return import decide_goods_return
from market.sales.aftersales.goods_return_views import GoodsReturn, GoodsReturnStage, get_goods_return
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.farm.aftersales.goods_returns import list_return_facts


def _view(found: GoodsReturn) -> DecidedCase:
    return DecidedCase(
        name="退货", number=found.number, title=found.title, about=found.producer, due_at=found.due_at,
        facts=list_return_facts(found), open=found.stage in {GoodsReturnStage.ASKED, GoodsReturnStage.CONTESTED},
        more={"unsent": found.stage is GoodsReturnStage.ASKED, "amount_fen": found.amount_fen},
    )  # fmt: skip


async def _decide(asked: Decision[GoodsReturn]) -> None:
    await decide_goods_return(
        asked.db, asked.gateway, asked.seal, asked.actor, asked.case_id,
        grant=asked.form.get_text("decision") == "grant", reason=asked.form.get_text("reason"),
        address=asked.form.get_text("address"), now=asked.now,
    )  # fmt: skip


ROUTES = make_decision_routes(
    DecidedKind(
        path="returns", template="goods_return.html", fields=("address", "reason"), read=get_goods_return, view=_view,
        decide=_decide,
    )
)  # fmt: skip
