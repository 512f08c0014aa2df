"""Every route with an id of the other producer or buyer in its path: nothing is found, and nothing changes.

Each path parameter is tested with every id of the other side, of any kind: an order's id instead of a listing's finds
nothing either.
"""

import pytest

from tests.access.client import AccessClient
from tests.access.fixtures import AccessFixtures
from tests.access.policies import FORBIDDEN, HIDDEN, NOT_FOUND
from tests.access.route_case import FixtureId, RouteCase
from tests.access.route_cases_api import API_CASES
from tests.access.route_cases_pages import PAGE_CASES

OTHER = "other_"
KINDS = (
    "producer_id", "listing_id", "hidden_id", "variant_id", "lot_id", "stay_id", "room_id", "certificate_id",
    "order_id", "suborder_id", "stay_suborder_id", "line_id", "booking_id", "photo_id", "shown_photo_id",
    "unlisted_photo_id", "session_id",
)  # fmt: skip
"""One id of each kind of row that belongs to a buyer or a producer."""
NUMBERS = {
    "/orders/": ("order", "shipped_order", "received_order", "unpaid_order"),
    "/farm/listings/": ("listing_number", "stay_number", "hidden_number"),
}
"""Public numbers by the paths that take them: listings and orders are numbered separately and may share a number."""

CASES = [
    case
    for case in (*API_CASES, *PAGE_CASES)
    if case.policy is not HIDDEN
    and case.policy.refusals.get("other_farmer") == NOT_FOUND
    and case.policy.refusals.get("farmer") != FORBIDDEN
    and any(param == "number" or param.endswith("_id") for param in case.list_params())
]
"""Every case whose path names something of a buyer or a producer that others of their kind must not find."""


def list_sides(fixtures: AccessFixtures) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """Return for each side the prefix of its actors, its own ids and those of the other side, by plain name."""
    theirs = {name.removeprefix(OTHER): value for name, value in fixtures.ids.items() if name.startswith(OTHER)}
    own = {name: fixtures.ids[name] for name in theirs}
    return [("", {**fixtures.ids, **own}, theirs), (OTHER, {**fixtures.ids, **theirs}, own)]


def list_foreign_ids(case: RouteCase, param: str) -> list[str]:
    """Return the names of the ids to try for a parameter: one of each kind, and the counterpart of its own id."""
    if param == "number":
        return [name for prefix, names in NUMBERS.items() if case.path.startswith(prefix) for name in names]
    if not param.endswith("_id"):
        return []
    own = case.get_param(param)
    assert isinstance(own, FixtureId)
    return list(dict.fromkeys((*KINDS, *({own.name} - {"nobody"}))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_an_id_of_the_other_side_is_not_found_and_nothing_changes(
    watched_client: AccessClient, case: RouteCase
) -> None:
    wrong: list[str] = []
    for prefix, own, theirs in list_sides(watched_client.fixtures):
        actor = f"{prefix}{'buyer' if case.policy.acts_as == 'buyer' else 'farmer'}"
        for param in case.list_params():
            for name in list_foreign_ids(case, param):
                response = await watched_client.send(case.with_param(param, theirs[name]), actor, own)
                if response.status_code != NOT_FOUND:
                    wrong.append(f"{actor} {param}={name}: {response.status_code}: {response.text[:120]}")
    assert wrong == []
    assert await watched_client.list_changes() == []


def test_both_sides_have_the_same_names_and_different_ids(read_only_client: AccessClient) -> None:
    [(_, own, theirs), _] = list_sides(read_only_client.fixtures)
    tried = {name for case in CASES for param in case.list_params() for name in list_foreign_ids(case, param)}
    assert len(CASES) >= 80
    assert [name for name in sorted(tried) if name not in theirs] == []
    assert [name for name in KINDS if own[name] == theirs[name]] == []
