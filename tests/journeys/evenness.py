"""What is uneven on a page, on a desk and on a phone."""

from tests.journeys.conftest import Phone

UNEVEN = """
() => {
  const shown = (el) => Array.from(el.querySelectorAll('h2, h3')).find((each) => each.getClientRects().length);
  const heads = (lay) => Array.from(lay.children).filter((el) => el.matches('div, section')).map(shown).filter(Boolean);
  const tops = Array.from(document.querySelectorAll('main .lay'), heads).filter((found) => found.length > 1)
    .map((found) => found.slice(0, 2).map((el) => el.getBoundingClientRect()));
  const steps = Array.from(document.querySelectorAll('.steps'), (list) => {
    const beam = Array.from(list.children, (li) => parseFloat(getComputedStyle(li, '::before').width));
    const height = (li) => (li.clientHeight - 34) / parseFloat(getComputedStyle(li).lineHeight);
    const lines = Array.from(list.children, height);
    return [Math.abs(beam.reduce((sum, each) => sum + each) - list.clientWidth), Math.max(...lines)];
  });
  return [
    ...tops.filter(([one, two]) => one.left !== two.left && one.top !== two.top),
    ...steps.filter(([short, lines]) => short > 1 || lines > 2.1),
  ];
}
"""
"""Columns that do not begin level, and steps whose beam ends early or that take three lines."""


def find_uneven(person: Phone) -> tuple[list[object], list[object]]:
    """Return what is uneven on the page of a desk and of a phone."""
    phone = person.tab.viewport_size
    assert phone is not None
    person.tab.set_viewport_size({"width": 1366, "height": 768})
    wide = person.tab.evaluate(UNEVEN)
    person.tab.set_viewport_size(phone)
    return wide, person.tab.evaluate(UNEVEN)
