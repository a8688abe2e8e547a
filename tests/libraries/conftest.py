"""The scripts are run, not collected: they import libraries that may not be there."""

collect_ignore = ["scripts"]
