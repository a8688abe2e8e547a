# Denoising autoencoder in the functional style; encoder and decoder shared.
import numpy as np
import tensorflow as tf
from tensorflow.keras.datasets import mnist
from tensorflow.keras.layers import (Conv2D, Conv2DTranspose, Dense, Flatten, Input, LeakyReLU,
                                     MaxPooling2D, Reshape, UpSampling2D)
from tensorflow.keras.models import Model
import tensorflow.keras.backend as K

(x_train, _), (x_test, _) = mnist.load_data()
image_size = x_train.shape[1]
x_train = np.reshape(x_train, [-1, image_size, image_size, 1]).astype("float32") / 255
x_test = np.reshape(x_test, [-1, image_size, image_size, 1]).astype("float32") / 255
np.random.seed(1337)
x_train_noisy = np.clip(x_train + np.random.normal(0.5, 0.5, x_train.shape), 0.0, 1.0)
x_test_noisy = np.clip(x_test + np.random.normal(0.5, 0.5, x_test.shape), 0.0, 1.0)

inputs = Input(shape=(28, 28, 1), name="encoder_input")
x = inputs
for filters in (8, 16):
    x = Conv2D(filters=filters, kernel_size=3, strides=2, activation="relu", padding="same")(x)
shape = K.int_shape(x)
x = Flatten()(x)
latent = Dense(8, name="latent_vector")(x)
encoder = Model(inputs, latent, name="encoder")

latent_inputs = Input(shape=(8,), name="decoder_input")
x = Dense(shape[1] * shape[2] * shape[3])(latent_inputs)
x = Reshape((shape[1], shape[2], shape[3]))(x)
for filters in (16, 8):
    x = Conv2DTranspose(filters=filters, kernel_size=3, strides=2, activation="relu", padding="same")(x)
outputs = Conv2DTranspose(filters=1, kernel_size=3, activation="sigmoid", padding="same", name="decoder_output")(x)
decoder = Model(latent_inputs, outputs, name="decoder")
autoencoder = Model(inputs, decoder(encoder(inputs)), name="autoencoder")
autoencoder.compile(loss="mse", optimizer="adam")
autoencoder.fit(x_train_noisy, x_train, validation_data=(x_test_noisy, x_test), epochs=2, batch_size=64)
print(autoencoder.predict(x_test_noisy).std())
print([layer.name for layer in autoencoder.layers], autoencoder.inputs[0].shape, autoencoder.output.shape)

# A second one that goes up by UpSampling2D.
inputs = Input(shape=(28, 28, 1))
x = Conv2D(4, (3, 3), padding="same")(inputs)
x = LeakyReLU()(x)
x = MaxPooling2D((2, 2), padding="same")(x)
encoded = Conv2D(4, (3, 3), activation="relu", padding="same", name="code")(x)
x = UpSampling2D((2, 2))(encoded)
decoded = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
model = Model(inputs, decoded)
model.compile(optimizer="adadelta", loss="binary_crossentropy")
model.fit(x_train, x_train, epochs=2, batch_size=128, shuffle=True)
features = Model(inputs=model.input, outputs=model.get_layer("code").output)
print(features.predict(x_test[:3]).sum())
