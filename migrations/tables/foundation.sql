-- What every table rests on: extensions, schemas and roles. The roles own nothing; the file of a table lists their
-- rights in it. The service's role `market_app` comes with the tables of payments.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SCHEMA jobs;
-- Partitions of months that are over (docs/growth.md).
CREATE SCHEMA market_archive;
REVOKE ALL ON SCHEMA market_archive FROM PUBLIC;

-- Who gains from a sale, in a schema of its own. The service's role sees nothing of it: it must take market_benefits,
-- which only market/villages/benefits does. No query about the reduction can read it (SQLSTATE 42501).
CREATE SCHEMA benefits;
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'market_benefits') THEN
        CREATE ROLE market_benefits NOLOGIN;
    END IF;
EXCEPTION
    -- A migration of another database on this server created the role concurrently.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT pg_has_role('market_app', 'market_benefits', 'SET') THEN
        GRANT market_benefits TO market_app WITH INHERIT FALSE, SET TRUE;
    END IF;
EXCEPTION
    WHEN unique_violation THEN NULL;
END $$;

GRANT USAGE ON SCHEMA public, jobs TO market_app;
-- The name of the schema alone says nothing; what is in it is refused.
GRANT USAGE ON SCHEMA benefits TO market_app, market_benefits;
