"""Division codes: 12 digits, of which province, prefecture and county take two each, township and village three.

Source: 统计用区划代码和城乡划分代码编制规则, 国统字〔2009〕91号.
"""

LEVELS = (2, 4, 6, 9, 12)
"""How many digits name a province, a prefecture, a county, a township, a village."""
WHOLE = 12


def level_of(code: str) -> int:
    """Return the level of a whole code, 1 for a province to 5 for a village."""
    return LEVELS.index(len(scope_of(code))) + 1


def scope_of(code: str) -> str:
    """Cut a whole code to the digits of its level, by which all below it begin; a cut one is returned as it is."""
    if len(code) != WHOLE:
        return code
    for digits in LEVELS:
        if not code[digits:].strip("0"):
            return code[:digits]
    return code


def whole(scope: str) -> str:
    """Return the whole code of a scope."""
    return scope.ljust(WHOLE, "0")
