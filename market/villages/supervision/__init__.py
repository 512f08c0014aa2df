"""督办: tasks from province to prefecture to county, with a day, evidence and another person's check."""
