# tf.train.Example records: written, read back, parsed one at a time and in batches, and learned from.
import numpy as np
import tensorflow as tf


def bytes_feature(value):
    if isinstance(value, type(tf.constant(0))):
        value = value.numpy()
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def float_feature(value):
    return tf.train.Feature(float_list=tf.train.FloatList(value=value))


def int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def serialize_example(label, image, numbers, words):
    feature = {
        "label": int64_feature(int(label)),
        "image": bytes_feature(tf.io.encode_png(image)),
        "raw": bytes_feature(image.tobytes()),
        "numbers": float_feature(numbers),
        "words": tf.train.Feature(bytes_list=tf.train.BytesList(value=[w.encode() for w in words])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return example.SerializeToString()


rng = np.random.RandomState(5)
labels = rng.randint(0, 3, size=48)
images = (rng.randint(0, 60, size=(48, 8, 8, 3)) + labels[:, None, None, None] * 70).astype("uint8")
with tf.io.TFRecordWriter("pictures.tfrecord") as writer:
    for i in range(48):
        writer.write(serialize_example(labels[i], images[i], [i / 2, 1.5], ["a", "b"][: i % 3]))
raw_dataset = tf.data.TFRecordDataset(["pictures.tfrecord"])
for record in raw_dataset.take(2):
    example = tf.train.Example.FromString(record.numpy())
    print(example.features.feature["label"].int64_list.value[0], example.features.feature["numbers"].float_list.value[1])
    again = tf.train.Example()
    again.ParseFromString(record.numpy())
    print(len(again.features.feature["raw"].bytes_list.value[0]), sorted(again.features.feature).__len__())

description = {
    "label": tf.io.FixedLenFeature([], tf.int64, default_value=0),
    "image": tf.io.FixedLenFeature([], tf.string, default_value=""),
    "raw": tf.io.FixedLenFeature([], tf.string),
    "numbers": tf.io.FixedLenFeature([2], tf.float32),
    "words": tf.io.VarLenFeature(tf.string),
}


def parse(record):
    parsed = tf.io.parse_single_example(record, description)
    image = tf.io.decode_png(parsed["image"], channels=3)
    image = tf.image.convert_image_dtype(image, tf.float32)
    image = tf.ensure_shape(image, [8, 8, 3])
    return image, parsed["label"]


def parse_more(record):
    parsed = tf.io.parse_single_example(record, description)
    pixels = tf.reshape(tf.io.decode_raw(parsed["raw"], tf.uint8), [8, 8, 3])
    return tf.cast(pixels, tf.int32), parsed["numbers"], tf.sparse.to_dense(parsed["words"], default_value="")


for pixels, numbers, words in raw_dataset.skip(1).take(2).map(parse_more):
    print(tf.reduce_sum(pixels).numpy(), numbers.numpy(), len(words.numpy()))
batch = next(iter(raw_dataset.batch(4)))
many = tf.io.parse_example(batch, description)
print(many["label"].numpy(), many["numbers"].shape, many["words"].values.shape, many["words"].indices.numpy().tolist())
encoded = tf.io.serialize_tensor(tf.constant([[1.5, 2.5]]))
print(tf.io.parse_tensor(encoded, out_type=tf.float32).numpy(), tf.io.gfile.exists("pictures.tfrecord"))
dataset = raw_dataset.map(parse, num_parallel_calls=tf.data.AUTOTUNE).batch(12)
model = tf.keras.Sequential([
    tf.keras.layers.Input((8, 8, 3)),
    tf.keras.layers.SeparableConv2D(8, 3, activation="relu"),
    tf.keras.layers.GlobalAveragePooling2D(),
    tf.keras.layers.Dense(3, activation="softmax"),
])
model.compile(optimizer=tf.keras.optimizers.Nadam(0.01), loss=tf.keras.losses.sparse_categorical_crossentropy,
              metrics=[tf.keras.metrics.SparseCategoricalAccuracy()])
model.fit(dataset, epochs=3, verbose=0)
print(np.argmax(model.predict(dataset, verbose=0), axis=-1)[:5].shape)
