"""From a cart to placed orders: offers, prices, limits, and the statements that place a batch of them."""
