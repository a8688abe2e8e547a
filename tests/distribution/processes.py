"""Scripts run in several processes, started as torchrun would start them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return str(free.getsockname()[1])


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def run(number, *command):
    """Run a script in ``number`` processes; their outputs.

    Raises:
        AssertionError: one of them failed.
    """
    shared = {"WORLD_SIZE": str(number), "MASTER_ADDR": "localhost", "MASTER_PORT": free_port()}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", *map(str, command)],
            env=environment(**shared, RANK=str(rank), LOCAL_RANK=str(rank)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(number)
    ]
    outputs = [process.communicate(timeout=600) for process in started]
    for process, (_, errors) in zip(started, outputs, strict=True):
        assert process.returncode == 0, errors
    return [text for text, _ in outputs]


def torchrun(number, *command, timeout=300, **variables):
    """Run a script by torchrun, with more environment variables; the finished process."""
    return subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "torch.distributed.run"),
            *("--standalone", "--nproc-per-node", str(number), *map(str, command)),
        ],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
