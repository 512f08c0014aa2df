"""Producers (households, farms, co-operatives, companies): apply, admit, verify certificates, suspend."""
