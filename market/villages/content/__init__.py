"""What people read besides offers: stories of villages, warnings of fraud, reports of what should not be shown."""
