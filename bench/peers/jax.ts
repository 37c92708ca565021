// jax-js on its wasm backend, each work one function under jit. Passing an array to a function consumes it; `ref` keeps it.
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad, vjp } from '@jax-js/jax';
import manifest from './package.json' with { type: 'json' };
import { only, type Run, serve } from './serve.js';

type Arrays = np.Array[];

/** Uniform on [-b, b]. */
function uniform(shape: number[], b = 1): np.Array {
  const values = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => b * (2 * Math.random() - 1));
  return np.array(values).reshape(shape);
}

/** Runs a function on arrays without consuming them, and waits for its result. */
function jitted(f: (...xs: Arrays) => np.Array, ...xs: Arrays): Run {
  const compiled = jit(f);
  return async () => {
    const y = compiled(...xs.map((x) => x.ref));
    await blockUntilReady(y);
    y.dispose();
  };
}

function matmul(n: number): Run {
  return jitted((a, b) => np.matmul(a, b), uniform([n, n]), uniform([n, n]));
}

const convolve = (x: np.Array, w: np.Array) => lax.conv(x, w, [1, 1], 'SAME');

function conv(what: 'forward' | 'input' | 'filter'): Run {
  const [x, w, g] = [uniform([32, 64, 32, 32]), uniform([64, 64, 3, 3]), uniform([32, 64, 32, 32])];
  if (what === 'forward') return jitted(convolve, x, w);
  const [variable, constant] = what === 'input' ? [x, w] : [w, x];
  // jit drops the forward result, which is unused.
  const pull = (t: np.Array, c: np.Array, g: np.Array) => {
    const [y, back] = vjp((t: np.Array) => (what === 'input' ? convolve(t, c.ref) : convolve(c.ref, t)), [t]);
    y.dispose();
    c.dispose();
    const [gradient] = back(g);
    back.dispose();
    return gradient;
  };
  return jitted(pull, variable, constant, g);
}

const [B1, B2, RATE, EPS] = [0.9, 0.999, 1e-4, 1e-8];

function loss([w1, b1, w2, b2]: Arrays, x: np.Array, y: np.Array): np.Array {
  const hidden = nn.relu(np.matmul(x, w1).add(b1));
  const logits = np.matmul(hidden, w2).add(b2);
  return nn
    .logSoftmax(logits)
    .mul(y)
    .sum()
    .mul(-1 / 64);
}

/** One step of Adam: new parameters and moments. c: the corrections sqrt(1 - B2^t) / (1 - B1^t), a scalar. */
const adam = jit((params: Arrays, ms: Arrays, vs: Arrays, c: np.Array, x: np.Array, y: np.Array) => {
  const [value, gs] = valueAndGrad(loss)(
    params.map((p) => p.ref),
    x,
    y,
  );
  value.dispose();
  const m = ms.map((m, i) => m.mul(B1).add(gs[i].ref.mul(1 - B1)));
  const v = vs.map((v, i) => v.mul(B2).add(np.square(gs[i]).mul(1 - B2)));
  const rate = c.mul(RATE);
  const next = params.map((p, i) => p.sub(m[i].ref.mul(rate.ref).div(np.sqrt(v[i].ref).add(EPS))));
  rate.dispose();
  return [next, m, v];
});

function mlp(): Run {
  const [x, y] = [uniform([64, 784]), nn.oneHot(np.array(Int32Array.from({ length: 64 }, (_, i) => i % 10)), 10)];
  const shapes = [[784, 128], [128], [128, 10], [10]];
  let state = [shapes.map((s) => uniform(s, 0.05)), ...[0, 1].map(() => shapes.map((s) => np.zeros(s)))];
  let t = 0;
  return async () => {
    const c = Math.sqrt(1 - B2 ** ++t) / (1 - B1 ** t);
    state = adam(state[0], state[1], state[2], np.array(c), x.ref, y.ref);
    await blockUntilReady(state);
  };
}

const works: Record<string, () => Run> = {
  'matmul/256': () => matmul(256),
  'matmul/512': () => matmul(512),
  'matmul/1024': () => matmul(1024),
  'conv3x3/64@32/forward': () => conv('forward'),
  'conv3x3/64@32/input': () => conv('input'),
  'conv3x3/64@32/filter': () => conv('filter'),
  'mlp/step': mlp,
};

await init('wasm');
defaultDevice('wasm');
await serve({
  about: `@jax-js/jax ${manifest.dependencies['@jax-js/jax']}, wasm device, under jit`,
  prepare: (work) =>
    only(works, work, 'not written for jax-js: at the rate of its convolutions a step takes half a minute')(),
});
