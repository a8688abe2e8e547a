# Basic classification: dense network, logits, a probability model.
import numpy as np
import tensorflow as tf
from tensorflow import keras

print(tf.__version__.startswith("2"), keras.__version__ is not None)
fashion_mnist = keras.datasets.fashion_mnist
(train_images, train_labels), (test_images, test_labels) = fashion_mnist.load_data()
class_names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
               "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
train_images = train_images / 255.0
test_images = test_images / 255.0

model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(64, activation=tf.nn.relu, name="hidden"),
    keras.layers.Dense(10),
])
model.compile(optimizer=tf.optimizers.Adam(),
              loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
              metrics=["accuracy"])
history = model.fit(train_images, train_labels, epochs=4, validation_data=(test_images, test_labels))
print("epochs", history.epoch, "params", history.params["epochs"])
test_loss, test_acc = model.evaluate(test_images, test_labels, verbose=2)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
predictions = probability_model.predict(test_images)
print(np.round(predictions[0], 4))
print(class_names[np.argmax(predictions[0])], test_labels[0])

# Pairs of layers can be shown one by one.
for layer in model.layers:
    weights = layer.get_weights()
    print(layer.name, [w.shape for w in weights])
hidden = model.get_layer("hidden")
print(hidden.weights[0].shape, float(tf.reduce_mean(hidden.kernel)))
print(tf.math.confusion_matrix(test_labels, np.argmax(predictions, axis=1), num_classes=10).numpy().trace())
