"""Numbers and names on the desk's pages are masked."""

from market.reports.line import mask_name, mask_number


def test_numbers_and_names_are_masked_but_recognisable() -> None:
    assert mask_number("17050000102") == "170****0102"
    assert mask_number("kd-yd-0001") == "kd-****01"
    assert mask_name("赵一二") == "赵**"
    assert mask_name("样例赵一") == "样例赵*"
    assert mask_name("赵") == "赵*"
