"""From the cart to the payment."""
