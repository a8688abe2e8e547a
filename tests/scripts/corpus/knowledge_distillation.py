# Knowledge distillation: a small student learns from the softened answers of a teacher.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student
        self.loss_tracker = keras.metrics.Mean(name="distillation_loss")

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def train_step(self, data):
        x, y = data
        teacher_predictions = self.teacher(x, training=False)
        with tf.GradientTape() as tape:
            student_predictions = self.student(x, training=True)
            student_loss = self.student_loss_fn(y, student_predictions)
            distillation_loss = self.distillation_loss_fn(
                tf.nn.softmax(teacher_predictions / self.temperature, axis=1),
                tf.nn.softmax(student_predictions / self.temperature, axis=1),
            ) * self.temperature**2
            loss = self.alpha * student_loss + (1 - self.alpha) * distillation_loss
        variables = self.student.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.loss_tracker.update_state(distillation_loss)
        return {"student_loss": student_loss, "distillation_loss": self.loss_tracker.result()}

    def call(self, inputs):
        return self.student(inputs)


rng = np.random.RandomState(5)
x = rng.normal(size=(96, 8)).astype("float32")
y = (x[:, :2].sum(1) > 0).astype("int32")
teacher = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(2)], name="teacher")
student = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(2)], name="student")
scratch = keras.models.clone_model(student)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
teacher.compile(keras.optimizers.Adam(0.01), loss, metrics=[keras.metrics.SparseCategoricalAccuracy()])
print(teacher.fit(x, y, epochs=3, verbose=0).history["loss"])
distiller = Distiller(student, teacher)
distiller.compile(keras.optimizers.Adam(0.01), None, loss, keras.losses.KLDivergence())
print(distiller.fit(x, y, epochs=3, verbose=0).history["distillation_loss"])
