"""The register on the desk: leads, notices, objections, changes of lines, consents, rechecks, idle lines."""
