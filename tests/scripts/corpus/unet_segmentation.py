# Segmentation: a small U-Net on drawn squares, with augmentation by tf.image in the pipeline.
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import *

rng = np.random.RandomState(4)
images = rng.rand(32, 20, 20, 3).astype("float32") * 0.3
masks = np.zeros((32, 20, 20, 1), "uint8")
for i in range(32):
    r, c = rng.randint(0, 12, 2)
    images[i, r:r + 8, c:c + 8] += 0.6
    masks[i, r:r + 8, c:c + 8] = 1


def load_image(image, mask):
    image = tf.image.resize(image, (16, 16))
    mask = tf.image.resize(mask, (16, 16), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    return image, mask


def augment(image, mask):
    image = tf.image.flip_left_right(image)
    mask = tf.image.flip_left_right(mask)
    image = tf.image.adjust_brightness(image, 0.05)
    return tf.clip_by_value(image, 0.0, 1.0), mask


dataset = tf.data.Dataset.from_tensor_slices((images, masks)).map(load_image, num_parallel_calls=tf.data.AUTOTUNE)
train = dataset.take(24).map(augment).cache().batch(8).prefetch(buffer_size=tf.data.AUTOTUNE)
held = dataset.skip(24).batch(8)


def block(x, filters):
    residual = Conv2D(filters, 1, padding="same")(x)
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = BatchNormalization()(x)
    return Add()([ReLU()(x), residual])


inputs = Input((16, 16, 3))
e1 = block(inputs, 8)
e2 = block(MaxPooling2D()(e1), 12)
middle = block(MaxPooling2D()(e2), 16)
d2 = Concatenate()([Conv2DTranspose(12, 2, strides=2)(middle), e2])
d2 = block(d2, 12)
d1 = Concatenate()([UpSampling2D(2)(d2), e1])
d1 = ZeroPadding2D(1)(d1)
outputs = Conv2D(2, 3)(d1)
model = tf.keras.Model(inputs, outputs)
model.compile(optimizer=tf.keras.optimizers.AdamW(1e-3), loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
              metrics=["accuracy"])
history = model.fit(train, epochs=3, validation_data=held, verbose=0)
print(model.evaluate(held, verbose=0)[0], model.count_params())


def create_mask(pred_mask):
    return tf.math.argmax(pred_mask, axis=-1)[..., tf.newaxis]


for image, mask in held.take(1):
    print(create_mask(model.predict(image, verbose=0))[0].shape, tf.reduce_sum(mask).numpy() > 0)
picture = tf.constant(images[0])
for changed in (tf.image.rot90(picture), tf.image.central_crop(picture, 0.5), tf.image.crop_to_bounding_box(picture, 2, 3, 8, 9),
                tf.image.rgb_to_grayscale(picture), tf.image.adjust_contrast(picture, 2.0), tf.image.adjust_saturation(picture, 0.5),
                tf.image.resize_with_pad(picture, 12, 18), tf.image.sobel_edges(picture[tf.newaxis])):
    print(changed.shape, tf.reduce_mean(changed).numpy(), tf.reduce_max(changed).numpy())
