// Recurrent layers against PyTorch, on the loops in float64 and float32, and on wasm with one thread and two; then their states, options
// and initialization, and what they refuse.
import {
  type Backend,
  concat,
  type DType,
  flip,
  grad,
  gradcheck,
  ones,
  Random,
  randn,
  type Shape,
  scope,
  setBackend,
  setThreads,
  type Tensor,
  tensor,
  zeros,
} from '../../core/index.js';
import * as nn from '../../nn/index.js';
import { wasmIfPresent } from '../fastBackend.js';
import { type Block, fixtureCases, type LayerCase } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';

type Layer = nn.Recurrent<any>;

/** The layer of a case, and its outputs: y, then the state. */
const oracles: Record<
  string,
  (sizes: [number, number], options: object) => [Layer, (t: Record<string, Tensor>) => Tensor[]]
> = {
  rnn(sizes, options) {
    const layer = new nn.RNN(...sizes, options);
    return [layer, ({ x, h0 }) => layer.forward(x, h0)];
  },
  lstm(sizes, options) {
    const layer = new nn.LSTM(...sizes, options);
    return [layer, ({ x, h0, c0 }) => layer.forward(x, h0 && [h0, c0]).flat()];
  },
  gru(sizes, options) {
    const layer = new nn.GRU(...sizes, options);
    return [layer, ({ x, h0 }) => layer.forward(x, h0)];
  },
};

const cases = fixtureCases<LayerCase>('layers.json', 'bidirectional.json').filter((c) =>
  Object.hasOwn(oracles, c.name),
);

/** Backends with the dtype and the tolerance. The numbers in the files have twelve digits. In float32 a number is rounded by 6e-8 of its
 *  size, and sums have some dozen terms. */
const kinds: [
  title: string,
  dtype: DType,
  tolerance: number,
  backend: () => Promise<Backend | 'reference'>,
  threads: number,
][] = [
  ['the loops, float64', 'float64', 1e-9, async () => 'reference', 1],
  ['the loops, float32', 'float32', 1e-5, async () => 'reference', 1],
];
const wasm = await wasmIfPresent();
if (wasm) {
  const wide = process.env.BOUNDGRAD_WIDE === '1';
  // Splits every call that can be split.
  const backend = await wasm({ wide, workers: { partCost: 0 } });
  for (const threads of [1, 2]) {
    kinds.push([`wasm, threads: ${threads}`, 'float32', 1e-5, async () => backend, threads]);
  }
}

for (const [title, dtype, tolerance, backend, threads] of kinds) {
  const test = subject(`Recurrent layers against PyTorch: ${title}`);
  // The first sentence runs all cases, because threads take long to start.
  let all: Promise<unknown[]> | undefined;
  const errors = async () => {
    await setBackend(await backend());
    try {
      if (threads > 1) assert.is(await setThreads(threads), threads);
      return cases.map((c) => {
        try {
          scope(() => check(c, dtype, tolerance));
          return null;
        } catch (error) {
          return error;
        }
      });
    } finally {
      if (threads > 1) await setThreads(1);
      await setBackend('reference');
    }
  };
  cases.forEach((c, i) => {
    test(`${c.name} ${JSON.stringify(c.attrs)}: outputs and gradients within ${tolerance}`, async () => {
      const error = (await (all ??= errors()))[i];
      if (error) throw error;
    });
  });
}

function check(
  { name, attrs, inputs, parameters, outputs, cotangents, grads }: LayerCase,
  dtype: DType,
  tolerance: number,
): void {
  const read = (blocks: Record<string, Block>) =>
    Object.fromEntries(
      Object.entries(blocks).map(([k, b]) => [k, tensor(b.data, { shape: b.shape, dtype, requiresGrad: true })]),
    );
  const { inputSize, hiddenSize, ...options } = attrs;
  const [layer, run] = oracles[name]([inputSize, hiddenSize], { ...options, dtype });
  assert.equal(Object.keys(layer.stateDict()), Object.keys(parameters));
  layer.loadStateDict(read(parameters));
  const xs = read(inputs);
  const ys = run(xs);
  outputs.forEach((expected, i) => {
    assert.equal(ys[i].shape, expected.shape);
    assert.is(ys[i].dtype, dtype);
    close(ys[i].dataSync(), expected.data, tolerance, `output ${i}`);
  });
  const names = Object.keys(grads);
  const sources: Record<string, Tensor> = { ...xs, ...layer.stateDict() };
  const gradient = cotangents.map((b) => tensor(b.data, { shape: b.shape, dtype }));
  grad(
    ys,
    names.map((k) => sources[k]),
    { gradient },
  ).forEach((g, i) => {
    assert.equal(g.shape, grads[names[i]].shape);
    close(g.dataSync(), grads[names[i]].data, tolerance, `gradient of ${names[i]}`);
  });
}

const test = subject('Recurrent layers');

const layers: Record<string, (inputs: number, hidden: number, options?: nn.RecurrentOptions) => Layer> = {
  RNN: (...args) => new nn.RNN(...args),
  'RNN with relu': (inputs, hidden, options) => new nn.RNN(inputs, hidden, { ...options, nonlinearity: 'relu' }),
  LSTM: (...args) => new nn.LSTM(...args),
  GRU: (...args) => new nn.GRU(...args),
};
const stream = new Random(3).stream('recurrent');
const sample = (shape: Shape) => randn(shape, { stream, dtype: 'float64' });
const tensorsOf = (state: Tensor | Tensor[]) => (Array.isArray(state) ? state : [state]);
const options = () => ({ numLayers: 2, dtype: 'float64', random: new Random(1) }) as const;

for (const [name, make] of Object.entries(layers)) {
  test(`${name}: a sequence in two pieces gives the outputs and the state of the whole, if the state is passed on`, () => {
    for (const batchFirst of [false, true]) {
      const layer = make(3, 4, { ...options(), batchFirst });
      const x = sample([5, 5, 3]);
      const [y, state] = layer.forward(x);
      const piece = (from: number, to: number) => x.slice(batchFirst ? [null, [from, to]] : [[from, to]]);
      const [y1, middle] = layer.forward(piece(0, 2));
      const [y2, end] = layer.forward(piece(2, 5), middle);
      const joined = batchFirst ? [y1, y2].map((t) => t.transpose(0, 1)) : [y1, y2];
      const whole = batchFirst ? y.transpose(0, 1) : y;
      close([...joined[0].dataSync(), ...joined[1].dataSync()], whole.dataSync(), 1e-14, 'y');
      tensorsOf(state).forEach((t, i) => {
        close(tensorsOf(end)[i].dataSync(), t.dataSync(), 1e-14, 'state');
      });
    }
  });

  test(`${name}: the last output is the state of the last layer, and batchFirst is a transposition`, () => {
    const [a, b] = [false, true].map((batchFirst) => make(3, 4, { ...options(), batchFirst }));
    const x = sample([5, 2, 3]);
    const [y, state] = a.forward(x);
    const [h] = tensorsOf(state);
    assert.equal([...y.slice([[-1]]).dataSync()], [...h.slice([[-1]]).dataSync()]);
    const [z, after] = b.forward(x.transpose(0, 1));
    assert.equal([...z.transpose(0, 1).dataSync()], [...y.dataSync()]);
    assert.equal([...tensorsOf(after)[0].dataSync()], [...h.dataSync()]);
  });

  test(`${name}: every gradient through two layers and every second derivative, of y and of the state, is right`, () => {
    const layer = make(2, 3, { ...options(), random: new Random(2) });
    const states = tensorsOf(layer.forward(sample([2, 1, 2]))[1]).map((t) => sample(t.shape));
    const fn = (x: Tensor, ...state: Tensor[]) => {
      const [y, end] = layer.forward(x, states.length > 1 ? state : state[0]);
      return tensorsOf(end).reduce((sum, t) => sum.add(t.square().sum()), y.sum());
    };
    gradcheck(fn, [sample([2, 1, 2]), ...states], { second: true });
  });

  test(`${name}: parameters have PyTorch’s names and order, and start uniform within 1 / sqrt(hidden)`, () => {
    const names = (bias: boolean) =>
      make(3, 16, { numLayers: 2, bias })
        .namedParameters()
        .map(([k]) => k);
    const of = (l: number) => [`weight_ih_l${l}`, `weight_hh_l${l}`, `bias_ih_l${l}`, `bias_hh_l${l}`];
    assert.equal(names(true), [...of(0), ...of(1)]);
    assert.equal(names(false), [...of(0).slice(0, 2), ...of(1).slice(0, 2)]);
    const values = [make(8, 64, { random: new Random(1) }).weight_hh_l0, make(8, 64).bias_ih_l0].map((t) => [
      ...t.dataSync(),
    ]);
    for (const v of values) {
      const largest = Math.max(...v.map(Math.abs));
      assert.ok(largest <= 1 / 8 && largest > 0.9 / 8, `${largest}`);
    }
    const [a, b] = [1, 1].map((seed) => make(2, 3, { random: new Random(seed) }).weight_ih_l0.dataSync());
    assert.equal([...a], [...b]);
  });
}

test('dropout drops outputs between layers, in training only', () => {
  const build = (dropout: number, numLayers = 2) =>
    new nn.LSTM(3, 4, { numLayers, dropout, random: new Random(5), batchFirst: true });
  const x = randn([2, 3, 3], { stream });
  const out = (layer: nn.LSTM) => [...layer.forward(x)[0].dataSync()];
  const plain = out(build(0));
  assert.equal(out(build(0.5).eval()), plain);
  assert.not.equal(out(build(0.5)), plain);
  assert.equal(out(build(0.5)), out(build(0.5)), 'the stream of `random` alone decides what is dropped');
  assert.equal(out(build(0.5, 1)), out(build(0, 1)), 'nothing is dropped after the last layer');
  // With everything dropped, the second layer reads zeros.
  const layer = build(1);
  const second = new nn.LSTM(4, 4, { batchFirst: true });
  second.loadStateDict(
    Object.fromEntries(
      Object.entries(layer.stateDict())
        .filter(([k]) => k.endsWith('1'))
        .map(([k, t]) => [k.replace('l1', 'l0'), t]),
    ),
  );
  close(out(layer), second.forward(zeros([2, 3, 4]))[0].dataSync(), 1e-6);
});

test('toString shows sizes and the options that differ from their defaults', () => {
  assert.is(String(new nn.LSTM(3, 4)), 'LSTM(3, 4)');
  assert.is(
    String(new nn.GRU(3, 4, { numLayers: 2, bias: false, batchFirst: true, dropout: 0.1, dtype: 'float64' })),
    "GRU(3, 4, { numLayers: 2, bias: false, batchFirst: true, dropout: 0.1, dtype: 'float64' })",
  );
  assert.is(String(new nn.LSTM(3, 4, { bidirectional: true })), 'LSTM(3, 4, { bidirectional: true })');
  assert.is(String(new nn.RNN(3, 4, { nonlinearity: 'relu' })), "RNN(3, 4, { nonlinearity: 'relu' })");
});

class Words extends nn.Module {
  readonly lstm = new nn.LSTM(3, 4, { numLayers: 2, batchFirst: true });
  readonly head = new nn.Linear(4, 2);
  forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y);
  }
}

test('summary lists the layer with its outputs, parameters and products; a hook gets the outputs alone', () => {
  const { rows } = nn.summarize(new Words(), [5, 3]);
  // A step of a layer multiplies every weight of its two matrices once.
  assert.equal(rows[0], {
    path: 'lstm',
    kind: 'LSTM',
    output: [5, 4],
    parameters: 2 * 32 + 16 * 3 + 3 * 64,
    macs: 5 * (16 * 3 + 3 * 64),
  });
  const model = new Words();
  const seen: Shape[] = [];
  const hook = (_: unknown, forward: () => Tensor) => {
    const y = forward();
    seen.push(y.shape);
    return y.mul(0);
  };
  const y = nn.withForwardHook([['lstm', model.lstm]] as any, hook, () => model.forward(ones([2, 5, 3])));
  assert.equal(seen, [[2, 5, 4]]);
  assert.equal(
    [
      ...y
        .slice([
          [0, 1],
          [0, 1],
        ])
        .dataSync(),
    ],
    [...model.head.bias!.dataSync()],
  );
});

test('arguments that do not fit are refused in one line', () => {
  const lstm = new nn.LSTM(3, 4, { numLayers: 2 });
  const any = (v: unknown) => v as never;
  const x = ones([5, 2, 3]);
  const state = ones([2, 2, 4]);
  const cases: [make: () => unknown, message: RegExp][] = [
    [() => new nn.LSTM(3, 4, any({ bidirectional: 2 })), /^LSTM: bidirectional must be true or false: /],
    [() => new nn.GRU(0, 4), /^GRU: inputSize must be a positive integer: 0$/],
    [() => new nn.GRU(3, any('4')), /^GRU: hiddenSize must be a positive integer: string "4"$/],
    [() => new nn.GRU(3, 4, { numLayers: 0 }), /^GRU: numLayers must be a positive integer: 0$/],
    [() => new nn.GRU(3, 4, { dropout: 2 }), /^GRU: dropout must lie in \[0, 1\]: 2$/],
    [() => new nn.GRU(3, 4, any({ layers: 2 })), /^GRU: unknown option: layers; it has numLayers/],
    [() => new nn.LSTM(3, 4, any({ nonlinearity: 'relu' })), /^LSTM: unknown option: nonlinearity/],
    [() => new nn.RNN(3, 4, any({ nonlinearity: 'gelu' })), /^RNN: unknown nonlinearity: gelu; one of tanh, relu/],
    [() => lstm.forward(ones([5, 3])), /^LSTM: takes x \[steps,batch,3\] with at least one step: \(5,3\)$/],
    [() => lstm.forward(ones([5, 2, 4])), /^LSTM: takes x \[steps,batch,3\] with at least one step: \(5,2,4\)$/],
    [() => lstm.forward(ones([0, 2, 3])), /^LSTM: takes x \[steps,batch,3\] with at least one step: \(0,2,3\)$/],
    [() => lstm.forward(tensor([[[1, 2, 3]]], { dtype: 'int32' })), /^LSTM: takes floats: got int32/],
    [() => lstm.forward(x, any(state)), /^LSTM: the state must be a pair \[h, c\]: a Tensor/],
    [
      () => lstm.forward(x, [state, ones([1, 2, 4])]),
      /^LSTM: the state must be \[layers,batch,hidden\]: \(2,2,4\), not \(1,2,4\)$/,
    ],
    [
      () => new nn.GRU(3, 4, { bidirectional: true }).forward(x, ones([1, 2, 4])),
      /^GRU: the state must be \[2 layers,batch,hidden\]: \(2,2,4\), not \(1,2,4\)$/,
    ],
    [() => new nn.GRU(3, 4).forward(x, any([state])), /^GRU: state: takes a tensor: got an array/],
    [() => new nn.GRU(3, 4).forward(x, any(0)), /^GRU: state: takes a tensor: got number 0/],
    [() => new nn.RNN(3, 4).forward(x, any(null)), /^RNN: state: takes a tensor: got null/],
    [() => new nn.RNN(3, 4).forward(x, zeros([1, 2, 4], { dtype: 'int32' })), /^RNN: state: takes floats: got int32/],
  ];
  for (const [make, message] of cases) assert.throws(make, message);
});

test('bidirectional: a layer with the backward weights, run on the reversed sequence, gives the second half of the outputs, reversed', () => {
  const both = new nn.GRU(3, 4, { bidirectional: true, dtype: 'float64', random: new Random(1) });
  const halves = ['', '_reverse'].map((suffix) => {
    const half = new nn.GRU(3, 4, { dtype: 'float64' });
    const own = Object.entries(both.stateDict()).filter(([k]) => k.endsWith(`l0${suffix}`));
    half.loadStateDict(Object.fromEntries(own.map(([k, t]) => [k.replace('_reverse', ''), t])));
    return half;
  });
  const x = sample([5, 2, 3]);
  const [y, h] = both.forward(x);
  const [ahead, last] = halves[0].forward(x);
  const [back, first] = halves[1].forward(flip(x, 0));
  assert.equal([...y.dataSync()], [...concat([ahead, flip(back, 0)], 2).dataSync()]);
  assert.equal([...h.dataSync()], [...last.dataSync(), ...first.dataSync()]);
});

test('an empty batch has an empty output', () => {
  const [y, [h, c]] = new nn.LSTM(3, 4, { batchFirst: true }).forward(zeros([0, 5, 3]));
  assert.equal(
    [y.shape, h.shape, c.shape],
    [
      [0, 5, 4],
      [1, 0, 4],
      [1, 0, 4],
    ],
  );
});
