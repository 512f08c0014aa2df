"""Who acts and is told: accounts, consents, messages, the audit record, moderation of texts, and what people upload."""
