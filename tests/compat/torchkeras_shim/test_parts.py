import tensorflow as tf


def test_parts_of_a_weight_can_be_assigned_to():
    weight = tf.keras.layers.Layer().add_weight(shape=(4,), initializer="zeros")
    weight[1].assign(5.0)
    weight[tf.constant(2)].assign_add(tf.constant(3.0))
    weight[-1:].assign_sub([1.0])
    assert weight.numpy().tolist() == [0.0, 5.0, 3.0, -1.0]
    assert float(weight[1]) == 5.0


def test_a_metric_may_count_in_place():
    class Counts(tf.keras.metrics.Metric):
        def __init__(self):
            super().__init__()
            self.counts = self.add_weight(name="counts", shape=(3,), initializer="zeros")

        @tf.function
        def update_state(self, y_true, y_pred, sample_weight=None):
            for i in tf.range(tf.shape(y_pred)[0]):
                self.counts[y_pred[i]].assign(self.counts[y_pred[i]] + 1.0)

        def result(self):
            return tf.reduce_max(self.counts)

    counts = Counts()
    counts.update_state(None, tf.constant([0, 2, 2]))
    assert float(counts.result()) == 2.0
