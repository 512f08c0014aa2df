"""Division codes: 12 digits, two each for province, prefecture and county, three each for township and village.

Source: 统计用区划代码和城乡划分代码编制规则, 国统字〔2009〕91号.
"""

PROVINCE, PREFECTURE, COUNTY, TOWNSHIP, VILLAGE = 1, 2, 3, 4, 5
"""The levels of divisions."""
LEVEL_DIGITS = (2, 4, 6, 9, 12)
"""Length of the code of a province, a prefecture, a county, a township and a village."""
CODE_DIGITS = 12


def get_scope(code: str) -> str:
    """Return a full code truncated to the digits of its level: the prefix of every code below it.

    A truncated code is returned unchanged.
    """
    if len(code) != CODE_DIGITS:
        return code
    for digits in LEVEL_DIGITS:
        if not code[digits:].strip("0"):
            return code[:digits]
    return code


def pad_code(scope: str) -> str:
    """Return the full code of 12 digits of a scope."""
    return scope.ljust(CODE_DIGITS, "0")


def truncate_code(code: str, level: int) -> str:
    """Return the digits of the division of a level that a code lies in; `truncate_code` of SQL is the same."""
    return code[: LEVEL_DIGITS[level - 1]]


def get_ancestor_code(code: str, level: int) -> str:
    """Return the full code of the division of a level that a code lies in; `ancestor_code` of SQL is the same."""
    return pad_code(truncate_code(code, level))


def get_county_code(code: str) -> str:
    """Return the six digits of the county that a longer code lies in."""
    return truncate_code(code, COUNTY)
