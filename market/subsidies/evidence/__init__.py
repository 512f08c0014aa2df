"""Evidence packs: what a closed month rests on, sealed, for an auditor who verifies it without this software."""
