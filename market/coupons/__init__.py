"""Coupons: campaigns of the platform or of a producer, and the vouchers that people claim of them."""
