"""The findings (疑点): the checks that open them, the lines they block, and the decisions that close them."""
