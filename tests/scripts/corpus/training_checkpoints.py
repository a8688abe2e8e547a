# tf.train.Checkpoint: a model, its optimizer and a counter, kept and taken up again.
import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(2)
x = rng.normal(size=(32, 3)).astype("float32")
y = (x @ [[1.0], [2.0], [-1.0]]).astype("float32")


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.l1 = keras.layers.Dense(5, activation="tanh")
        self.l2 = keras.layers.Dense(1)

    def call(self, inputs):
        return self.l2(self.l1(inputs))


def step(net, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(net(x) - y))
    variables = net.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


net, optimizer = Net(), keras.optimizers.Adam(0.05)
net(x)
ckpt = tf.train.Checkpoint(step=tf.Variable(1), optimizer=optimizer, net=net)
manager = tf.train.CheckpointManager(ckpt, "./tf_ckpts", max_to_keep=2)
ckpt.restore(manager.latest_checkpoint)
print("restored" if manager.latest_checkpoint else "from scratch", 0)
for _ in range(6):
    loss = step(net, optimizer)
    ckpt.step.assign_add(1)
    if int(ckpt.step) % 2 == 0:
        manager.save()
        print("step", int(ckpt.step), loss)
print(len(manager.checkpoints), manager.latest_checkpoint == tf.train.latest_checkpoint("./tf_ckpts"))
after = step(net, optimizer)

other, other_optimizer = Net(), keras.optimizers.Adam(0.05)
other(x)
again = tf.train.Checkpoint(step=tf.Variable(1), optimizer=other_optimizer, net=other)
again.restore(tf.train.latest_checkpoint("./tf_ckpts"))
print(int(again.step), float(tf.reduce_mean(tf.square(other(x) - y))))
print(len(tf.train.list_variables(tf.train.latest_checkpoint("./tf_ckpts"))) > 4)
