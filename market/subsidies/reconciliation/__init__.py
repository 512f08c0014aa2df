"""What was sent to the operators, and what they say they credited: files, differences, and who answers for them."""
