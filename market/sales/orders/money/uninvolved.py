"""Who writes down that money came or went is not who bought or sold."""

from market.kernel import Connection, Query, Refusal
from market.people.identity.models import Actor

IS_PARTY = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM orders
                    WHERE number = :number
                      AND (is_same_person(buyer_id, :account_id)
                           OR EXISTS (SELECT FROM public_buyers b JOIN public_buyers own USING (organisation_id)
                                       WHERE b.account_id = buyer_id AND is_same_person(own.account_id, :account_id))
                           OR EXISTS (SELECT FROM suborders JOIN producer_members m USING (producer_id)
                                       WHERE order_id = orders.id AND is_same_person(m.account_id, :account_id))))
    """,
)


class OwnOrderMoney(Refusal):
    """Who bought or sold in an order, or is of the unit that did, does not record its transfers."""

    code = "own_order_money"
    status = 403
    zh = "这一单是您自己或者您的单位买的，或者您自己的店卖的，请别的人来记。"
    en = "You, or the unit you work for, bought or sold in this order; another person has to record its transfers."


async def require_uninvolved(conn: Connection, actor: Actor | None, number: int) -> None:
    """Require that the actor neither bought the order nor works or worked for a seller of it, by whatever account.

    Nor is the actor of the public unit for which its buyer buys.
    `None` is the operator of the system at the command line.

    Raises:
        OwnOrderMoney: the actor did.
    """
    if actor is not None and await IS_PARTY.one(conn, number=number, account_id=actor.account_id):
        raise OwnOrderMoney
