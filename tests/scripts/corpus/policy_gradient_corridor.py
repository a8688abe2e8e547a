# Reinforcement learning on a corridor: REINFORCE with a tape, then Q-learning with a target network.
import collections

import numpy as np
import tensorflow as tf
from tensorflow import keras


class Corridor:
    def reset(self):
        self.place, self.steps = 2, 0
        return self.observe()

    def observe(self):
        return np.eye(6, dtype="float32")[self.place]

    def step(self, action):
        self.place = min(max(self.place + (1 if action == 1 else -1), 0), 5)
        self.steps += 1
        done = self.place in (0, 5) or self.steps >= 8
        return self.observe(), float(self.place == 5), done


env = Corridor()
model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(8, activation="elu"), keras.layers.Dense(1, activation="sigmoid")])
optimizer = keras.optimizers.Nadam(learning_rate=0.02)
rng = np.random.RandomState(7)


def play_one_step(obs, chance):
    with tf.GradientTape() as tape:
        left_proba = model(obs[np.newaxis])
        action = tf.constant([[chance > 0.5]])
        y_target = tf.constant([[1.0]]) - tf.cast(action, tf.float32)
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(y_target, left_proba))
    grads = tape.gradient(loss, model.trainable_variables)
    obs, reward, done = env.step(int(action[0, 0].numpy()))
    return obs, reward, done, grads, loss


for iteration in range(3):
    all_grads, all_rewards, losses = [], [], []
    for episode in range(3):
        obs, grads, rewards = env.reset(), [], []
        done = False
        while not done:
            obs, reward, done, g, loss = play_one_step(obs, rng.rand())
            rewards.append(reward)
            grads.append(g)
            losses.append(float(loss))
        discounted = np.array(rewards, "float32")
        for step in range(len(rewards) - 2, -1, -1):
            discounted[step] += discounted[step + 1] * 0.9
        all_rewards.append(discounted - discounted.mean() + 0.1)
        all_grads.append(grads)
    mean_grads = []
    for index in range(len(model.trainable_variables)):
        mean_grads.append(tf.reduce_mean([r * all_grads[e][s][index] for e, rs in enumerate(all_rewards) for s, r in enumerate(rs)], axis=0))
    optimizer.apply_gradients(zip(mean_grads, model.trainable_variables))
    print(iteration, np.mean(losses))

q_model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(12, activation="elu"), keras.layers.Dense(2)])
target = keras.models.clone_model(q_model)
target.set_weights(q_model.get_weights())
q_optimizer = keras.optimizers.Adam(1e-2)
loss_fn = keras.losses.Huber()
replay = collections.deque(maxlen=100)
for episode in range(12):
    obs, done = env.reset(), False
    while not done:
        action = rng.randint(2)
        following, reward, done = env.step(action)
        replay.append((obs, action, reward, following, float(done)))
        obs = following
for step in range(12):
    batch = [replay[i] for i in rng.randint(len(replay), size=16)]
    states, actions, rewards, following, dones = [np.array(field) for field in zip(*batch)]
    next_q = target.predict(following, verbose=0).max(axis=1)
    wanted = (rewards + (1 - dones) * 0.9 * next_q).reshape(-1, 1).astype("float32")
    mask = tf.one_hot(actions, 2)
    with tf.GradientTape() as tape:
        q_values = tf.reduce_sum(q_model(states) * mask, axis=1, keepdims=True)
        loss = tf.reduce_mean(loss_fn(wanted, q_values))
    grads = tape.gradient(loss, q_model.trainable_variables)
    q_optimizer.apply_gradients(zip(grads, q_model.trainable_variables))
    if step % 4 == 0:
        target.set_weights(q_model.get_weights())
        print(step, loss.numpy())
