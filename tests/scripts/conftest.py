"""The corpus is run, not imported."""

collect_ignore = ["corpus"]
