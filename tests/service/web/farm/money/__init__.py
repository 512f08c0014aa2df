"""The page 我的钱: accounts, payouts, statements."""
