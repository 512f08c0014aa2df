"""R11 and R13: the match with the claim, the funders of the approved sum, and the budget for its public part."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from market.subsidies.engine.coverage import Coverage, clip_items
from market.subsidies.engine.days import ServiceMonth
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.models import Funder, FunderShare
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


def compute_fundings(
    entitlements: Sequence[Entitlement], tiers: Mapping[str, int], *, budget_fen: Fen | None, month: ServiceMonth
) -> list[Funding]:
    """Return who bears each line; the entitlements are sorted by line id, which decides ties.

    `tiers` are by household; a budget of None funds everything, one of 0 funds no public part.
    """
    matches = [
        match_claim(entitled_fen=own.entitled_fen, claimed_fen=own.coverage.line.claimed_fen) for own in entitlements
    ]
    funders = [_find_funders(own.coverage, month) for own in entitlements]
    needs: list[Fen] = []
    for match, own_funders in zip(matches, funders, strict=True):
        parts = _split_by_funder(match.approved_fen, own_funders)
        needs.append(Fen(match.approved_fen - parts.get(Funder.OPERATOR, 0)))
    coverages = [own.coverage for own in entitlements]
    granted = _allocate_budget(coverages, needs, tiers, budget_fen=budget_fen)
    return [
        _build_funding(match, own_funders, need_fen=need, public_fen=public, tier=tier)
        for match, own_funders, need, (public, tier) in zip(matches, funders, needs, granted, strict=True)
    ]


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


def _allocate_budget(
    coverages: Sequence[Coverage], needs: Sequence[Fen], tiers: Mapping[str, int], *, budget_fen: Fen | None
) -> list[tuple[Fen, TierBudget | None]]:
    """Return each line's part of the budget, tier by tier; the tier that does not fit is split by largest remainder."""
    granted: list[tuple[Fen, TierBudget | None]] = [(need, None) for need in needs]
    if budget_fen is None:
        return granted
    by_tier: dict[int, list[int]] = defaultdict(list)
    for at, need in enumerate(needs):
        if need:
            by_tier[tiers[coverages[at].spans[0].household]].append(at)
    left = budget_fen
    for number in sorted(by_tier):
        members = by_tier[number]
        tier = TierBudget(tier=number, left_fen=left, need_fen=Fen(sum(needs[at] for at in members)))
        spent = min(left, tier.need_fen)
        parts = split(spent, [needs[at] for at in members])
        for at, part in zip(members, parts, strict=True):
            granted[at] = (Fen(part), tier)
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
