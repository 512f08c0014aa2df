"""Somebody asks and somebody answers by a deadline: the state machine of cases, and the kinds about no sale."""
