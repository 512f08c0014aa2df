"""What a buyer asks after the sale: claims, returns, complaints, mediations, other days, reviews."""
