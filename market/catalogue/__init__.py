"""Who sells, what is for sale, and how much of it is left."""
