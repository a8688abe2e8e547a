"""``killed_runs.py`` is a script that imports the drop-in ``tensorflow``: no test may import it."""

collect_ignore = ["killed_runs.py"]
