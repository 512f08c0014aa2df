"""Names of people who are known by name only."""

_TITLE = (
    r"(?:[镇乡村组党团副总正]|小组|村民委员会|委会|两委|支部|支委|党委)*"
    r"(?:主任|书记|会计|文书|干部|组长|队长|村长|网格员|代办员|评议员)"
)
NAME_WITH_TITLE = rf"^(?:{_TITLE})?(.{{2,}}?)(?:{_TITLE})?$"
r"""Matches a folded name with a title before or after it that stands without brackets; `\1` is the name alone.

A name has two characters or more, so that 王主任 and 王书记, and 村主任 and 村会计, remain different.
"""
