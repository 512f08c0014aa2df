"""R11 and R13: the match with the claim, the funders of what is approved, and the budget of its public part."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from market.subsidies.engine.days import Month
from market.subsidies.engine.entitle import Entitlement
from market.subsidies.engine.models import Funder, FunderShare
from market.subsidies.engine.standing import Standing, during
from payments.money import Fen, split


class Match(Struct, frozen=True, gc=False):
    """What is approved of a claim; no claim counts as 0."""

    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen


class Tier(Struct, frozen=True, gc=False):
    """How the budget met one tier: what was left for it, and what its lines need."""

    tier: int
    left_fen: Fen
    need_fen: Fen


class Funding(Struct, frozen=True, gc=False):
    """Who bears a line's approved sum; `tier` says what the budget had, None when there is no budget or no need."""

    match: Match
    funders: tuple[FunderShare, ...]
    conceded_fen: Fen
    need_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    tier: Tier | None

    @property
    def funded_fen(self) -> Fen:
        """What is paid or conceded: never more than what is approved."""
        return Fen(self.conceded_fen + self.public_fen)


def match_claim(entitled: Fen, claimed: Fen | None) -> Match:
    """Return the three-way match of entitlement and claim (R13)."""
    approved = min(entitled, claimed or Fen(0))
    return Match(approved, Fen((claimed or 0) - approved), Fen(entitled - approved))


def fund(
    entitlements: Sequence[Entitlement], tiers: Mapping[str, int], *, budget_fen: Fen | None, month: Month
) -> list[Funding]:
    """Return who bears each line; the entitlements are in the order of their lines' ids, which decides ties.

    `tiers` are those of the households; a budget of None funds all, of 0 no public part.
    """
    matches = [match_claim(own.entitled_fen, own.standing.line.claimed_fen) for own in entitlements]
    funders = [_funders(own.standing, month) for own in entitlements]
    needs: list[Fen] = []
    for match, own_funders in zip(matches, funders, strict=True):
        parts = _split(match.approved_fen, own_funders)
        needs.append(Fen(match.approved_fen - parts.get(Funder.OPERATOR, 0)))
    standings = [own.standing for own in entitlements]
    granted = _spend(standings, needs, tiers, budget_fen)
    return [
        _bear(match, own_funders, need, *grant)
        for match, own_funders, need, grant in zip(matches, funders, needs, granted, strict=True)
    ]


def _funders(standing: Standing, month: Month) -> tuple[FunderShare, ...]:
    """Return the funders of the first payable day, or else of the month's first day that has terms."""
    if standing.stretches:
        return standing.stretches[0].terms.funders
    return next((terms.funders for _, _, terms in during(month.first, month.end, standing.programme.terms)), ())


def _split(total: Fen, funders: Sequence[FunderShare]) -> dict[Funder, Fen]:
    """Share a sum among funders by largest remainder, ties to the one listed first."""
    parts = split(total, [share.share_bp for share in funders])
    return {share.funder: Fen(part) for share, part in zip(funders, parts, strict=True)}


def _spend(
    standings: Sequence[Standing], needs: Sequence[Fen], tiers: Mapping[str, int], budget_fen: Fen | None
) -> list[tuple[Fen, Tier | None]]:
    """Return what each line gets of the budget: tier after tier, the one that does not fit by largest remainder."""
    granted: list[tuple[Fen, Tier | None]] = [(need, None) for need in needs]
    if budget_fen is None:
        return granted
    by_tier: dict[int, list[int]] = defaultdict(list)
    for at, need in enumerate(needs):
        if need:
            by_tier[tiers[standings[at].stretches[0].household]].append(at)
    left = budget_fen
    for number in sorted(by_tier):
        members = by_tier[number]
        tier = Tier(number, left, Fen(sum(needs[at] for at in members)))
        spent = min(left, tier.need_fen)
        parts = split(spent, [needs[at] for at in members])
        for at, part in zip(members, parts, strict=True):
            granted[at] = (Fen(part), tier)
        left = Fen(left - spent)
    return granted


def _bear(match: Match, funders: tuple[FunderShare, ...], need: Fen, public: Fen, tier: Tier | None) -> Funding:
    """Return a line's funding: the operator's concession whole, the public part as far as the budget went."""
    conceded = Fen(match.approved_fen - need)
    shares = {share.funder: Fen(0) for share in funders}
    if conceded:
        shares[Funder.OPERATOR] = conceded
    if public:
        shares |= _split(public, [share for share in funders if share.funder is not Funder.OPERATOR])
    return Funding(match, funders, conceded, need, public, shares, tier)
