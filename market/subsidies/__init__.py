"""The subsidy of phone bills: register, programmes, bindings, billing files, cycles, claims, checks."""
