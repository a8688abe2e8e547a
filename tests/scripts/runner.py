"""Run scripts under TensorFlow or under the drop-in, and write down every number they show.

``python runner.py tensorflow|torchkeras RESULTS.json SCRIPT...``: the packages are imported once,
each script runs in a process forked from there, in a folder of its own.
"""

import builtins
import functools
import json
import os
import re
import runpy
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SECONDS = 300  # before a script counts as hanging
KERAS_2 = {"lr": "learning_rate"}  # its names of logs
_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\d+(?:[eE][-+]?\d+)?|\.\d+)(?![\w])"
)


class Record:
    """What a script showed, in order: ``[where, numbers]``."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Any]] = []
        self.depth = 0

    def watch(self, model: Any, name: str, told: Callable[[Any], Any]) -> None:
        """Note what the method ``name`` returns, unless another watched method called it."""
        method = getattr(model, name)

        @functools.wraps(method)
        def watched(*args, **options):
            self.depth += 1
            try:
                result = method(*args, **options)
            finally:
                self.depth -= 1
            if self.depth == 0:
                self.rows.append((name, told(result)))
            return result

        setattr(model, name, watched)

    def print_of(self, original: Callable) -> Callable:
        """``print`` that notes the numbers a script prints."""

        def recorded(*args, **options):
            if sys._getframe(1).f_globals.get("__name__") == "__main__":
                text = str(options.get("sep", " ")).join(map(str, args))
                numbers = [float(n) for n in _NUMBER.findall(text)]
                self.rows.append(("print", numbers))
            original(*args, **options)

        return recorded


def history(result: Any) -> dict[str, list[float]]:
    """A History's numbers."""
    logs = getattr(result, "history", result)
    if not isinstance(logs, dict):
        return {}
    named = {KERAS_2.get(key, key): numbers for key, numbers in logs.items()}
    return {key: [float(n) for n in numbers] for key, numbers in named.items()}


def scalars(result: Any) -> list[float]:
    """The numbers that ``evaluate`` or a step on a batch returned."""
    if isinstance(result, dict):
        result = [result[key] for key in sorted(result)]
    return [float(n) for n in result] if isinstance(result, (list, tuple)) else [float(result)]


def prepare(side: str) -> tuple[Any, list[Any]]:
    """Import the packages of ``side``, made even; returns (tf, the packages named keras)."""
    warnings.simplefilter("ignore")
    if side == "torchkeras":
        import torch

        from torchkeras.cli.run import drop_in_folder, start_as_tensorflow

        torch.set_num_threads(1)
        sys.path.insert(1, str(drop_in_folder()))
        start_as_tensorflow(False)
    import keras
    import tensorflow as tf

    rooms = [keras, tf.keras]
    if side == "torchkeras" or os.environ.get("TF_USE_LEGACY_KERAS") == "1":
        import tf_keras

        rooms = [tf_keras, tf.keras] if side == "tensorflow" else [*rooms, tf_keras]
    rooms = list({id(room): room for room in rooms}.values())
    import draws
    import stand_ins

    draws.install(tf, rooms, _shape_run if side == "torchkeras" else _in_graph)
    stand_ins.install(rooms)
    return tf, rooms


def _shape_run() -> bool:
    from torchkeras.core import scopes

    return scopes.local.shape_run


def _in_graph() -> bool:
    import tensorflow as tf

    return not tf.executing_eagerly()


def carry_out(side: str, script: Path, tf: Any, rooms: list[Any]) -> dict[str, Any]:
    """Run one script here, in this process."""
    record = Record()
    for model in {id(room.Model): room.Model for room in rooms}.values():
        record.watch(model, "fit", history)
        for name in ("evaluate", "train_on_batch", "test_on_batch"):
            record.watch(model, name, scalars)
    builtins.print = record.print_of(builtins.print)
    sys.argv = [str(script)]
    result: dict[str, Any] = {}
    try:
        if side == "torchkeras":
            from torchkeras.cli.programs import program_of

            program_of(str(script), False).run()
        else:
            tf.config.run_functions_eagerly(True)
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit:
        pass
    except BaseException:  # noqa: BLE001 - whatever a script raises is its result
        result["error"] = traceback.format_exc()
    result["rows"] = record.rows
    return result


def fork(side: str, script: Path, tf: Any, rooms: list[Any], answer: Path) -> int:
    """Run one script in a process of its own; returns its id."""
    process = os.fork()
    if process:
        return process
    started = time.perf_counter()
    signal.alarm(SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        output = os.open("output.txt", os.O_CREAT | os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        result = carry_out(side, script, tf, rooms)
        result["seconds"] = round(time.perf_counter() - started, 2)
        answer.write_text(json.dumps(result))
        os.chdir("/")
    os._exit(0)


def main() -> None:
    """Run the scripts of the command line, as many at a time as there are cores."""
    side, results, *names = sys.argv[1:]
    sys.path.insert(0, str(FOLDER))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "agg")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    tf, rooms = prepare(side)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        waiting = [Path(name).resolve() for name in names]
        running: dict[int, Path] = {}
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                script = waiting.pop(0)
                running[fork(side, script, tf, rooms, Path(folder, script.stem))] = script
            process, status = os.wait()
            script = running.pop(process)
            answer = Path(folder, script.stem)
            ended = f"the process ended with status {status}"
            found[script.stem] = (
                json.loads(answer.read_text()) if answer.is_file() else {"error": ended, "rows": []}
            )
    Path(results).write_text(json.dumps({name: found[name] for name in sorted(found)}))


if __name__ == "__main__":
    main()
