"""The lists of other offices that the sample county compares with its register, with an entry for each check."""

from market.service.demo.sample.county.enrolled_lines import DECIDED_STATUS, SampleLine
from market.subsidies.names import HOUSEHOLD_LISTS, LISTS

_HEADER = "名单,身份证号,户编号,内容,生效日,失效日"
_SINCE = "2020-01-01"
_FIRST_LINE, _HOUSEHOLDS = 40, 3
"""The lines before are those that the guided tour of the demo shows."""


def write_lists_file(lines: list[SampleLine]) -> bytes:
    """Return one person of each list of persons, and three households with one address and one bank account."""
    by_household = {line.household.code: line for line in lines[_FIRST_LINE:] if line.status == DECIDED_STATUS}
    chosen = iter(by_household.values())
    rows: list[str] = []
    for name, each in LISTS.items():
        if each in HOUSEHOLD_LISTS:
            rows += [f"{name},,{next(chosen).household.code},样例{name}1,{_SINCE}," for _ in range(_HOUSEHOLDS)]
        else:
            rows.append(f"{name},{next(chosen).person.identity},,,{_SINCE},")
    return "\n".join([_HEADER, *rows, ""]).encode()
