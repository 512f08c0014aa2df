"""What follows a sale over HTTP."""
