"""A subclassed model in a plain PyTorch training loop, with Keras's optimizer and metrics."""

import torch

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(1)


class Residual(keras.Model):
    """Dense blocks that add to what came in; how many is decided at each call."""

    def __init__(self, width, blocks):
        super().__init__()
        self.entry = layers.Dense(width)
        self.blocks = [layers.Dense(width, activation="relu") for _ in range(blocks)]
        self.dropout = layers.Dropout(0.1)
        self.head = layers.Dense(2)

    def call(self, x, training=None):
        x = self.entry(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.dropout(x, training=training))


# Points inside and outside of a ring.
points = torch.rand(4000, 2) * 2 - 1
labels = ((points.norm(dim=1) - 0.6).abs() < 0.2).long()
train, test = slice(0, 3200), slice(3200, None)

model = Residual(width=32, blocks=2)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.AdamW(0.01)
accuracy = keras.metrics.SparseCategoricalAccuracy()
model.build((None, 2))
optimizer.build(model.trainable_variables)

for epoch in range(6):
    accuracy.reset_state()
    for rows in torch.randperm(3200).split(64):
        x, y = points[rows], labels[rows]
        y_pred = model(x, training=True)
        loss = loss_function(y, y_pred)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        accuracy.update_state(y, y_pred)
    print(f"epoch {epoch + 1}: loss {float(loss):.4f}, accuracy {float(accuracy.result()):.3f}")

with torch.no_grad():
    right = (model(points[test]).argmax(-1) == labels[test]).float().mean()
print(f"Test accuracy {right:.3f}")
assert right > 0.9
