"""A convolutional network on handwritten digits, trained as in Keras, used as in torch."""

import torch
from sklearn.datasets import load_digits

import torchkeras as keras
from torchkeras import layers

keras.utils.set_random_seed(0)

digits = load_digits()
order = torch.randperm(len(digits.target)).numpy()
images, targets = digits.images[order, ..., None].astype("float32") / 16, digits.target[order]
train, test = slice(0, 1500), slice(1500, None)

model = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.25),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images[train], targets[train], epochs=8, validation_split=0.1, verbose=2)
loss, accuracy = model.evaluate(images[test], targets[test], verbose=0)
print(f"Test accuracy {accuracy:.3f}")

# The model is an nn.Module: torch counts, moves, traces and runs it like any other.
count = sum(parameter.numel() for parameter in model.parameters())
with torch.inference_mode():
    scores = model(torch.from_numpy(images[test][:4]))
print(f"{count} parameters; first four: {scores.argmax(-1).tolist()}, true: {targets[test][:4]}")
assert accuracy > 0.9
