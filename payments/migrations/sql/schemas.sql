-- The schema of the caller's choice, and that of the months which are in the archive.
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE SCHEMA IF NOT EXISTS {schema}_archive;
REVOKE ALL ON SCHEMA {schema}_archive FROM PUBLIC;
