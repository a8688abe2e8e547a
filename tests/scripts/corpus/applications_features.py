# Networks for images as feature extractors: several bases, their preprocessing, a small head.
import numpy as np
import tensorflow as tf
from tensorflow.keras.applications import InceptionV3
from tensorflow.keras.applications.inception_v3 import preprocess_input as inception_input
from tensorflow.keras.applications.resnet50 import ResNet50, preprocess_input as resnet_input
from tensorflow.keras.applications.vgg16 import VGG16, preprocess_input as vgg_input
from tensorflow.keras.layers import Dense, Flatten, GlobalAveragePooling2D
from tensorflow.keras.models import Model

rng = np.random.RandomState(6)
images = rng.randint(0, 255, size=(4, 76, 76, 3)).astype("float32")
labels = np.array([0, 1, 0, 1])
print(tf.keras.applications.vgg19.preprocess_input(images[:1].copy()).mean())
for build, prepare, size in [(VGG16, vgg_input, 32), (ResNet50, resnet_input, 32), (InceptionV3, inception_input, 76)]:
    base = build(weights=None, include_top=False, input_shape=(size, size, 3))
    base.trainable = False
    x = prepare(images[:, :size, :size].copy())
    features = base.predict(x, verbose=0)
    print(base.name, len(base.layers), features.shape, base.count_params(), len(base.trainable_weights))

base = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
for layer in base.layers[:-4]:
    layer.trainable = False
output = Dense(2, activation="softmax")(Flatten()(base.output))
model = Model(inputs=base.input, outputs=output)
model.compile(tf.keras.optimizers.SGD(learning_rate=0.001, momentum=0.9), "sparse_categorical_crossentropy")
history = model.fit(vgg_input(images[:, :32, :32].copy()) / 128, labels, epochs=2, verbose=0)
print(history.history["loss"])
last = base.get_layer("block5_conv3").output
pooled = Model(base.input, GlobalAveragePooling2D()(last))
print(pooled.output.shape)
