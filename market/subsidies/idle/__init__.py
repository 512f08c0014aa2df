"""Idle lines (闲置): which households to call, what they answered, and the message that each is sent once a notice."""
