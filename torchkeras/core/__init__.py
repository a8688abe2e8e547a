"""Foundations that know nothing of layers: variables, dtypes, names, scopes, configuration."""
