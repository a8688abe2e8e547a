"""Scripts for ``tf.distribute``: alone here, and in two processes beside one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = """
import sys
import numpy as np
import tensorflow as tf

strategy = tf.distribute.MirroredStrategy(
    cross_device_ops=tf.distribute.HierarchicalCopyAllReduce()
)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(13, 4)).astype("float32"), rng.normal(size=(13, 1)).astype("float32")
dataset = strategy.experimental_distribute_dataset(
    tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
)
tf.random.set_seed(1)
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.Adam(0.1)
    loss_of = tf.keras.losses.MeanSquaredError(reduction="none")


def train_step(inputs):
    x, y = inputs
    with tf.GradientTape() as tape:
        loss = tf.nn.compute_average_loss(loss_of(y, model(x)), global_batch_size=4)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


losses = []
for inputs in dataset:
    found = strategy.run(train_step, args=(inputs,))
    losses.append(float(strategy.reduce(tf.distribute.ReduceOp.SUM, found, axis=None)))
model.compile("sgd", "mse")
history = model.fit(x, y, batch_size=4, verbose=0)
import os
np.savez(
    sys.argv[1] + os.environ.get("RANK", "alone"),
    *model.get_weights(), np.array(losses), np.array(history.history["loss"]),
)
"""


def test_outside_of_scopes_there_is_one_replica():
    assert not tf.distribute.has_strategy()
    assert tf.distribute.get_strategy().num_replicas_in_sync == 1


@pytest.mark.parametrize(
    "make",
    [
        tf.distribute.MirroredStrategy,
        tf.distribute.MultiWorkerMirroredStrategy,
        lambda: tf.distribute.OneDeviceStrategy("/gpu:0"),
        tf.distribute.TPUStrategy,
        tf.distribute.experimental.CentralStorageStrategy,
    ],
)
def test_a_scope_is_current_until_it_ends(make):
    strategy = make()
    with strategy.scope() as entered:
        assert entered is strategy is tf.distribute.get_strategy()
        assert tf.distribute.get_replica_context().num_replicas_in_sync == 1
    assert not tf.distribute.has_strategy()
    assert strategy.run(lambda a, b: a + b, args=(1,), kwargs={"b": 2}) == 3


def test_values_of_one_replica_are_reduced_and_gathered():
    strategy = tf.distribute.MirroredStrategy(["/gpu:0", "/gpu:1"])
    value = tf.constant([[1.0, 3.0], [5.0, 7.0]])
    assert strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None).tolist() == value.tolist()
    assert strategy.reduce("MEAN", value, axis=0).tolist() == [3.0, 5.0]
    assert strategy.gather(value, axis=0).tolist() == value.tolist()
    assert strategy.experimental_local_results(3) == (3,)


def test_a_function_makes_the_dataset_of_a_replica():
    strategy = tf.distribute.MirroredStrategy()
    sizes = strategy.distribute_datasets_from_function(
        lambda context: context.get_per_replica_batch_size(64)
    )
    assert sizes == 64
    with pytest.raises(ValueError, match="not divisible by `num_replicas_in_sync` 3"):
        tf.distribute.InputContext(num_replicas_in_sync=3).get_per_replica_batch_size(64)


@pytest.mark.slow
def test_two_processes_of_a_script_equal_one(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = ["-m", "torchkeras", "run", str(path), str(tmp_path / "found.")]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for words in (run, [*torchrun, *run]):
        done = subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
    alone, *others = [np.load(tmp_path / f"found.{name}.npz") for name in ("alone", 0, 1)]
    for found in others:
        for name in alone.files:
            np.testing.assert_allclose(found[name], alone[name], rtol=1e-5, atol=1e-5)
