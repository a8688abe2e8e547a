import numpy as np
import tensorflow as tf

tf.random.set_seed(1)
np.random.seed(1)
real_data = np.random.normal(2.0, 0.5, size=(256, 2)).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices(real_data).shuffle(256).batch(64, drop_remainder=True)

noise_dim = 4
generator = tf.keras.Sequential([
    tf.keras.layers.Dense(16, input_shape=(noise_dim,)),
    tf.keras.layers.LeakyReLU(0.2),
    tf.keras.layers.BatchNormalization(),
    tf.keras.layers.Dense(2),
])
discriminator = tf.keras.models.Sequential([
    tf.keras.Input(shape=(2,)),
    tf.keras.layers.Dense(16),
    tf.keras.layers.LeakyReLU(),
    tf.keras.layers.Dropout(0.3),
    tf.keras.layers.Dense(1),
])
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


generator_optimizer = tf.keras.optimizers.Adam(1e-3)
discriminator_optimizer = tf.keras.optimizers.Adam(1e-3)


@tf.function
def train_step(images):
    noise = tf.random.normal([images.shape[0], noise_dim])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gen_grads = gen_tape.gradient(gen_loss, generator.trainable_variables)
    disc_grads = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gen_grads, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(disc_grads, discriminator.trainable_variables))
    return gen_loss, disc_loss


checkpoint = tf.train.Checkpoint(generator=generator, discriminator=discriminator,
                                 generator_optimizer=generator_optimizer)
manager = tf.train.CheckpointManager(checkpoint, "./checkpoints", max_to_keep=2)
for epoch in range(4):
    gen_losses, disc_losses = [], []
    for batch in dataset:
        gen_loss, disc_loss = train_step(batch)
        gen_losses.append(gen_loss.numpy())
        disc_losses.append(float(disc_loss))
    print(f"epoch {epoch + 1}: generator {np.mean(gen_losses):.4f} discriminator {np.mean(disc_losses):.4f}")
    manager.save()
checkpoint.restore(tf.train.latest_checkpoint("./checkpoints"))
samples = generator(tf.random.normal([3, noise_dim]), training=False)
print(samples.numpy())
