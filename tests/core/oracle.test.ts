// Operations against PyTorch: their outputs, and the gradient of <outputs, cotangents> with respect to every input.
import * as bg from '../../core/index.js';
import { type DType, grad, type Tensor, tensor } from '../../core/index.js';
import { bceWithLogits, crossEntropy, mse, nll } from '../../nn/index.js';
import { type Block, fixture } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';

interface Case {
  name: string;
  attrs: any;
  inputs: Record<string, Block>;
  int_inputs?: Record<string, Block>;
  outputs: Block[];
  cotangents: Block[];
  grads: Record<string, number[]>;
  extra?: Record<string, Block>;
}

type Inputs = Record<string, Tensor>;
type Run = (t: Inputs, attrs: any, dtype: DType) => Tensor | Tensor[];

const byAxis = (axes: number | number[] | undefined, f: (x: Tensor, axes: any, o: any) => Tensor): Run => {
  return ({ x }, a) => f(x, axes ?? a.axes ?? a.axis, { keepdim: a.keepdim });
};
const pool = (a: any) => ({
  kernelSize: a.kernel,
  stride: a.stride,
  padding: a.padding,
});

/** The call for each case. The key is the part of the case's name before the first '-'. */
const calls: Record<string, Run> = {
  matmul: ({ a, b }) => a.matmul(b),
  add: ({ a, b }) => a.add(b),
  sub: ({ a, b }) => a.sub(b),
  mul: ({ a, b }) => a.mul(b),
  div: ({ a, b }) => a.div(b),
  pow: ({ x, a, b }, { exponent }) => (x ? x.pow(exponent) : a.pow(b)),
  exp: ({ x }) => x.exp(),
  log: ({ x }) => x.log(),
  sqrt: ({ x }) => x.sqrt(),
  tanh: ({ x }) => x.tanh(),
  sigmoid: ({ x }) => x.sigmoid(),
  relu: ({ x }) => x.relu(),
  silu: ({ x }) => x.silu(),
  softplus: ({ x }) => x.softplus(),
  abs: ({ x }) => x.abs(),
  neg: ({ x }) => x.neg(),
  leaky_relu: ({ x }, a) => x.leakyRelu(a.negative_slope),
  gelu: ({ x }, a) => x.gelu({ approximate: a.approximate }),
  clamp: ({ x }, a) => x.clamp(a),
  maximum: ({ a, b }) => a.maximum(b),
  minimum: ({ a, b }) => a.minimum(b),
  softmax: ({ x }, a) => x.softmax(a.dim),
  log_softmax: ({ x }, a) => x.logSoftmax(a.dim),
  logsumexp: ({ x }, a) => x.logSumExp(a.dim),
  cross_entropy: ({ x, target }, a) =>
    crossEntropy(x, target, { reduction: a.reduction, labelSmoothing: a.label_smoothing }),
  nll_loss: ({ x, target }, a) => nll(x, target, a),
  mse: ({ a, b }, o) => mse(a, b, o),
  bce_with_logits: ({ x }, a, dtype) => bceWithLogits(x, tensor(a.target, { dtype })),
  sum: byAxis(undefined, bg.sum),
  mean: byAxis(undefined, bg.mean),
  max: byAxis(undefined, bg.max),
  min: byAxis(undefined, bg.min),
  var: ({ x }, a) => x.variance(a.axis, { unbiased: a.unbiased }),
  reshape: ({ x }, a) => x.reshape(a.shape),
  transpose: ({ x }, a) => x.transpose(...(a.dims as [number, number])),
  permute: ({ x }, a) => x.permute(a.dims),
  concat: ({ a, b }, o) => bg.concat([a, b], o.axis),
  stack: ({ a, b }, o) => bg.stack([a, b], o.axis),
  slice: ({ x }, a) => x.slice(a.slices),
  gather: ({ x, index }, a) => x.gather(a.axis, index),
  index_select: ({ x, index }, a) => x.indexSelect(a.axis, index),
  pad: ({ x }, a) => x.pad(a.pad, a.value),
  broadcast_to: ({ x }, a) => x.broadcastTo(a.shape),
  conv2d: ({ x, w, b }, a) => bg.conv2d(x, w, b ?? null, a),
  max_pool2d: ({ x }, a) => bg.maxPool2d(x, pool(a)),
  avg_pool2d: ({ x }, a) => bg.avgPool2d(x, { ...pool(a), countIncludePad: a.count_include_pad }),
  adaptive_avg_pool2d: ({ x }, a) => bg.adaptiveAvgPool2d(x, a.output),
  batch_norm: ({ x, w, b }, a, dtype) => {
    if (a.training) return bg.batchNorm(x, w, b, { eps: a.eps })[0];
    const [mean, variance] = [a.running_mean, a.running_var].map((v) => tensor(v, { dtype }));
    return bg.batchNormWith(x, w, b, mean, variance, { eps: a.eps });
  },
  layer_norm: ({ x, w, b }, a) => bg.layerNorm(x, a.normalized_shape, w, b, { eps: a.eps }),
  embedding: ({ w, index }) => bg.embedding(w, index),
  linear: ({ x, w, b }) => bg.linear(x, w, b ?? null),
  lstm_cell: ({ x, h, c, w_ih, w_hh, b_ih, b_hh }) => {
    const gates = bg.linear(x, w_ih, b_ih).add(bg.linear(h, w_hh, b_hh));
    const n = h.shape[1];
    const gate = (k: number) => gates.slice([null, [k * n, (k + 1) * n]]);
    const next = gate(1)
      .sigmoid()
      .mul(c)
      .add(gate(0).sigmoid().mul(gate(2).tanh()));
    return [gate(3).sigmoid().mul(next.tanh()), next];
  },
};

/** The calls for the cases of operations in layers.json, whose names may repeat. */
const layersCalls: Record<string, Run> = {
  cumsum: ({ x }, a) => bg.cumsum(x, a.axis),
  prod: byAxis(undefined, bg.prod),
  std: ({ x }, a) => bg.std(x, a.axes, { unbiased: a.unbiased }),
  norm: byAxis(undefined, bg.norm),
  topk: ({ x }, a) => bg.topk(x, a.k, a.axis),
  sort: ({ x }, a) => bg.sort(x, a.axis, { descending: a.descending }),
  einsum: ({ x0, x1 }, a) => bg.einsum(a.equation, ...(x1 ? [x0, x1] : [x0])),
};

const test = subject('Operations against PyTorch');
const { cases } = fixture<{ cases: Case[] }>('ops.json');

test('ops.json has at least 84 cases, and one of every operation that is compared with it, except minimum', () => {
  assert.ok(cases.length >= 84, `${cases.length}`);
  const missing = Object.keys(calls).filter((name) => name !== 'minimum' && !cases.some((c) => nameOf(c) === name));
  assert.equal(missing, []);
});

function nameOf(c: Case): string {
  return c.name.split('-')[0];
}

interface LayerCase extends Omit<Case, 'grads'> {
  grads: Record<string, Block>;
  indices?: Block;
}
const layerCases = fixture<{ cases: LayerCase[] }>('layers.json').cases.filter((c) => layersCalls[c.name]);

test('layers.json has a case of every operation that is compared with it', () => {
  const missing = Object.keys(layersCalls).filter((name) => !layerCases.some((c) => c.name === name));
  assert.equal(missing, []);
});

// The files have ten digits, so 1e-9. In float32 a number is rounded by 6e-8 of its size, and the error of sums of some dozen terms stays
// below 1e-5.
for (const [dtype, tolerance] of [['float64', 1e-9] as const, ['float32', 1e-5] as const]) {
  for (const c of cases) {
    test(`${c.name}, ${dtype}: output and every gradient within ${tolerance}`, () => {
      checkCase(c, calls[nameOf(c)], dtype, tolerance);
    });
  }
  layerCases.forEach((c, i) => {
    test(`${c.name} ${i + 1} of layers.json, ${dtype}: output and every gradient within ${tolerance}`, () => {
      const grads = Object.fromEntries(Object.entries(c.grads).map(([k, { data }]) => [k, data]));
      const ys = checkCase({ ...c, grads }, layersCalls[c.name], dtype, tolerance);
      if (c.indices) assert.equal([...ys[1].dataSync()], c.indices.data);
    });
  });
}

/** Compares outputs and gradients with a case. Returns the outputs. */
function checkCase(c: Case, run: Run, dtype: DType, tolerance: number): Tensor[] {
  const inputs: Inputs = {};
  for (const [k, b] of Object.entries(c.inputs)) {
    inputs[k] = tensor(b.data, { shape: b.shape, dtype, requiresGrad: true });
  }
  for (const [k, b] of Object.entries(c.int_inputs ?? {})) {
    inputs[k] = tensor(b.data, { shape: b.shape, dtype: 'int32' });
  }
  assert.ok(run, `no call for ${c.name}`);
  const result = run(inputs, c.attrs, dtype);
  const ys = Array.isArray(result) ? result : [result];
  c.outputs.forEach((expected, i) => {
    assert.equal(ys[i].shape, expected.shape);
    assert.is(ys[i].dtype, dtype);
    close(ys[i].dataSync(), expected.data, tolerance, `output ${i}`);
  });
  const xs = Object.keys(c.grads);
  const gradient = c.cotangents.map((b) => tensor(b.data, { shape: b.shape, dtype }));
  const gs = grad(
    ys.slice(0, gradient.length),
    xs.map((k) => inputs[k]),
    { gradient },
  );
  xs.forEach((k, i) => {
    close(gs[i].dataSync(), c.grads[k], tolerance, `gradient of ${k}`);
  });
  return ys;
}
