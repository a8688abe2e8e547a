# Cats and dogs with ImageDataGenerator and flow_from_directory.
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing import image
from tensorflow.keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img

rng = np.random.RandomState(4)
for split, n in (("training", 10), ("testing", 5)):
    for label, name in enumerate(("horses", "humans")):
        os.makedirs(os.path.join("pictures", split, name))
        for i in range(n):
            picture = np.clip(rng.normal(80 + 90 * label, 20, size=(24, 24, 3)), 0, 255)
            array_to_img(picture, scale=False).save(os.path.join("pictures", split, name, f"{i}.png"))

train_datagen = ImageDataGenerator(rescale=1.0 / 255)
validation_datagen = ImageDataGenerator(rescale=1 / 255)
train_generator = train_datagen.flow_from_directory("pictures/training", target_size=(20, 20), batch_size=5,
                                                    class_mode="binary", shuffle=False)
validation_generator = validation_datagen.flow_from_directory("pictures/testing", target_size=(20, 20), batch_size=5,
                                                              class_mode="binary", shuffle=False)
print(train_generator.class_indices, train_generator.samples, train_generator.classes.sum())

model = tf.keras.models.Sequential([
    tf.keras.layers.Conv2D(4, (3, 3), activation="relu", input_shape=(20, 20, 3)),
    tf.keras.layers.MaxPooling2D(2, 2),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(8, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.RMSprop(learning_rate=1e-3), metrics=["acc"])
model.fit(train_generator, steps_per_epoch=4, epochs=2, validation_data=validation_generator, validation_steps=2, verbose=0)
print(model.predict(validation_generator, verbose=0)[:, 0])

img = load_img("pictures/training/humans/0.png", target_size=(20, 20))
x = img_to_array(img)
x = np.expand_dims(x, axis=0) / 255.0
classes = model.predict(np.vstack([x]), batch_size=10)
print(classes[0], image.img_to_array(img).shape)

# Flow from arrays, with labels.
(x_train, y_train), _ = tf.keras.datasets.cifar10.load_data()
x_train, y_train = x_train[:96] / 255.0, tf.keras.utils.to_categorical(y_train[:96], 10)
datagen = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
datagen.fit(x_train)
successive = tf.keras.Sequential([
    tf.keras.layers.Input((32, 32, 3)),
    tf.keras.layers.AveragePooling2D(4),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(10, activation="softmax"),
])
successive.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
successive.fit(datagen.flow(x_train, y_train, batch_size=32, shuffle=False), epochs=2, verbose=0)
# Outputs of the layers, one by one.
visual = tf.keras.models.Model(inputs=model.inputs, outputs=[layer.output for layer in model.layers])
print([feature_map.shape for feature_map in visual.predict(x, verbose=0)])
