"""采购账本: what public units buy from poor counties, from request to bank transfer, and the quota of each year."""
