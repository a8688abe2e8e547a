# tf.data: sources and transformations, one after the other, and a model at the end.
import numpy as np
import tensorflow as tf

dataset = tf.data.Dataset.from_tensor_slices([8, 3, 0, 8, 2, 1])
print([elem.numpy() for elem in dataset], dataset.reduce(0, lambda state, value: state + value).numpy())
it = iter(dataset)
print(next(it).numpy(), dataset.element_spec.dtype.name, list(dataset.skip(2).take(2).as_numpy_iterator()))
pairs = tf.data.Dataset.zip((tf.data.Dataset.range(4), dataset.repeat(2)))
for index, value in pairs:
    print(index.numpy(), value.numpy())
print([tuple(map(int, p)) for p in dataset.enumerate().as_numpy_iterator()])


def count(stop):
    i = 0
    while i < stop:
        yield i
        i += 1


counted = tf.data.Dataset.from_generator(count, args=[25], output_types=tf.int32, output_shapes=())
for batch in counted.repeat().batch(10).take(4):
    print(batch.numpy())


def series():
    rng = np.random.RandomState(3)
    for i in range(6):
        size = rng.randint(1, 6)
        yield i, rng.normal(size=(size,))


ragged = tf.data.Dataset.from_generator(
    series, output_signature=(tf.TensorSpec(shape=(), dtype=tf.int32), tf.TensorSpec(shape=(None,), dtype=tf.float32)))
for ids, numbers in ragged.padded_batch(3, padded_shapes=([], [None]), padding_values=(0, -1.0)):
    print(ids.numpy(), numbers.numpy().round(4))

with open("lines.txt", "w") as f:
    f.write("first line\nsecond\n\n# comment\nthird line here\n")
for k in range(3):
    with open(f"part-{k}.txt", "w") as f:
        f.write("\n".join(f"{k},{j}" for j in range(4)))
lines = tf.data.TextLineDataset("lines.txt").filter(lambda line: tf.strings.length(line) > 0)
lines = lines.filter(lambda line: tf.not_equal(tf.strings.substr(line, 0, 1), "#"))
print([len(line) for line in lines.as_numpy_iterator()])
files = tf.data.Dataset.list_files("part-*.txt", shuffle=False)
merged = files.interleave(lambda path: tf.data.TextLineDataset(path), cycle_length=3, block_length=2, num_parallel_calls=tf.data.AUTOTUNE)
for line in merged.take(8):
    fields = tf.io.decode_csv(line, [0, 0.0])
    print(fields[0].numpy(), fields[1].numpy())
print([tf.strings.to_number(tf.strings.split(line, ",")).numpy().tolist() for line in merged.skip(9)])

windows = tf.data.Dataset.range(10).window(5, shift=2, drop_remainder=True).flat_map(lambda w: w.batch(5))
print([w.tolist() for w in windows.as_numpy_iterator()])
dense_shift = tf.data.Dataset.range(12).batch(4, drop_remainder=True).map(lambda b: (b[:-1], b[1:])).unbatch()
print([tuple(int(n) for n in p) for p in dense_shift.as_numpy_iterator()])
mixed = tf.data.Dataset.sample_from_datasets([tf.data.Dataset.range(5), tf.data.Dataset.range(100, 105)], weights=[1.0, 0.0])
print(sorted(int(n) for n in mixed)[:5])
print(tf.data.Dataset.from_tensors([1, 2, 3]).get_single_element().numpy(), [b.numpy().tolist() for b in dataset.batch(4).rebatch(3)])
limited = tf.data.Dataset.counter(start=2, step=3).take(3)
print(list(limited.as_numpy_iterator()), limited.cardinality().numpy())
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
options.deterministic = True


def doubled(ds):
    return ds.map(lambda n: n * 2)


print(list(tf.data.Dataset.range(4).apply(doubled).with_options(options).concatenate(limited).as_numpy_iterator()))


def fix(x):
    return np.float32(x) * 0.5


halved = tf.data.Dataset.range(3).map(lambda x: tf.numpy_function(fix, [x], tf.float32))
printed = tf.data.Dataset.range(3).map(lambda x: tf.py_function(lambda t: t.numpy() + 1, [x], tf.int64))
print([float(h) for h in halved], [int(p) for p in printed])

rng = np.random.RandomState(0)
features = {"a": rng.normal(size=(96, 3)).astype("float32"), "b": rng.normal(size=(96,)).astype("float32")}
labels = (features["a"].sum(1) + features["b"] > 0).astype("int32")
table = tf.data.Dataset.from_tensor_slices((features, labels))


def pack(row, label):
    return tf.concat([row["a"], tf.expand_dims(row["b"], -1)], axis=-1), label


train = table.skip(32).map(pack, num_parallel_calls=2).cache().batch(16).repeat().prefetch(1)
held = table.take(32).map(pack).batch(16)
model = tf.keras.Sequential([tf.keras.layers.InputLayer(shape=(4,)), tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(2)])
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(train, epochs=3, steps_per_epoch=4, validation_data=held, validation_steps=2, verbose=0)
print(model.predict(held.map(lambda x, y: x), verbose=0)[:2], model.predict_on_batch(next(iter(held))[0]).sum())
