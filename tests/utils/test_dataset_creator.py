import itertools

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.utils.dataset_creator import DatasetCreator, InputContext


def test_fit_takes_it_epoch_after_epoch():
    contexts = []

    def make(context):
        contexts.append(context)
        x = np.ones((context.get_per_replica_batch_size(4), 3))
        return itertools.repeat((x, x[:, :1]))

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(DatasetCreator(make), epochs=2, steps_per_epoch=3, verbose=0)
    assert len(history.history["loss"]) == 2
    assert int(model.optimizer.iterations) == 6
    assert (contexts[0].num_input_pipelines, contexts[0].input_pipeline_id) == (1, 0)


def test_it_passes_on_what_it_is_called_with():
    assert DatasetCreator(lambda a, b: [a, b])(1, b=2) == [1, 2]


def test_it_wants_a_function_that_makes_a_dataset():
    with pytest.raises(TypeError, match="must be a `callable`"):
        DatasetCreator([1])
    with pytest.raises(TypeError, match="must return a Dataset"):
        DatasetCreator(lambda: 3)()


def test_a_batch_is_divided_evenly():
    assert InputContext(2, 1, 2).get_per_replica_batch_size(8) == 4
    with pytest.raises(ValueError, match="not divisible by `num_replicas_in_sync` 3"):
        InputContext(num_replicas_in_sync=3).get_per_replica_batch_size(8)
