"""Which hooks are called when, and with what, beside real Keras over drawn runs of ``fit``."""

import warnings

import keras as real
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras.data import PyDataset

X = np.linspace(-1, 1, 30).reshape(10, 3).astype("float32")
Y = X[:, :1] * 2
HOOKS = [name for name in dir(real.callbacks.Callback) if name.startswith("on_")]


class Halt(Exception):
    """What a user's callback raises."""


def recorder(keras, calls, stop_at, raise_at, writes):
    """A callback that notes every call; it stops or raises at a call of given number."""

    def note(hook):
        def method(self, *arguments, **options):
            *position, logs = [*arguments, *options.values()] if arguments or options else [None]
            logs = {} if logs is None else logs
            seen = {
                name: np.asarray(value).shape if name == "outputs" else round(float(value), 4)
                for name, value in sorted(logs.items())
            }
            calls.append((hook, *position, seen))
            if hook == "on_epoch_end" and writes:
                logs["mine"] = 7.0
            if len(calls) == stop_at:
                self.model.stop_training = True
            if len(calls) == raise_at:
                raise Halt

        return method

    methods = {hook: note(hook) for hook in HOOKS if hook not in ("on_batch_begin", "on_batch_end")}
    return type("Recorder", (keras.callbacks.Callback,), methods)()


def run(keras, options, stop_at, raise_at, writes, then):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"])
    calls = []
    found = recorder(keras, calls, stop_at, raise_at, writes)
    fit = {k: v for k, v in options.items() if k not in ("kind", "validate")}
    if options["kind"] == "arrays":
        data = {"x": X, "y": Y, "batch_size": 4}
    else:
        base = PyDataset if keras is torchkeras else real.utils.PyDataset
        data = {"x": sequence(base)}
    if options["validate"]:
        fit["validation_data"] = (X[:6], Y[:6])
        fit["validation_batch_size"] = 4
    else:
        fit.pop("validation_freq", None)
    history, ended = None, "well"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            history = model.fit(**data, **fit, verbose=0, shuffle=False, callbacks=[found])
            if then == "evaluate":
                model.evaluate(X, Y, batch_size=4, verbose=0, callbacks=[found])
            elif then == "predict":
                model.predict(X, batch_size=4, verbose=0, callbacks=[found])
        except Halt:
            ended = "halted"
    kept = None
    if history is not None:
        kept = {k: np.round(v, 4).tolist() for k, v in sorted(history.history.items())}
        kept["epoch"], kept["params"] = history.epoch, found.params
    return calls, kept, ended, round(float(np.sum(model.get_weights()[0])), 4)


def sequence(base):
    class Batches(base):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return X[index * 4 : index * 4 + 4], Y[index * 4 : index * 4 + 4]

    return Batches()


RUNS = st.fixed_dictionaries(
    {
        "epochs": st.integers(1, 4),
        "initial_epoch": st.integers(0, 2),
        "validation_freq": st.one_of(st.integers(1, 3), st.just([1, 3])),
        "steps_per_epoch": st.sampled_from([None, None, 1, 2, 3]),
        "kind": st.sampled_from(["arrays", "sequence"]),
        "validate": st.booleans(),
    }
)


@given(
    options=RUNS,
    stop_at=st.one_of(st.none(), st.integers(1, 30)),
    raise_at=st.one_of(st.none(), st.none(), st.integers(1, 40)),
    writes=st.booleans(),
    then=st.sampled_from(["evaluate", "predict", None]),
)
def test_hooks_are_called_as_in_keras(options, stop_at, raise_at, writes, then):
    arguments = options, stop_at, raise_at, writes, then
    theirs, ours = run(real, *arguments), run(torchkeras, *arguments)
    for number, (expected, found) in enumerate(zip(theirs[0], ours[0], strict=False)):
        assert found == expected, f"call {number}"
    assert len(ours[0]) == len(theirs[0])
    assert ours[1:] == theirs[1:]


def by_hand(keras):
    """A loop of one's own, in which a ``CallbackList`` is called."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"])
    calls = []
    found = recorder(keras, calls, None, None, writes=True)
    hooks = keras.callbacks.CallbackList([found], add_history=True, model=model, epochs=2, steps=2)
    hooks.on_train_begin()
    for epoch in range(2):
        hooks.on_epoch_begin(epoch)
        for step in range(2):
            hooks.on_train_batch_begin(step)
            batch = slice(step * 4, step * 4 + 4)
            logs = model.train_on_batch(X[batch], Y[batch], return_dict=True)
            hooks.on_train_batch_end(step, logs)
        hooks.on_test_begin()
        tested = model.test_on_batch(X, Y, return_dict=True)
        hooks.on_test_batch_end(0, tested)
        hooks.on_test_end(tested)
        hooks.on_epoch_end(epoch, logs)
    hooks.on_train_end(logs)
    kept = {name: np.round(values, 4).tolist() for name, values in model.history.history.items()}
    return calls, kept, model.history.epoch, found.params


def test_a_loop_of_ones_own_calls_as_in_keras():
    assert by_hand(torchkeras) == by_hand(real)


def test_predictions_in_the_logs_keep_their_structure():
    inputs = torchkeras.Input((3,))
    outputs = {name: torchkeras.layers.Dense(1, name=name)(inputs) for name in "ab"}
    seen = []
    note = torchkeras.callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: seen.append(logs)
    )
    torchkeras.Model(inputs, outputs).predict(X, batch_size=5, verbose=0, callbacks=[note])
    assert [sorted(logs["outputs"]) for logs in seen] == [["a", "b"]] * 2  # Keras drops the name
