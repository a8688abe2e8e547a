# A tour of tf.data: sources, transformations, files, and training from them.
import os

import numpy as np
import tensorflow as tf

dataset = tf.data.Dataset.from_tensor_slices([8, 3, 0, 8, 2, 1])
print(dataset.reduce(0, lambda state, value: state + value).numpy())
for elem in dataset.take(3):
    print(elem.numpy())
print(list(tf.data.Dataset.range(10).filter(lambda x: x % 3 == 1).as_numpy_iterator()))
for i, window in enumerate(tf.data.Dataset.range(7).batch(3)):
    print(i, window.numpy())
dataset1 = tf.data.Dataset.from_tensor_slices(tf.random.uniform([4, 10]))
dataset2 = tf.data.Dataset.from_tensor_slices((tf.random.uniform([4]), tf.random.uniform([4, 100], maxval=100, dtype=tf.int32)))
dataset3 = tf.data.Dataset.zip((dataset1, dataset2))
for a, (b, c) in dataset3:
    print(a.shape, b.shape, c.shape, float(tf.reduce_sum(a)), int(tf.reduce_max(c)))
print(dataset1.element_spec.shape, dataset1.element_spec.dtype == tf.float32)


def count(stop):
    i = 0
    while i < stop:
        yield i
        i += 1


ds_counter = tf.data.Dataset.from_generator(count, args=[25], output_types=tf.int32, output_shapes=())
for count_batch in ds_counter.repeat().batch(10).take(3):
    print(count_batch.numpy())


def gen_series():
    for i in range(5):
        yield i, np.arange(i + 1, dtype=np.float32)


ds_series = tf.data.Dataset.from_generator(gen_series, output_signature=(
    tf.TensorSpec(shape=(), dtype=tf.int32), tf.TensorSpec(shape=(None,), dtype=tf.float32)))
for ids, sequence_batch in ds_series.padded_batch(3, padded_shapes=([], [None])):
    print(ids.numpy(), sequence_batch.numpy())

with open("lines.txt", "w") as file:
    file.write("one fish\ntwo fish\nred fish\nblue fish\n")
lines = tf.data.TextLineDataset("lines.txt").skip(1)
for line in lines.take(2):
    print(tf.strings.length(line).numpy(), tf.strings.lower(line).numpy())
os.makedirs("parts")
for i in range(3):
    with open(f"parts/part-{i}.csv", "w") as file:
        file.write("a,b,label\n")
        for j in range(8):
            file.write(f"{i + 0.5 * j},{j - i},{(i + j) % 2}\n")
paths = tf.data.Dataset.list_files("parts/part-*.csv", shuffle=False)
n_readers = 3


def preprocess(line):
    fields = tf.io.decode_csv(line, record_defaults=[0.0, 0.0, tf.constant(0, tf.int32)])
    x = tf.stack(fields[:-1])
    y = tf.stack(fields[-1:])
    return (x - 1.0) / 2.0, y


table = paths.interleave(lambda path: tf.data.TextLineDataset(path).skip(1), cycle_length=n_readers)
table = table.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).cache().shuffle(100).batch(8).prefetch(1)
for x, y in table.take(1):
    print(x.numpy().sum(), y.numpy().ravel())
model = tf.keras.Sequential([tf.keras.layers.Input((2,)), tf.keras.layers.Dense(6, "relu"), tf.keras.layers.Dense(1, "sigmoid")])
model.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.Adam(0.01))
model.fit(table, epochs=3, verbose=0)
model.fit(table.repeat(), steps_per_epoch=4, epochs=2, verbose=0)
csv = tf.data.experimental.CsvDataset("parts/part-0.csv", [tf.float32, tf.float32, tf.int32], header=True)
for row in csv.take(2):
    print([float(value) for value in row])

# Records.
with tf.io.TFRecordWriter("data.tfrecord") as writer:
    for i in range(6):
        feature = {
            "index": tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
            "values": tf.train.Feature(float_list=tf.train.FloatList(value=[i * 0.5, i * 2.0])),
            "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"row %d" % i])),
        }
        writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
description = {"index": tf.io.FixedLenFeature([], tf.int64, default_value=0),
               "values": tf.io.FixedLenFeature([2], tf.float32),
               "name": tf.io.FixedLenFeature([], tf.string, default_value="")}
records = tf.data.TFRecordDataset(["data.tfrecord"]).map(lambda proto: tf.io.parse_single_example(proto, description))
for record in records.take(3):
    print(record["index"].numpy(), record["values"].numpy(), record["name"].numpy())
print(tf.io.parse_example([b""], {"index": tf.io.FixedLenFeature([], tf.int64, default_value=7)})["index"].numpy())

unbatched = tf.data.Dataset.from_tensors(np.arange(6).reshape(3, 2)).unbatch()
print([row.tolist() for row in unbatched.as_numpy_iterator()])
joined = tf.data.Dataset.range(3).concatenate(tf.data.Dataset.range(10, 12)).enumerate()
print([(int(i), int(v)) for i, v in joined])


def scale(x):
    return np.float32(x.numpy() * 2.5)


doubled = tf.data.Dataset.range(4).map(lambda x: tf.py_function(scale, [x], tf.float32))
print([float(v) for v in doubled])
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
print(len(list(tf.data.Dataset.range(6).with_options(options).shard(2, 0))))
iterator = iter(tf.data.Dataset.range(1))
next(iterator)
try:
    iterator.get_next()
except tf.errors.OutOfRangeError:
    print("end", 0)
