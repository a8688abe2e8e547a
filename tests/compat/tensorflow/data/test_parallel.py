import gc
import os
import time

import numpy as np
import pytest
import tensorflow as tf
import torch
from tensorflow.data import parallel

Dataset = tf.data.Dataset


@pytest.fixture
def eager_workers(monkeypatch):
    """Workers start after the first portion, on machines of any number of cores."""
    monkeypatch.setattr(parallel, "_WORTH", 0.0)
    monkeypatch.setattr(parallel, "_cores", lambda: 2)


def processes(dataset):
    return {int(process) for process in dataset.as_numpy_iterator()}


def with_process(x):
    return tf.constant(os.getpid())


def test_workers_take_over_and_keep_the_order(eager_workers):
    dataset = Dataset.range(100).map(lambda x: (x, os.getpid()), num_parallel_calls=2)
    found = list(dataset.as_numpy_iterator())
    assert [int(x) for x, _ in found] == list(range(100))
    own = os.getpid()
    assert int(found[0][1]) == own  # the first portion is done here
    assert {int(process) for _, process in found[1:]} - {own}
    assert own not in {int(process) for _, process in dataset.as_numpy_iterator()}


def test_batches_are_joined_by_the_workers_that_made_their_elements(eager_workers):
    dataset = Dataset.range(22).map(lambda x: x * 2, tf.data.AUTOTUNE).batch(4)
    dataset = dataset.map(lambda batch: (batch, os.getpid()), 2)
    found = list(dataset.as_numpy_iterator())
    assert np.concatenate([x for x, _ in found]).tolist() == list(range(0, 44, 2))
    assert len(found) == len(dataset) == 6
    assert os.getpid() not in {int(process) for _, process in found[1:]}
    full = Dataset.range(22).map(lambda x: x, 2).batch(4, drop_remainder=True)
    assert [len(x) for x in full] == [4] * 5 == [4] * len(full)


@pytest.mark.parametrize("rows", [False, True])
def test_elements_of_every_kind_travel(eager_workers, rows):
    columns = {"a": tf.range(9.0), "b": tf.constant(list("abcdefghi"))}
    dataset = Dataset.from_tensor_slices(columns)
    if not rows:
        dataset = dataset.filter(lambda x: True)
    dataset = dataset.map(lambda x: {**x, "c": tf.zeros(int(x["a"]) % 3)}, 2)
    found = list(dataset.as_numpy_iterator())
    assert [float(x["a"]) for x in found] == list(range(9))
    assert [x["b"] for x in found] == [bytes([c]) for c in b"abcdefghi"]
    assert [x["c"].shape[0] for x in found] == [0, 1, 2] * 3


def test_little_work_and_none_asked_for_stay_in_this_process():
    assert processes(Dataset.range(50).map(with_process, 2)) == {os.getpid()}
    slow = Dataset.range(2).map(lambda x: time.sleep(0.01) or with_process(x))
    assert processes(slow) == {os.getpid()}


def test_datasets_and_deterministic_operations_stay_in_this_process(eager_workers, monkeypatch):
    windows = Dataset.range(4).window(2).map(lambda w: w.map(with_process), 2)
    assert {p for w in windows for p in processes(w)} == {os.getpid()}
    monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: True)
    assert processes(Dataset.range(20).map(with_process, 2)) == {os.getpid()}


def test_seeded_layers_draw_differently_in_each_worker(eager_workers):
    noise = tf.keras.layers.GaussianNoise(1.0, seed=1)
    dataset = Dataset.from_tensors(tf.zeros(1)).repeat(40)
    dataset = dataset.map(lambda x: noise(x, training=True), 2)
    drawn = [float(x[0]) for epoch in range(2) for x in dataset]
    assert len(set(drawn)) == 80


def test_a_worker_s_error_is_raised_here_and_can_be_left_out(eager_workers):
    def inverse(x):
        if int(x) == 11:
            raise ValueError("eleven")
        return x

    dataset = Dataset.range(30).map(inverse, 2)
    with pytest.raises(ValueError, match="eleven"):
        list(dataset)
    kept = [int(x) for x in dataset.ignore_errors()]
    assert kept == [x for x in range(30) if x != 11]


def test_a_pass_can_be_left_early(eager_workers):
    dataset = Dataset.range(1000).repeat().map(lambda x: x, 2).batch(3).take(4)
    assert [x.tolist() for x in dataset][-1] == [9, 10, 11]


def test_workers_leave_what_a_broken_pass_has_left_behind_alone(eager_workers):
    def broken(x):
        if int(x) == 5:
            raise ValueError("five")
        return x

    for _ in range(2):  # each error keeps its loader alive, in a circle of references
        try:
            list(Dataset.range(60).map(broken, 2))
        except ValueError as error:
            kept = [error]
            kept.append(kept)
            del kept
        collecting = Dataset.range(40).map(lambda x: (x == 20 and gc.collect() * 0) + x, 2)
        assert [int(x) for x in collecting] == list(range(40))
