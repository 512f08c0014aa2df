"""The public page of a seller: linked from what it sells, with certificates, reviews and a score that is explained."""

from market.sales.reviews.score import compute_score
from tests.sales.reviews.test_score import make_figures
from tests.service.web.conftest import Village


async def test_each_listing_links_to_its_seller_whose_page_lists_what_it_sells(village: Village) -> None:
    sellers = (
        (village.dates, f"/goods/{await village.number(village.dates.listing_id)}", "样例革新庄枣园"),
        (village.stay, f"/stays/{await village.number(village.stay.listing_id)}", "样例骆驼湾农家院"),
    )
    async with await village.browser() as anyone:
        for listing, path, name in sellers:
            seller = await village.value("SELECT number FROM producers WHERE id = $1", listing.producer_id)
            assert f"/sellers/{seller}" in (await anyone.open(path)).links()
            seen = await anyone.open(f"/sellers/{seller}")
            assert seen.heading == name
            assert path in seen.links()
            assert "新开的店，还没有算过分。" in seen.text
            await anyone.open(f"/sellers/{seller}/reviews")
        host = await village.value("SELECT number FROM producers WHERE id = $1", village.stay.producer_id)
        assert "民宿经营许可" in (await anyone.open(f"/sellers/{host}")).text
        await anyone.open("/sellers/9999", status=404)


async def test_the_score_is_shown_with_the_figures_to_compute_it_again(village: Village) -> None:
    await village.value(
        "INSERT INTO producer_figures VALUES ($1, '2019-04-01', '2019-09-28', 8, 7, 3, 13, 1) RETURNING 1",
        village.dates.producer_id,
    )
    seller = await village.value("SELECT number FROM producers WHERE id = $1", village.dates.producer_id)
    async with await village.browser() as anyone:
        seen = await anyone.open(f"/sellers/{seller}")
    score = compute_score(make_figures(parcels=8, in_time=7, reviews=3, stars=13))
    assert score is not None
    assert seen.heading == f"样例革新庄枣园 {score.total} 分"
    assert "该发的包裹 8 个，说好的日子前发了 7 个。" in seen.text
    assert "评价 3 条，一共 13 分；卖家回了 1 条。" in seen.text
    assert f"说到做到（按时发货、没有取消住宿）50 × 7 ÷ 8 = {score.sending}。" in seen.text
    assert f"评价 50 × （13 − 3）÷（4 × 3） = {score.praise}。" in seen.text
