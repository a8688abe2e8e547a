"""The corpus and the programs are run, not imported."""

collect_ignore = ["corpus", "record.py", "runner.py"]
