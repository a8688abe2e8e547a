import copy
import pickle

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras.training.execution import BatchList, Execution, Run, groups

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X.sum(1, keepdims=True) + 1


def model(cls=torchkeras.Model, **options):
    inputs = torchkeras.Input((3,))
    made = cls(inputs, torchkeras.layers.Dense(1, kernel_initializer="ones")(inputs))
    made.compile("sgd", "mse", **options)
    return made


def test_batches_are_grouped():
    assert list(groups([1, 2, 3], 1)) == [(1,), (2,), (3,)]
    assert list(groups([1, 2, 3], 2)) == [(1, 2), (3,)]


def test_a_list_of_batches_is_an_iterator_too():
    batches = BatchList([1, 2])
    assert batches[0] == 1
    assert [next(batches), next(batches)] == [1, 2]
    with pytest.raises(StopIteration):
        next(batches)


def test_functions_run_a_list_of_batches():
    trained = model()
    function = trained.make_train_function()
    assert function is trained.train_function is trained.make_train_function()
    assert function is not trained.make_train_function(force=True)
    x, y = torch.tensor(X), torch.tensor(Y)
    assert trained.make_test_function()([(x, y)])["loss"] > 0
    assert trained.make_predict_function()([(x,)]).shape == (8, 1)
    assert not trained.predict_function([(x,)]).requires_grad


def test_of_an_iterator_the_next_batches_are_taken():
    fresh = model()
    batches = iter([(torch.tensor(X), torch.tensor(Y))] * 3)
    losses = [float(fresh.make_train_function()(batches)["loss"]) for _ in range(2)]
    assert losses[1] < losses[0]
    assert len(list(batches)) == 1


@pytest.mark.parametrize("style", ["index", "next"])
def test_a_train_function_of_ones_own_is_used(style):
    class Own(torchkeras.Model):
        def make_train_function(self, force=False):
            def run(data):
                batch = data[0] if style == "index" else next(data)
                logs = self.train_step(batch)
                return {**logs, "seen": 1.0}

            self.train_function = run
            if style == "next":
                return run
            return None

    assert set(model(Own).fit(X, Y, verbose=0).history) == {"loss", "seen"}


def test_test_and_predict_functions_of_ones_own_are_used():
    class Own(torchkeras.Model):
        def make_test_function(self, force=False):
            self.test_function = lambda data: {"answer": 42.0}

        def make_predict_function(self, force=False):
            self.predict_function = lambda data: data[0][0] * 0

    own = model(Own)
    assert own.evaluate(X, Y, verbose=0, return_dict=True) == {"answer": 42.0}
    assert (own.predict(X, verbose=0) == 0).all()


def test_a_model_that_has_trained_can_be_copied():
    trained = model()
    trained.fit(X, Y, verbose=0)
    trained.predict(X, verbose=0)
    for other in (copy.deepcopy(trained), pickle.loads(pickle.dumps(trained))):
        np.testing.assert_array_equal(other.predict(X, verbose=0), trained.predict(X, verbose=0))
        before = trained.get_weights()[0]
        other.fit(X, Y, verbose=0)
        np.testing.assert_array_equal(before, trained.get_weights()[0])
        assert not np.array_equal(before, other.get_weights()[0])


def test_steps_are_compiled_on_request(monkeypatch):
    compiled = []

    def compile_function(function, **options):
        compiled.append(function)
        return function

    monkeypatch.setattr(torch, "compile", compile_function)
    jitted = model(jit_compile=True)
    jitted.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0)
    # The whole step of training, and outputs and loss of evaluation.
    assert len(compiled) == 2
    run = Run("predict_step", True, gradients=False)
    assert Execution(jitted, run)([(torch.tensor(X),)]) is not None
