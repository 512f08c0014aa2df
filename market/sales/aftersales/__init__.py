"""After the sale: shipping, check-in, receipt, refunds, and returns.

Exports what an application needs to send, receive, claim and return without HTTP; see docs/library.md.
"""

from market.cases.casework.moves import get_person_scope
from market.sales.aftersales.answer_goods_return import answer_goods_return, confirm_goods_arrival
from market.sales.aftersales.bad_fruit import NewClaim, OpenedClaim, open_claim
from market.sales.aftersales.check_in import CheckIn, check_in_guest
from market.sales.aftersales.decide_bad_fruit import ClaimAnswer, answer_claim
from market.sales.aftersales.goods_return import OpenedGoodsReturn, ReturnedLine, open_goods_return, send_goods_return
from market.sales.aftersales.goods_return_views import GoodsReturn, GoodsReturnStage
from market.sales.aftersales.receive import ReceiptConfirmation, confirm_receipt
from market.sales.aftersales.ship import ship_suborder

__all__ = [
    "CheckIn",
    "ClaimAnswer",
    "GoodsReturn",
    "GoodsReturnStage",
    "NewClaim",
    "OpenedClaim",
    "OpenedGoodsReturn",
    "ReceiptConfirmation",
    "ReturnedLine",
    "answer_claim",
    "answer_goods_return",
    "check_in_guest",
    "confirm_goods_arrival",
    "confirm_receipt",
    "get_person_scope",
    "open_claim",
    "open_goods_return",
    "send_goods_return",
    "ship_suborder",
]
