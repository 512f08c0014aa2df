"""What villages are offered and owed beside the market: services, pairing, coverage, channels, supervision."""
