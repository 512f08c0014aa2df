-- What a person looks at is found without reading the history.

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX refunds_requested ON {schema}.refunds (id) WHERE state = 'requested';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_unresolved ON {schema}.accounts (kind) WHERE kind IN ('advance', 'suspense');
