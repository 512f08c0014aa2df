"""Cases that an official decides: claims, returns, complaints, mediations, appeals of reviews."""
