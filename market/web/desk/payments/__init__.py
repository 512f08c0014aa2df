"""What is paid to operators: to which accounts."""
