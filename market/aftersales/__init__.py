"""After the sale: shipping, check-in, receipt, refunds, reviews, and producers' statements."""
