"""``tf.function`` and what it was called with."""

import functools
import warnings

import numpy as np
import pytest
import tensorflow as tf
import torch


def test_ways_of_calling_are_remembered_once():
    @tf.function
    def f(x, training=False):
        return x

    for _ in range(2):
        f(np.ones((2, 3), "float32"))
    f(np.ones((2, 3), "float32"), training=True)
    assert f.experimental_get_tracing_count() == 2
    assert f.traces[0] == {"x": tf.TensorSpec([2, 3], tf.float32), "training": False}
    long = f.pretty_printed_concrete_signatures().splitlines()
    assert long[0] == "f"
    assert long[1].startswith("  x: TensorSpec(shape=(2, 3)")
    assert long[2] == "  training: False"
    short = f.pretty_printed_concrete_signatures(verbose=False).splitlines()
    assert len(short) == 2
    assert short[1].endswith("training: True)")


def test_calls_with_objects_are_not_remembered():
    f = tf.function(lambda model, x: model)
    f(object(), 1)
    assert f.experimental_get_tracing_count() == 0


def test_methods_remember_by_object():
    class A(tf.Module):
        @tf.function
        def f(self, x):
            return x

    first, second = A(), A()
    first.f(tf.constant(1.0))
    assert (len(first.f.traces), len(second.f.traces)) == (1, 0)


def test_a_concrete_function_is_called_by_the_free_arguments():
    @tf.function
    def f(x, scale, flag=True):
        return x * scale if flag else x

    concrete = f.get_concrete_function(tf.TensorSpec([None], name="given"), 3.0)
    assert concrete(tf.constant([2.0])).numpy().tolist() == [6.0]
    assert concrete(given=tf.constant([2.0])).numpy().tolist() == [6.0]
    assert concrete.inputs == [tf.TensorSpec([None])]
    assert concrete.structured_input_signature[0][1:] == (3.0, True)
    assert concrete.name == "f"


def test_a_signature_is_what_a_concrete_function_takes():
    f = tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.int32)])
    assert f.get_concrete_function()(tf.constant([1])).numpy().tolist() == [2]


def test_lengths_of_axes_come_back_whole():
    lengths, rest = tf.function(lambda x: (tf.shape(x), {"n": 2}))(tf.zeros([2, 3]))
    assert lengths.numpy().tolist() == [2, 3]
    assert rest["n"].dtype == tf.int32


@pytest.fixture
def compiled(monkeypatch):
    """The functions that were compiled, each once for every graph; C++ is left out."""
    graphs = []
    original = torch.compile

    def backend(graph, examples):
        graphs.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", functools.partial(original, backend=backend))
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # of torch's compiler itself
        yield graphs
    torch._dynamo.reset()


def losses_of_a_loop(jit_compile):
    """A custom loop's losses: a tape, an optimizer and a metric in a step with a signature."""
    start = tf.keras.initializers.Constant(0.1)
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(4, "tanh", kernel_initializer=start), tf.keras.layers.Dense(1)]
    )
    model.build((None, 3))
    model.layers[1].set_weights([np.full((4, 1), 0.5, "float32"), np.zeros(1, "float32")])
    optimizer, metric = tf.keras.optimizers.Adam(0.1), tf.keras.metrics.Mean()
    specs = [tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([None, 1], tf.float32)]

    @tf.function(input_signature=specs, jit_compile=jit_compile)
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        metric.update_state(loss)
        return loss

    x = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
    found = [float(step(x, x[:, :1] ** 2)) for _ in range(5)]
    found.append(float(step(x[:4], x[:4, :1])))
    return [*found, float(metric.result()), int(optimizer.iterations)]


def test_a_compiled_step_of_a_custom_loop_trains_alike(compiled):
    expected = losses_of_a_loop(jit_compile=False)
    assert not compiled
    np.testing.assert_allclose(losses_of_a_loop(jit_compile=True), expected, rtol=1e-5)
    assert len(compiled) <= 2  # the second for batches of any size


def test_compiled_methods_know_their_objects(compiled):
    class Counter(tf.Module):
        def __init__(self, start):
            self.value = tf.Variable(start)

        @tf.function(jit_compile=True)
        def move(self, x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(self.value * x**2)
            gradient = tape.gradient(y, x)
            self.value.assign_add(y)
            return {"gradient": gradient, "y": y}

    for start in (1.0, 2.0):
        counter = Counter(start)
        for _ in range(2):
            expected = float(counter.value) * 5
            found = counter.move(tf.constant([1.0, 2.0]))
            assert float(found["y"]) == expected
            assert found["gradient"].numpy().tolist() == [0.4 * expected, 0.8 * expected]
    assert 1 <= len(compiled) <= 2


def test_functions_within_a_compiled_one_are_part_of_it(compiled):
    inner = tf.function(lambda x: tf.nn.relu(x) * 2)
    outer = tf.function(lambda x: inner(x) + 1, jit_compile=True)
    for _ in range(3):
        assert outer(tf.constant([-1.0, 3.0])).numpy().tolist() == [1.0, 7.0]
    assert len(compiled) == 1


def test_what_is_no_graph_runs_as_it_is_and_says_so(compiled):
    @tf.function(jit_compile=True)
    def count(n):
        i = tf.constant(0)
        while i < n:
            i += 1
        return i

    assert int(count(tf.constant(3))) == 3
    with pytest.warns(UserWarning, match=r"tf\.function count can't be compiled as one graph"):
        assert int(count(tf.constant(4))) == 4
    assert int(count(tf.constant(5))) == 5
    assert not compiled
