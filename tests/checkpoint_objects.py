"""Objects whose checkpoints are exchanged between TensorFlow and its drop-in.

``python tests/checkpoint_objects.py write FOLDER`` saves them three times, ``read FOLDER`` restores
the last into fresh ones; both print what is in them then.
"""

import json
import sys

import numpy as np


def objects(tf, seed):
    """A checkpoint of objects of every kind, and a function that trains a step and gives its loss.

    Args:
        tf: TensorFlow or the drop-in.
        seed: What the values follow from.
    """

    class Line(tf.Module):
        def __init__(self):
            super().__init__()
            self.weight = tf.Variable([[1.0 + seed]])
            self.parts = [tf.Variable(5.0 + seed), (tf.Variable(6 + seed),)]
            self.table = {"a": tf.Variable(7.0 + seed), "b": {"c/d": tf.Variable([1 + seed, 2])}}
            self.kinds = [
                tf.Variable(seed > 0), tf.Variable(np.float16(seed)), tf.Variable(np.int8(seed)),
                tf.Variable(tf.cast(1.5 + seed, tf.bfloat16)), tf.Variable(np.complex64(seed)),
            ]  # fmt: skip

    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(seed)
    norm = layers.BatchNormalization()
    model = tf.keras.Sequential([tf.keras.Input((2,)), layers.Dense(3), norm, layers.Dense(1)])
    optimizer = tf.keras.optimizers.Adam(0.1 + seed)
    inner = tf.train.Checkpoint(value=tf.Variable(2.5 + seed))
    checkpoint = tf.train.Checkpoint(
        model=model, optimizer=optimizer, line=Line(), epoch=tf.Variable(3 + seed), inner=inner
    )
    x = np.random.RandomState(0).rand(4, 2).astype("float32")

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(x, training=True) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return round(float(loss), 5)

    return checkpoint, step


def told(checkpoint, step):
    """What is in the objects; and the losses of three steps."""
    line = checkpoint.line
    values = [line.weight, line.parts[0], line.parts[1][0], line.table["a"], line.table["b"]["c/d"]]
    values += [checkpoint.epoch, checkpoint.inner.value, *line.kinds]
    found = [np.asarray(value.numpy()).astype("complex64").real.tolist() for value in values]
    return {"values": found, "losses": [step() for _ in range(3)]}


def write(tf, folder):
    """Save the objects, after a step, three times."""
    checkpoint, step = objects(tf, 0)
    step()
    manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2)
    for _ in range(3):
        manager.save()
    return told(checkpoint, step)


def read(tf, folder):
    """Restore the last one into fresh objects."""
    checkpoint, step = objects(tf, 1)
    manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2)
    names = [path.rsplit("/", 1)[-1] for path in manager.checkpoints]
    status = checkpoint.restore(tf.train.latest_checkpoint(str(folder)))
    found = told(checkpoint, step)
    status.assert_consumed().assert_existing_objects_matched()
    return {**found, "names": names, "saves": int(checkpoint.save_counter)}


if __name__ == "__main__":
    import tensorflow

    print(json.dumps({"write": write, "read": read}[sys.argv[1]](tensorflow, sys.argv[2])))
