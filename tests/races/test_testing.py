"""The helpers of `market.testing`; tests/test_library_docs.py runs the race of the documentation."""

import pytest

from market.sales.orders import Batcher, Line, place
from market.sales.orders.pay import pay_order
from market.testing import CountyNotFound, a_box, a_county, a_person, a_producer, sandbox
from payments import Method
from tests.support.make import DESTINATION

pytestmark = pytest.mark.long


async def test_a_payment_starts_at_the_sandbox() -> None:
    async with a_county("130725") as county, sandbox() as rails, Batcher(county.db) as batcher:
        assert county.village.startswith("130725")
        box = await a_box(await a_producer())
        buyer = await a_person()
        order = await place(batcher, buyer.account_id, [Line(box, 1)], address=DESTINATION, now=county.now)
        paying = await pay_order(
            county.db,
            rails.gateway,
            buyer,
            order.id,
            method=Method.ALIPAY,
            return_url="http://localhost/",
            now=county.now,
        )
    assert paying.redirect_url is not None
    assert paying.redirect_url.startswith(rails.provider.url)


async def test_an_unknown_county_is_refused() -> None:
    with pytest.raises(CountyNotFound):
        async with a_county("999999"):
            pass
