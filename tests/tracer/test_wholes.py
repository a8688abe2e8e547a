"""Functions that are one node."""

import threading

import torch

from torchkeras import Input, Sequential, layers
from torchkeras.nn import hashing
from torchkeras.tracer.wholes import noted_functions


def test_calls_are_handed_over_and_come_through_again_afterwards():
    own, calls = hashing.bucket, []

    def note(function, args, kwargs):
        calls.append((function, args, kwargs))
        return "noted"

    with noted_functions(note):
        assert hashing.bucket(torch.tensor([7]), buckets=4) == "noted"
    assert [(function, kwargs) for function, _, kwargs in calls] == [(own, {"buckets": 4})]
    assert hashing.bucket is own


def test_a_layer_that_hashes_is_a_few_nodes():
    model = Sequential([Input((1,), dtype="int64"), layers.Hashing(5)])
    lowered = model.to_torch()
    assert len(lowered.code.splitlines()) < 12
    assert "fingerprint64" in lowered.code
    x = torch.arange(-9, 90).unsqueeze(1)
    assert torch.equal(lowered(x), model(x))


def test_other_threads_compute_while_a_model_is_written_down():
    numbers, found = torch.arange(-9, 9), []

    class Elsewhere(layers.Layer):
        def call(self, x):
            thread = threading.Thread(target=lambda: found.append(hashing.bucket(numbers, 5)))
            thread.start()
            thread.join()
            return x

    lowered = Sequential([Input((1,)), Elsewhere()]).to_torch()
    assert all(torch.equal(part, hashing.bucket(numbers, 5)) for part in found)
    assert "bucket" not in lowered.code


def test_two_threads_write_down_at_once():
    """Each gets its own calls, whichever of them ends first."""
    own, started, ended = hashing.bucket, threading.Barrier(2), threading.Event()
    numbers, found = torch.arange(4), {}

    def write_down(name, is_first):
        with noted_functions(lambda function, args, kwargs: name):
            started.wait(30)
            if not is_first:
                ended.wait(30)
            found[name] = hashing.bucket(numbers, 5)
        ended.set()

    threads = [threading.Thread(target=write_down, args=("ab"[n], n == 0)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": "a", "b": "b"}
    assert hashing.bucket is own
