"""The demo county: its register, enrolled lines, operators' files, and three months of subsidies."""
