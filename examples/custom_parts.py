"""A layer, a callback and a train_step of one's own, written with torch."""

import torch
from torch.nn import functional

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(3)


class Gated(layers.Layer):
    """``tanh(x @ w) * sigmoid(x @ v)``."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.w = self.add_weight(shape=shape, initializer="glorot_uniform", name="w")
        self.v = self.add_weight(shape=shape, initializer="glorot_uniform", name="v")

    def call(self, x):
        return torch.tanh(x @ self.w) * torch.sigmoid(x @ self.v)


class Mixup(keras.Model):
    """Trains on mixtures of pairs of samples."""

    def train_step(self, data):
        x, y = data
        share = torch.rand(len(x), 1)
        other = torch.randperm(len(x))
        x = share * x + (1 - share) * x[other]
        y = share * y + (1 - share) * y[other]
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {**self.compute_metrics(x, y, y_pred), "loss": loss.detach()}


class BestEpoch(keras.callbacks.Callback):
    """Remembers the epoch with the lowest validation loss."""

    def on_train_begin(self, logs=None):
        self.best = None

    def on_epoch_end(self, epoch, logs=None):
        if self.best is None or logs["val_loss"] < self.best[1]:
            self.best = (epoch, logs["val_loss"])


x = torch.randn(1000, 8)
y = functional.one_hot((x[:, :3]).argmax(-1), 3).float()

inputs = keras.Input(shape=(8,))
outputs = layers.Dense(3, activation="softmax")(Gated(32)(inputs))
model = Mixup(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy")
best = BestEpoch()
model.fit(
    x[:800], y[:800], epochs=10, validation_data=(x[800:], y[800:]), verbose=2, callbacks=[best]
)
print(f"Best epoch {best.best[0] + 1}, with a validation loss of {best.best[1]:.3f}")
again = Gated.from_config(model.layers[1].get_config())
assert again.units == 32
assert best.best[1] < 0.6
