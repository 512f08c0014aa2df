"""What is paid to operators, to which accounts, and what comes back."""
