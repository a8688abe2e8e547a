# Forecasting a synthetic series with windowed datasets, convolutions and LSTMs.
import numpy as np
import tensorflow as tf

print(tf.__version__ is not None)


def trend(time, slope=0):
    return slope * time


def seasonal_pattern(season_time):
    return np.where(season_time < 0.4, np.cos(season_time * 2 * np.pi), 1 / np.exp(3 * season_time))


def seasonality(time, period, amplitude=1, phase=0):
    season_time = ((time + phase) % period) / period
    return amplitude * seasonal_pattern(season_time)


def noise(time, noise_level=1, seed=None):
    rnd = np.random.RandomState(seed)
    return rnd.randn(len(time)) * noise_level


time = np.arange(300, dtype="float32")
series = 1 + trend(time, 0.01) + seasonality(time, period=30, amplitude=2) + noise(time, 0.1, seed=42)
split_time = 220
x_train, x_valid = series[:split_time], series[split_time:]
window_size, batch_size, shuffle_buffer_size = 12, 32, 100


def windowed_dataset(series, window_size, batch_size, shuffle_buffer):
    series = tf.expand_dims(series, axis=-1)
    ds = tf.data.Dataset.from_tensor_slices(series)
    ds = ds.window(window_size + 1, shift=1, drop_remainder=True)
    ds = ds.flat_map(lambda w: w.batch(window_size + 1))
    ds = ds.shuffle(shuffle_buffer)
    ds = ds.map(lambda w: (w[:-1], w[-1:]))
    return ds.batch(batch_size).prefetch(1)


def model_forecast(model, series, window_size):
    ds = tf.data.Dataset.from_tensor_slices(series[..., np.newaxis])
    ds = ds.window(window_size, shift=1, drop_remainder=True)
    ds = ds.flat_map(lambda w: w.batch(window_size))
    ds = ds.batch(32).prefetch(1)
    return model.predict(ds)


tf.keras.backend.clear_session()
tf.random.set_seed(51)
np.random.seed(51)
train_set = windowed_dataset(x_train, window_size, batch_size, shuffle_buffer_size)
model = tf.keras.models.Sequential([
    tf.keras.layers.Conv1D(filters=8, kernel_size=5, strides=1, padding="causal", activation="relu", input_shape=[None, 1]),
    tf.keras.layers.LSTM(8, return_sequences=True),
    tf.keras.layers.LSTM(8),
    tf.keras.layers.Dense(8, activation="relu"),
    tf.keras.layers.Dense(1),
    tf.keras.layers.Lambda(lambda x: x * 4.0),
])
optimizer = tf.keras.optimizers.SGD(learning_rate=1e-3, momentum=0.9)
model.compile(loss=tf.keras.losses.Huber(), optimizer=optimizer, metrics=["mae"])
lr_schedule = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 10 ** (epoch / 20))
history = model.fit(train_set, epochs=3, callbacks=[lr_schedule], verbose=0)
print([round(float(v), 5) for v in history.history["learning_rate"]])
forecast = model_forecast(model, series[split_time - window_size:-1], window_size)[:, 0]
print(tf.keras.metrics.mae(x_valid, forecast).numpy())
print(tf.keras.metrics.mse(x_valid, forecast).numpy())

# Naive forecasts and a dense model.
naive = series[split_time - 1:-1]
print(tf.keras.losses.mae(x_valid, naive).numpy(), tf.keras.losses.mse(x_valid, naive).numpy())
inputs = np.stack([series[i:i + window_size] for i in range(len(series) - window_size)])
targets = series[window_size:]
dense = tf.keras.Sequential([tf.keras.layers.Dense(10, input_shape=[window_size], activation="relu"), tf.keras.layers.Dense(1)])
dense.compile(loss="mse", optimizer=tf.keras.optimizers.SGD(1e-4))
dense.fit(inputs[:200], targets[:200], epochs=3, verbose=0)
ds = tf.keras.utils.timeseries_dataset_from_array(series[:-window_size], series[window_size:],
                                                  sequence_length=window_size, batch_size=64)
for x, y in ds.take(1):
    print(x.shape, y.shape, float(tf.reduce_sum(x[0])))
dense.fit(ds, epochs=2, verbose=0)
