import os
import signal
import subprocess
import sys

import pytest
import torch
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from torchkeras import distribution
from torchkeras.distribution.launching import command


def rank_times(factor):
    distribution.start()
    total = torch.tensor(distribution.rank() * factor)
    torch.distributed.all_reduce(total)
    return distribution.rank(), int(total)


def fail_in_the_second():
    distribution.start()
    if distribution.rank() == 1:
        raise OSError("the disk is full")
    torch.distributed.barrier()


def test_a_function_runs_in_each_process():
    assert distribution.launch(rank_times, 5, processes=2) == [(0, 5), (1, 5)]


def test_the_first_failure_of_a_function_is_told():
    with pytest.raises(ChildFailedError, match="the disk is full"):
        distribution.launch(fail_in_the_second, processes=2)


def test_signals_are_handled_afterwards_as_before():
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    distribution.launch(os.getcwd, processes=1)
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == before


def test_a_script_runs_by_torchrun(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        "import os, sys\n"
        f"open(os.path.join(r'{tmp_path}', os.environ['RANK']), 'w').write(sys.argv[1])\n"
    )
    distribution.launch(path, "word", processes=2)
    assert [(tmp_path / rank).read_text() for rank in "01"] == ["word", "word"]
    path.write_text("raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError):
        distribution.launch(path, processes=2)


def test_options_go_to_torchrun():
    words = command("a.py", [1], 4, ["--max-restarts", "3"])
    assert words[:4] == [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    assert words[4:] == ["--nproc-per-node", "4", "--max-restarts", "3", "a.py", "1"]


def test_wrong_numbers_and_options_are_refused():
    with pytest.raises(ValueError, match="processes is 0; expected an integer, 1 or more"):
        distribution.launch("a.py", processes=0)
    with pytest.raises(ValueError, match="none beside a function"):
        distribution.launch(rank_times, options=["--max-restarts", "3"])
