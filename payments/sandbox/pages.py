"""The payer's page: the sum and the buttons 付款 and 放弃; it works on phones and without JavaScript."""

from html import escape

from payments.models import METHODS, STRIPE_METHODS
from payments.money import Amount, format_amount
from payments.sandbox.intents import shows_code
from payments.sandbox.wire import JsonObject

_CURRENCY_NAMES = {"cny": "元", "jpy": "日元"}

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f4f1ea;color:#1f1b16;font:18px/1.6 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif}
main{max-width:28rem;margin:0 auto;padding:1.5rem 1rem 3rem}
.band{background:#1f1b16;color:#fff;text-align:center;padding:.4rem 1rem;font-size:1rem}
h1{font-size:1.25rem;margin:0 0 1rem}
.sum{font-size:2.6rem;font-weight:700;margin:.2rem 0 1rem;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;margin:0 0 1.5rem}
dt{color:#5a5146}dd{margin:0;overflow-wrap:anywhere}
button,.back{display:block;width:100%;min-height:3.25rem;border-radius:.6rem;font:inherit;font-size:1.15rem;
 margin:0 0 .9rem;text-align:center;padding:.7rem 1rem;cursor:pointer}
.pay{background:#9a3412;color:#fff;border:2px solid #9a3412;font-weight:700}
.no,.back{background:#fff;color:#1f1b16;border:2px solid #5a5146}
.back{text-decoration:none}
:focus-visible{outline:4px solid #1d4ed8;outline-offset:2px}
img{display:block;width:11rem;height:11rem;margin:0 auto 1rem;background:#fff}
"""


def format_sum(intent: JsonObject) -> str:
    """Return an intent's sum for display: `146.00 元`."""
    currency = intent["currency"]
    return (
        f"{format_amount(Amount(intent['amount'], currency.upper()))} {_CURRENCY_NAMES.get(currency, currency.upper())}"
    )


def _render_page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        '<p class="band" role="note">演练收银台 · 不会真的扣款</p>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _render_facts(intent: JsonObject) -> str:
    method = STRIPE_METHODS.get(intent.get("method_type", ""))
    name = METHODS[method].name_zh if method else "银行卡"
    order = escape(str(intent["metadata"].get("order", intent["id"])))
    return (
        f'<p class="sum"><span>{format_sum(intent)}</span></p>'
        f"<dl><dt>付款方式</dt><dd>{name}</dd><dt>订单号</dt><dd>{order}</dd></dl>"
    )


def render_payment(intent: JsonObject) -> str:
    """Return the page that asks for the payment, or shows its status if it is not payable."""
    if intent["status"] != "requires_action":
        return render_status(intent)
    code = ""
    if shows_code(intent):
        code = f'<img src="/qr/{escape(intent["id"])}.svg" alt="付款二维码，扫码后打开本页" width="176" height="176">'
    form = (
        f'<form method="post" action="/pay/{escape(intent["id"])}">'
        '<button class="pay" name="action" value="pay">付款</button>'
        '<button class="no" name="action" value="abandon">放弃</button></form>'
    )
    return _render_page("确认付款", _render_facts(intent) + code + form)


def render_status(intent: JsonObject) -> str:
    """Return the page with a payment's status and a link back to the shop."""
    title = {
        "succeeded": "付款成功",
        "canceled": "这笔付款已取消",
        "requires_payment_method": "没有付款",
    }.get(intent["status"], "请等一等")
    back = ""
    if intent["return_url"]:
        back = f'<a class="back" href="{escape(intent["return_url"])}">回到商家</a>'
    return _render_page(title, _render_facts(intent) + back)


def render_home() -> str:
    """Return the page at the sandbox's own address."""
    return _render_page("演练收银台", "<p>这里代替支付宝和微信支付，供演示与测试使用。付款后可以关闭本页。</p>")


def render_not_found() -> str:
    """Return the page for a payment that does not exist."""
    return _render_page("没有这笔付款", "<p>请回到商家，重新发起付款。</p>")
