"""The findings (疑点): the checks that open them, what they hold back, and the decisions that close them."""
