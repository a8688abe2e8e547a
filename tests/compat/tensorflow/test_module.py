import tensorflow as tf


class Dense(tf.Module):
    def __init__(self, size, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([3, size]), name="w")
        self.b = tf.Variable(tf.zeros([size]), name="b", trainable=False)

    def __call__(self, x):
        return tf.nn.relu(tf.matmul(x, self.w) + self.b)


class Stack(tf.Module):
    def __init__(self):
        super().__init__()
        self.parts = [Dense(3), {"last": Dense(2)}]
        self.head = tf.keras.layers.Dense(1)

    def __call__(self, x):
        return self.head(self.parts[1]["last"](self.parts[0](x)))


def test_variables_are_found_in_attributes_lists_and_dicts():
    model = Stack()
    model(tf.zeros((1, 3)))
    assert len(model.variables) == 6
    assert len(model.trainable_variables) == 4
    assert len(model.non_trainable_variables) == 2
    assert len(model.submodules) == 3
    assert model.name == "stack"


def test_shared_parts_count_once():
    model = tf.Module()
    model.first = model.second = tf.Variable(1.0)
    assert len(model.variables) == 1
