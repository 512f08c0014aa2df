"""投诉 about the reduction: received with a name or without one, triaged, answered, looked at again by who is above."""
