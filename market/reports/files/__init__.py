"""Reports that are files: what a month's officials, operators and auditors take away."""
