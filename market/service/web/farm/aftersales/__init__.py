"""What buyers ask of a seller after the sale: refunds, claims, returns, complaints, mediations, reviews."""
