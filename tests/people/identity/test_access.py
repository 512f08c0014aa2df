"""The permission checks; no other package has its own."""

import ast
from pathlib import Path
from uuid import UUID

import pytest

import market
from market.people.identity.access import (
    find_home_county,
    get_visible_divisions,
    get_visible_scope,
    has_role_for,
    list_verified_scopes,
    require_county_role,
    require_county_scopes,
    require_official,
    require_producer,
    require_role,
    require_scope_in_county,
    require_scopes,
    require_second_factor_of_official,
    require_whole_county,
)
from market.people.identity.models import (
    AccountId,
    Actor,
    Grant,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Role,
    SecondFactorRequired,
)

PACKAGE = Path(market.__file__).parent
GUARDED = {"grants", "second_factor", "scope"}
"""Attributes of actors and grants that only `market.people.identity` may read."""
ALLOWED = {
    ("service/auditors.py", "scope"): "keeps the visitor with the ASGI scope of a request",
    ("service/http.py", "scope"): "reads the path of a request from its ASGI scope",
    ("service/api/identity.py", "second_factor"): "shows the account its own session, and reads the request's field",
    ("service/web/desk/reports/region.py", "scope"): "names the region that it shows",
    ("service/web/desk/staff/officials.py", "second_factor"): "shows what the account of an official lacks",
    ("subsidies/imports/officials.py", "grants"): "compares the roles of a file with those already granted",
    ("subsidies/imports/officials.py", "scope"): "grants the scope that the file names",
    ("subsidies/tasks/submit.py", "second_factor"): "keeps with the task how its actor was signed in",
    ("subsidies/tasks/work.py", "second_factor"): "acts as the actor was signed in",
}
RAISES = {"SecondFactorRequired"}

COUNTY, OTHER_COUNTY, TOWNSHIP, VILLAGE = "130624", "130725", "130624101", "130624101209"


def an_actor(*grants: tuple[Role, str], second_factor: bool = True, producers: tuple[UUID, ...] = ()) -> Actor:
    return Actor(
        AccountId(UUID(int=1)),
        "样例",
        grants=tuple(Grant(role, scope) for role, scope in grants),
        producers=producers,
        second_factor=second_factor,
    )


def test_only_identity_checks_roles_scopes_and_the_second_factor() -> None:
    found: set[tuple[str, str]] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(("people/identity/", "service/demo/sample/")) or name == "testing.py":  # these create grants
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in GUARDED:
                found.add((name, node.attr))
            elif isinstance(node, ast.Raise) and node.exc is not None:
                raised = ast.unparse(node.exc).partition("(")[0]
                found |= {(name, raised)} & {(name, refusal) for refusal in RAISES}
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - found) == []


def test_a_role_holds_for_its_division_and_everything_below() -> None:
    actor = an_actor((Role.TOWNSHIP, TOWNSHIP))
    assert has_role_for(actor, {Role.TOWNSHIP}, VILLAGE)
    assert not has_role_for(actor, {Role.TOWNSHIP}, COUNTY)
    assert not has_role_for(actor, {Role.VILLAGE}, VILLAGE)
    require_role(actor, Role.TOWNSHIP, VILLAGE)
    with pytest.raises(NotAllowed):
        require_role(actor, {Role.COUNTY, Role.VILLAGE}, VILLAGE)


def test_without_the_second_factor_an_official_may_do_nothing() -> None:
    actor = an_actor((Role.COUNTY, COUNTY), second_factor=False)
    for check in (
        lambda: require_role(actor, Role.COUNTY, COUNTY),
        lambda: require_official(actor),
        lambda: require_scopes(actor, {Role.COUNTY}),
        lambda: require_second_factor_of_official(actor),
        lambda: get_visible_divisions(actor, COUNTY),
        lambda: require_county_role(actor, Role.COUNTY, COUNTY),
    ):
        with pytest.raises(SecondFactorRequired):
            check()
    assert list_verified_scopes(actor) == []


def test_a_buyer_is_no_official_and_needs_no_second_factor() -> None:
    buyer = an_actor(second_factor=False)
    require_second_factor_of_official(buyer)
    for check in (
        lambda: require_official(buyer),
        lambda: require_scopes(buyer, set(Role)),
        lambda: get_visible_scope(buyer),
        lambda: get_visible_divisions(buyer, COUNTY),
    ):
        with pytest.raises(NotAllowed):
            check()


def test_a_producer_exists_only_for_its_members() -> None:
    own, other = UUID(int=2), UUID(int=3)
    require_producer(an_actor(producers=(own,)), own)
    with pytest.raises(NotFound):
        require_producer(an_actor(producers=(own,)), other)


def test_the_widest_scope_rules_row_level_security() -> None:
    assert get_visible_scope(an_actor((Role.VILLAGE, VILLAGE), (Role.COUNTY, "1306"))) == "1306"


@pytest.mark.parametrize(
    ("scopes", "visible"),
    [
        ((COUNTY,), (COUNTY,)),
        (("13",), (COUNTY,)),
        ((VILLAGE, "130624102"), (VILLAGE, "130624102")),
        ((VILLAGE, COUNTY), (COUNTY,)),
        ((OTHER_COUNTY, TOWNSHIP), (TOWNSHIP,)),
    ],
)
def test_an_official_sees_the_divisions_of_the_scopes(scopes: tuple[str, ...], visible: tuple[str, ...]) -> None:
    actor = an_actor(*((Role.VILLAGE, scope) for scope in scopes))
    assert get_visible_divisions(actor, COUNTY) == visible
    assert require_county_scopes(actor, Role.VILLAGE, COUNTY) == list(visible)
    require_scope_in_county(actor, COUNTY)


def test_a_county_outside_the_scopes_is_not_found() -> None:
    actor = an_actor((Role.COUNTY, OTHER_COUNTY))
    with pytest.raises(NotFound):
        get_visible_divisions(actor, COUNTY)
    with pytest.raises(NotFound):
        require_scope_in_county(actor, COUNTY)
    with pytest.raises(NotAllowed):
        require_county_scopes(actor, Role.COUNTY, COUNTY)


def test_the_platforms_staff_sees_no_register() -> None:
    with pytest.raises(NotAllowed):
        get_visible_divisions(an_actor((Role.PLATFORM, "13")), COUNTY)


def test_a_scope_within_a_county_does_not_cover_the_county() -> None:
    require_whole_county((COUNTY,), COUNTY)
    with pytest.raises(NotAllowed):
        require_whole_county((TOWNSHIP,), COUNTY)
    with pytest.raises(NotAllowed):
        require_county_role(an_actor((Role.COUNTY, TOWNSHIP)), Role.COUNTY, COUNTY)
    assert require_county_role(an_actor((Role.COUNTY, COUNTY)), Role.COUNTY, COUNTY).name == "样例"
    with pytest.raises(NotSignedIn):
        require_county_role(None, Role.COUNTY, COUNTY)


def test_the_desk_opens_with_the_first_county_of_the_roles() -> None:
    assert find_home_county(an_actor((Role.VILLAGE, VILLAGE), (Role.COUNTY, OTHER_COUNTY))) == COUNTY
    assert find_home_county(an_actor((Role.COUNTY, "1306"))) is None
