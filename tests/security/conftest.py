"""What stands beside the tests here is imported by them and by their server, not collected."""

collect_ignore_glob = [
    "*_attacks.py",
    "*_server.py",
    "fuzz_*.py",
    "attacks.py",
    "commands.py",
    "configurations.py",
    "entries.py",
    "*_entries.py",
    "honest.py",
    "large_weights.py",
    "sandbox.py",
]
