"""What the buyer and the seller of a suborder write to each other, with photos, without leaving the platform."""
