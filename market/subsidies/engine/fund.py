"""R11 and R13: the match with the claim, the funders of the approved sum, and the budget for its public part."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from market.subsidies.engine.coverage import Coverage, clip_items
from market.subsidies.engine.days import ServiceMonth
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.models import CaseLine, Funder, FunderShare
from payments.money import Fen, split

_MAX_CACHED = 8_192
"""The maximum number of cached splits; the lines of a county have few different sums."""


class ClaimMatch(Struct, frozen=True, gc=False, kw_only=True):
    """The match of an entitlement with its claim; no claim counts as 0."""

    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen


class TierBudget(Struct, frozen=True, gc=False, kw_only=True):
    """The budget of one tier: what remains for it, and what its lines need."""

    tier: int
    left_fen: Fen
    need_fen: Fen


class Funding(Struct, frozen=True, gc=False, kw_only=True):
    """Who bears a line's approved sum; `tier` is None without a budget or without a need."""

    match: ClaimMatch
    funders: tuple[FunderShare, ...]
    conceded_fen: Fen
    need_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    tier: TierBudget | None

    @property
    def funded_fen(self) -> Fen:
        """The sum paid or conceded, at most the approved sum."""
        return Fen(self.conceded_fen + self.public_fen)


def match_claim(*, entitled_fen: Fen, claimed_fen: Fen | None) -> ClaimMatch:
    """Return the three-way match of entitlement and claim (R13)."""
    approved = min(entitled_fen, claimed_fen or Fen(0))
    return ClaimMatch(
        approved_fen=approved, over_fen=Fen((claimed_fen or 0) - approved), under_fen=Fen(entitled_fen - approved)
    )


class Fundings(Struct, frozen=True, gc=False):
    """The different fundings of a month, each with the number of its entitlement, and the number of each line's."""

    found: list[Funding]
    entitlements: list[int]
    numbers: list[int]


def compute_fundings(
    entitlements: Sequence[Entitlement],
    lines: Sequence[CaseLine],
    groups: Sequence[int],
    tiers: Mapping[str, int],
    *,
    budget_fen: Fen | None,
    month: ServiceMonth,
) -> Fundings:
    """Return who bears each line; the lines are sorted by id, which decides ties.

    `groups` has for each line the number of its entitlement. `tiers` are by household; a budget of None funds
    everything, one of 0 funds no public part.
    """
    matches = [
        match_claim(entitled_fen=own.entitled_fen, claimed_fen=own.coverage.line.claimed_fen) for own in entitlements
    ]
    funders = [_find_funders(own.coverage, month) for own in entitlements]
    needs: list[Fen] = []
    for match, own_funders in zip(matches, funders, strict=True):
        parts = _split_by_funder(match.approved_fen, own_funders)
        needs.append(Fen(match.approved_fen - parts.get(Funder.OPERATOR, 0)))
    members: dict[int, list[int]] = {}
    if budget_fen is not None:
        members = _group_by_tier([own.coverage for own in entitlements], needs, lines, groups, tiers)
    fundings = Fundings([], [], [])
    known: dict[tuple[int, Fen, int | None], int] = {}
    granted = _allocate_budget(members, needs, groups, budget_fen=budget_fen or Fen(0))
    for at, group in enumerate(groups):
        public, tier = granted.get(at) or (needs[group], None)
        key = (group, public, tier and tier.tier)
        number = known.get(key)
        if number is None:
            number = known[key] = len(known)
            fundings.entitlements.append(group)
            fundings.found.append(
                _build_funding(matches[group], funders[group], need_fen=needs[group], public_fen=public, tier=tier)
            )
        fundings.numbers.append(number)
    return fundings


def _find_funders(coverage: Coverage, month: ServiceMonth) -> tuple[FunderShare, ...]:
    """Return the funders of the first payable day, otherwise of the month's first day with terms."""
    if coverage.spans:
        return coverage.spans[0].terms.funders
    return next((terms.funders for _, _, terms in clip_items(month.first, month.end, coverage.programme.terms)), ())


@lru_cache(_MAX_CACHED)
def _split_by_funder(total: Fen, funders: tuple[FunderShare, ...]) -> Mapping[Funder, Fen]:
    """Share a sum among funders by largest remainder, ties to the one listed first."""
    parts = split(total, [share.share_bp for share in funders])
    return {share.funder: Fen(part) for share, part in zip(funders, parts, strict=True)}


def _group_by_tier(
    coverages: Sequence[Coverage],
    needs: Sequence[Fen],
    lines: Sequence[CaseLine],
    groups: Sequence[int],
    tiers: Mapping[str, int],
) -> dict[int, list[int]]:
    """Return the lines with a need, by the tier of the household of their first payable day."""
    by_tier: dict[int, list[int]] = defaultdict(list)
    for at, (line, group) in enumerate(zip(lines, groups, strict=True)):
        if needs[group]:
            only = line.households[0] if len(line.households) == 1 else coverages[group].spans[0]
            by_tier[tiers[only.household]].append(at)
    return by_tier


def _allocate_budget(
    members: Mapping[int, Sequence[int]], needs: Sequence[Fen], groups: Sequence[int], *, budget_fen: Fen
) -> dict[int, tuple[Fen, TierBudget]]:
    """Return each line's part of the budget, tier by tier; the tier that does not fit is split by largest remainder."""
    granted: dict[int, tuple[Fen, TierBudget]] = {}
    left = budget_fen
    for number in sorted(members):
        own = [needs[groups[at]] for at in members[number]]
        tier = TierBudget(tier=number, left_fen=left, need_fen=Fen(sum(own)))
        spent = min(left, tier.need_fen)
        parts = own if spent == tier.need_fen else split(spent, own)
        granted.update((at, (Fen(part), tier)) for at, part in zip(members[number], parts, strict=True))
        left = Fen(left - spent)
    return granted


def _build_funding(
    match: ClaimMatch, funders: tuple[FunderShare, ...], *, need_fen: Fen, public_fen: Fen, tier: TierBudget | None
) -> Funding:
    """Return a line's funding: the full concession of the operator, and the public part that the budget covers."""
    conceded = Fen(match.approved_fen - need_fen)
    shares = {share.funder: Fen(0) for share in funders}
    if conceded:
        shares[Funder.OPERATOR] = conceded
    if public_fen:
        public = tuple(share for share in funders if share.funder is not Funder.OPERATOR)
        shares.update(_split_by_funder(public_fen, public))
    return Funding(
        match=match,
        funders=funders,
        conceded_fen=conceded,
        need_fen=need_fen,
        public_fen=public_fen,
        shares=shares,
        tier=tier,
    )
