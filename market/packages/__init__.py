"""乡村套餐: one offer of the stays, activities and goods of several households."""
