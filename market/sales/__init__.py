"""What is ordered until it is paid, received, answered for and paid out."""
