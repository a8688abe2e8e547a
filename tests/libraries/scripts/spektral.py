"""spektral: a graph network on batches of padded graphs."""

import numpy as np
import scipy.sparse as sp
import tensorflow as tf
from spektral.data import BatchLoader, Dataset, Graph
from spektral.layers import GCNConv, GlobalSumPool
from spektral.transforms import GCNFilter


class Dense(Dataset):
    """Random graphs, classed by how dense they are."""

    def read(self):
        draw = np.random.default_rng(0)
        graphs = []
        for _ in range(40):
            n = draw.integers(4, 9)
            a = (draw.random((n, n)) > 0.5).astype("float32")
            a = np.maximum(a, a.T)
            x = draw.normal(size=(n, 3)).astype("float32")
            graphs.append(Graph(x=x, a=sp.csr_matrix(a), y=np.eye(2)[int(a.mean() > 0.75)]))
        return graphs


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = GCNConv(8, activation="relu")
        self.pool = GlobalSumPool()
        self.dense = tf.keras.layers.Dense(2, "softmax")

    def call(self, inputs):
        x, a = inputs[0], inputs[1]
        return self.dense(self.pool(self.conv([x, a])))


model = Net()
model.compile("adam", "categorical_crossentropy")
loader = BatchLoader(Dense(transforms=GCNFilter()), batch_size=8)
history = model.fit(loader.load(), steps_per_epoch=loader.steps_per_epoch, epochs=3, verbose=0)
losses = history.history["loss"]
assert losses[-1] < losses[0], losses
print("done")
