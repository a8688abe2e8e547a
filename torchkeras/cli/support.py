"""Whether names and arguments are supported: questions to a process that has the drop-ins."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from torchkeras.cli.run import PACKAGE, drop_in_folder


def ask(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the drop-ins have of ``paths``, as fields of ``answers.Answer`` by path.

    The process that answers doesn't run in the user's folder, so that nothing there is imported.

    Raises:
        RuntimeError: the process that has the drop-ins failed.
    """
    questions = sorted(set(paths))
    if not questions:
        return {}
    searched = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "torchkeras.cli.answers"],
        cwd=drop_in_folder(),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, searched))},
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the drop-in packages can't be asked: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)
