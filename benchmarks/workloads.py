"""The models that the benchmarks train: each as a Keras and as a PyTorch user would write it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import torchkeras as keras
from torchkeras import layers


class Workload(NamedTuple):
    """A model in both forms and the data it is trained on.

    ``ours`` and ``theirs`` take the same inputs, but for images, whose channels come first in
    ``theirs``. Both classify; ``theirs`` gives logits.
    """

    ours: Callable[[], keras.Model]
    theirs: Callable[[], nn.Module]
    inputs: Callable[[], list[Tensor]]
    classes: int
    batch_size: int
    about: str


def head(classes: int) -> layers.Dense:
    return layers.Dense(classes, activation="softmax")


# A perceptron on images of digits.


def our_mlp() -> keras.Model:
    return keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), head(10)])


def their_mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


# A small convolutional network.


def our_cnn() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            head(10),
        ]
    )


def their_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, 10),
    )


# Text: the last state of an LSTM, without and with masks.

WORDS, LENGTH = 20000, 100


def our_lstm(masked: bool = False) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int64"),
            layers.Embedding(WORDS, 128, mask_zero=masked),
            layers.LSTM(128),
            head(2),
        ]
    )


class Recurrent(nn.Module):
    """Embedding, LSTM, and a classifier on the last step, or on the last that isn't padding."""

    def __init__(self, masked: bool = False) -> None:
        super().__init__()
        self.masked = masked
        self.embedding = nn.Embedding(WORDS, 128)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.head = nn.Linear(128, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.lstm(self.embedding(x))[0]
        if not self.masked:
            return self.head(y[:, -1])
        last = (x != 0).sum(1) - 1
        return self.head(y[torch.arange(len(x), device=x.device), last])


def padded_text() -> list[Tensor]:
    x = torch.randint(1, WORDS, (32 * 16, LENGTH))
    lengths = torch.randint(10, LENGTH + 1, (len(x), 1))
    return [torch.where(torch.arange(LENGTH) < lengths, x, 0)]


# A series through a GRU in both directions.


def our_gru() -> keras.Model:
    return keras.Sequential([keras.Input((64, 32)), layers.Bidirectional(layers.GRU(64)), head(4)])


class BothWays(nn.Module):
    """The last states of a GRU in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(32, 64, batch_first=True, bidirectional=True)
        self.head = nn.Linear(128, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gru(x)[1].transpose(0, 1).flatten(1))


# Wide & Deep: numbers beside many columns of categories.

NUMBERS, COLUMNS, CATEGORIES, SIZE = 13, 26, 1000, 16


def our_wide() -> keras.Model:
    numbers = keras.Input((NUMBERS,))
    categories = keras.Input((COLUMNS,), dtype="int64")
    found = [layers.Embedding(CATEGORIES, SIZE)(categories[:, column]) for column in range(COLUMNS)]
    deep = layers.Concatenate()([*found, numbers])
    for units in (128, 64):
        deep = layers.Dense(units, activation="relu")(deep)
    return keras.Model([numbers, categories], head(2)(layers.Concatenate()([deep, numbers])))


class WideAndDeep(nn.Module):
    """Numbers straight to the head, and beside embeddings through two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(CATEGORIES, SIZE) for _ in range(COLUMNS))
        self.deep = nn.Sequential(
            nn.Linear(COLUMNS * SIZE + NUMBERS, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()
        )
        self.head = nn.Linear(64 + NUMBERS, 2)

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        found = [table(categories[:, column]) for column, table in enumerate(self.tables)]
        deep = self.deep(torch.cat([*found, numbers], 1))
        return self.head(torch.cat([deep, numbers], 1))


# A transformer's block on text.

HEADS, WIDTH = 4, 64


def our_transformer() -> keras.Model:
    inputs = keras.Input((200,), dtype="int64")
    x = layers.Embedding(WORDS, WIDTH)(inputs)
    attended = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x)
    x = layers.LayerNormalization()(x + layers.Dropout(0.1)(attended))
    fed = layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation="relu")(x))
    x = layers.LayerNormalization()(x + layers.Dropout(0.1)(fed))
    return keras.Model(inputs, head(2)(layers.GlobalAveragePooling1D()(x)))


class Transformer(nn.Module):
    """One block on torch's fused attention, with one projection for queries, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.project, self.merge = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH, 1e-3) for _ in range(2))
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x)
        q, k, v = self.project(x).unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.norms[0](x + self.dropout(self.merge(attended)))
        x = self.norms[1](x + self.dropout(self.feed(x)))
        return self.head(x.mean(1))


# A residual network with batch normalization.


def our_resnet() -> keras.Model:
    def normalized(x: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(normalized(inputs, 16))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        y = layers.ReLU()(normalized(x, filters, strides=strides))
        y = normalized(y, filters)
        short = x if strides == 1 else normalized(x, filters, 1, strides)
        x = layers.ReLU()(y + short)
    return keras.Model(inputs, head(10)(layers.GlobalAveragePooling2D()(x)))


def convolved(channels: int, filters: int, size: int = 3, strides: int = 1) -> nn.Module:
    convolution = nn.Conv2d(channels, filters, size, strides, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters, 1e-3, 0.01))


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, channels: int, filters: int, strides: int) -> None:
        super().__init__()
        self.first = convolved(channels, filters, strides=strides)
        self.second = convolved(filters, filters)
        self.short = nn.Identity() if strides == 1 else convolved(channels, filters, 1, strides)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.short(x))


def their_resnet() -> nn.Module:
    return nn.Sequential(
        convolved(3, 16),
        nn.ReLU(),
        Residual(16, 16, 1),
        Residual(16, 32, 2),
        Residual(32, 64, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def text(steps: int) -> list[Tensor]:
    return [torch.randint(1, WORDS, (32 * 16, steps))]


def columns() -> list[Tensor]:
    rows = 256 * 16
    return [torch.rand(rows, NUMBERS), torch.randint(CATEGORIES, (rows, COLUMNS))]


WORKLOADS = {
    "mlp": Workload(
        our_mlp, their_mlp, lambda: [torch.rand(32 * 500, 784)], 10, 32, "MLP 784-128-10"
    ),
    "cnn": Workload(
        our_cnn, their_cnn, lambda: [torch.rand(128 * 16, 28, 28, 1)], 10, 128, "CNN 28x28"
    ),
    "lstm": Workload(our_lstm, Recurrent, lambda: text(LENGTH), 2, 32, "LSTM on text"),
    "gru": Workload(
        our_gru, BothWays, lambda: [torch.rand(32 * 32, 64, 32)], 4, 32, "bidirectional GRU"
    ),
    "wide": Workload(our_wide, WideAndDeep, columns, 2, 256, "Wide & Deep, 26 embeddings"),
    "transformer": Workload(
        our_transformer, Transformer, lambda: text(200), 2, 32, "transformer block, length 200"
    ),
    "resnet": Workload(
        our_resnet, their_resnet, lambda: [torch.rand(64 * 8, 32, 32, 3)], 10, 64, "ResNet 32x32"
    ),
    "masked": Workload(
        lambda: our_lstm(masked=True),
        lambda: Recurrent(masked=True),
        padded_text,
        2,
        32,
        "LSTM on padded text",
    ),
}
