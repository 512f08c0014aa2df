"""Reviews of what was bought: written and changed by buyers, answered and appealed by sellers, never deleted."""
