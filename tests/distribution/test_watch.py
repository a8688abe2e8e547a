"""Processes that stop are found, and all end."""

import time

import pytest
from distribution import processes
from torch import distributed

from torchkeras.distribution.watch import Sign, Watch, Watcher, started


def told(before, after):
    """What a watcher of 10 seconds says 11 after these signs, each of them (place, computed)."""
    watcher = Watcher(limit=10.0)
    for second in range(12):
        given = after if second == 11 else before
        signs = {rank: Sign(second, *sign) for rank, sign in enumerate(given)}
        found = watcher.stopped(signs, float(second))
    return found


def test_a_process_that_lies_behind_and_computes_nothing_has_stopped():
    rank, what = told([(3, 1.0), (2, 1.0)], [(3, 1.0), (2, 1.1)])
    assert rank == 1
    assert what == "computes nothing at batch 2, while others wait at batch 3"


@pytest.mark.parametrize(
    "later",
    [
        [(3, 1.0), (2, 2.0)],  # it computes
        [(3, 1.0), (3, 1.0)],  # it has come on
        [(2, 1.0), (2, 1.0)],  # nobody waits
    ],
)
def test_a_process_that_works_may_take_its_time(later):
    assert told([(later[0][0], 1.0), (2, 1.0)], later) is None


def test_a_process_without_signs_has_stopped():
    watcher = Watcher(limit=10.0)
    for now in range(12):
        found = watcher.stopped({0: Sign(now, 1, now), 1: Sign(1, 1, 0.0)}, float(now))
    assert found == (1, "gives no sign of life")


def test_processes_that_were_halted_together_go_on():
    """By Ctrl-Z, or with the whole machine: the first that goes on finds the others' old signs."""
    watcher = Watcher(limit=10.0)
    behind = {0: Sign(1, 3, 1.0), 1: Sign(1, 2, 1.0)}
    found = [watcher.stopped(behind, now) for now in (0.0, 1.0, 500.0, 501.0, 502.0)]
    assert found == [None] * 5
    assert watcher.stopped(behind, 900.0) is None
    later = [watcher.stopped(behind, now) for now in (903.0, 906.0, 909.0)]
    assert later[-1] == (0, "gives no sign of life")


def test_a_process_that_has_done_its_part_is_not_missed():
    store, ended = distributed.HashStore(), []
    watches = [Watch(store, rank, 2, limit=0.5, leave=ended.append) for rank in range(2)]
    for watch in watches:
        watch.start()
    time.sleep(0.3)
    watches[1].close()
    watches[0].place = 1
    time.sleep(1.0)
    watches[0].close()
    assert ended == []


def test_the_one_that_has_stopped_says_where_it_is(capsys):
    store, ended = distributed.HashStore(), []
    watches = [Watch(store, rank, 2, limit=0.5, leave=ended.append) for rank in range(2)]
    watches[0].place = 1
    for watch in watches:
        watch.start()
    time.sleep(2.0)  # the place it says
    for watch in watches:
        watch.join()
    assert ended == [1, 1]
    told = capsys.readouterr().err
    assert "Process 1 computes nothing at batch 0" in told
    assert "time.sleep(2.0)  # the place it says" in told
    assert "Process 0 ends, since process 1" in told


def test_no_limit_no_watch(monkeypatch):
    monkeypatch.setattr("torchkeras.distribution.watch.LIMIT", 0.0)
    assert started(0, 2, int) is None


def test_a_process_that_stalls_ends_all(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        """
import time
import numpy as np
import torchkeras as keras
from torchkeras import distribution


class Stall(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if distribution.rank() == 1 and batch == 1:
            time.sleep(1000)  # for ever


model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((10, 4)), np.ones((10, 1)), batch_size=2, verbose=0, callbacks=[Stall()])
"""
    )
    start = time.monotonic()
    done = processes.torchrun(2, path, TORCHKERAS_STALL_SECONDS="4")
    assert time.monotonic() - start < 60
    assert done.returncode != 0
    assert "Process 1 computes nothing at batch 2" in done.stderr
    assert "time.sleep(1000)  # for ever" in done.stderr
