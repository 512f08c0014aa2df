"""受益: who gains from each line that was sold, behind a wall of its own: see `wall.py`."""
