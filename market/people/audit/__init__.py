"""The audit record: append-only, in 16 hash chains, written in the transaction of the audited change."""
