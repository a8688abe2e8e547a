"""Commands carried out by forks of a process that has imported what every start imports.

``python -m torchkeras`` spends most of its time on imports; a test that isn't about the start
itself asks a ``Starter``, which forks, and then does what ``python -m torchkeras`` does.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_SERVER = r"""
import json, os, runpy, sys
import torch, torchkeras, torchkeras.cli

for line in sys.stdin:
    wanted = json.loads(line)
    child = os.fork()
    if not child:
        break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status, flush=True)
else:
    os._exit(0)
for number, name in enumerate(wanted["files"]):
    os.dup2(os.open(name, os.O_RDWR | os.O_APPEND * (number > 0)), number)
sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
sys.stderr = open(2, "w", buffering=1, closefd=False)
os.chdir(wanted["folder"])
os.environ.update(wanted["environment"])
sys.argv, sys.path[0] = ["torchkeras", *wanted["words"]], wanted["folder"]
try:
    runpy.run_module("torchkeras", run_name="__main__", alter_sys=True)
except (SystemExit, KeyboardInterrupt):
    raise
except BaseException as error:  # shown as Python shows it, but for the frame of this text
    sys.excepthook(type(error), error.with_traceback(error.__traceback__.tb_next), None)
    sys.exit(1)
"""
_ANSWERS = r"""
import json, sys, warnings
from dataclasses import asdict
from torchkeras.cli import answers

warnings.simplefilter("ignore")
sys.path.insert(0, str(answers.drop_in_folder()))
answers.start_as_tensorflow(gradients=True)
for line in sys.stdin:
    print(json.dumps({path: asdict(answers.answer(path)) for path in json.loads(line)}), flush=True)
"""
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


class Asked:
    """A process that is asked line by line.

    Args:
        source: What it runs.
        folder: Where.
    """

    def __init__(self, source: str, folder: Path = ROOT) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", source],
            cwd=folder,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: object) -> str:
        """The line that it answers with.

        Raises:
            RuntimeError: it has ended.
        """
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process has ended with {self._process.wait()}")
        return answer

    def close(self) -> None:
        """Let it end."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


def answering() -> Asked:
    """What knows the drop-ins, as the process that ``check`` asks does, more than once."""
    return Asked(_ANSWERS, ROOT / "compat")


class Starter(Asked):
    """Carries out ``python -m torchkeras``, by forks."""

    def __init__(self) -> None:
        super().__init__(_SERVER)

    def carry_out(
        self, *words: object, folder: Path, given: str | None = None
    ) -> subprocess.CompletedProcess:
        """``python -m torchkeras`` with these words, in ``folder``, given a text as input."""
        with tempfile.TemporaryDirectory() as place:
            files = [Path(place, name) for name in ("input", "output", "errors")]
            for file in files:
                file.write_text(given or "" if file is files[0] else "", encoding="utf-8")
            question = {
                "words": list(map(str, words)),
                "folder": str(folder),
                "files": list(map(str, files)),
                "environment": {
                    key: value for key, value in os.environ.items() if key != "PYTHONPATH"
                },
            }
            status = int(self.ask(question))
            output, errors = (file.read_text(encoding="utf-8") for file in files[1:])
        return subprocess.CompletedProcess(list(words), status, output, errors)
