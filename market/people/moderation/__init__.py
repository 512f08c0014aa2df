"""What texts of sellers, buyers and villages may not say."""
