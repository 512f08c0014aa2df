"""Accounts, one-time codes, sessions, roles, and every permission check of the project.

Exports what an application needs to act for a person; see docs/library.md.
"""

from market.people.identity.actors import find_actor_by_id, find_actor_by_token
from market.people.identity.models import AccountId, Actor

__all__ = [
    "AccountId",
    "Actor",
    "find_actor_by_id",
    "find_actor_by_token",
]
