"""The register (名册): persons, households with their status, memberships."""
