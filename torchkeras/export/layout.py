"""Source laid out as ruff does."""

import importlib.util
import subprocess
import sys

_LENGTH = 100


def laid_out(source: str) -> str:
    """``source`` as ``ruff format`` leaves it; as it is where ruff isn't installed.

    Nothing of it is run, and no configuration of the user's is read.
    """
    if importlib.util.find_spec("ruff") is None:
        return source
    command = [
        sys.executable,
        "-I",  # no module of the folder at hand that bears this name
        "-m",
        "ruff",
        "format",
        "--isolated",
        f"--line-length={_LENGTH}",
        "-",
    ]
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return source if done.returncode else done.stdout
