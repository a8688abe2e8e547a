"""``killed_runs.py`` and its kinds import the drop-in ``tensorflow``: no test may import it."""

collect_ignore = ["killed_kinds.py", "killed_runs.py"]
