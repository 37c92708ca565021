// Layers against PyTorch: outputs and all gradients of the cases of layers.json and transformer.json; then their laws and what they refuse.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as bg from '../../core/index.js';
import {
  type DType,
  grad,
  Random,
  randn,
  serializeSafetensors,
  setBackend,
  setThreads,
  type Tensor,
  tensor,
} from '../../core/index.js';
import * as nn from '../../nn/index.js';
import { fastBackend } from '../fastBackend.js';
import { type Block, fixtureCases, type LayerCase } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';

interface Case extends LayerCase {
  indices?: Block;
}

type Call = (inputs: Record<string, Tensor>, index: Tensor) => Tensor | Tensor[];

/** For each case by its name: its layer or null, and its outputs. */
const calls: Record<string, (attrs: any, dtype: DType) => [layer: nn.Module<any> | null, call: Call]> = {
  multiheadAttention({ embedDim, numHeads, causal, batchFirst }, dtype) {
    const layer = new nn.MultiheadAttention(embedDim, numHeads, { causal, batchFirst, dtype });
    return [
      layer,
      ({ x }) => {
        const [y, weights] = layer.attend(x);
        return [y, weights.mean(1)];
      },
    ];
  },
  scaledDotProductAttention: (a) => [null, ({ q, k, v }) => bg.scaledDotProductAttention(q, k, v, a)],
  conv1d: ({ inChannels, outChannels, kernelSize, ...options }, dtype) =>
    ofX(new nn.Conv1d(inChannels, outChannels, kernelSize, { ...options, dtype })),
  convTranspose2d: ({ inChannels, outChannels, kernelSize, ...options }, dtype) =>
    ofX(new nn.ConvTranspose2d(inChannels, outChannels, kernelSize, { ...options, dtype })),
  groupNorm: ({ numGroups, numChannels, eps }, dtype) => ofX(new nn.GroupNorm(numGroups, numChannels, { eps, dtype })),
  embedding({ numEmbeddings, embeddingDim, paddingIdx }, dtype) {
    const layer = new nn.Embedding(numEmbeddings, embeddingDim, { paddingIdx, dtype });
    return [layer, (_, index) => layer.forward(index)];
  },
  transformerBlock: ({ dModel, numHeads, ...options }, dtype) =>
    ofX(new nn.TransformerBlock(dModel, numHeads, { ...options, dropout: 0, dtype })),
  upsample: (options) => ofX(new nn.Upsample(options)),
};

function ofX(layer: nn.Module): [nn.Module, Call] {
  return [layer, ({ x }) => layer.forward(x)];
}

const oracle = subject('Layers against PyTorch');
const cases = fixtureCases<Case>('layers.json', 'transformer.json');
const mine = cases.filter(({ name }) => Object.hasOwn(calls, name));

oracle('each layer and function called here has a case of PyTorch, and there are at least 19', () => {
  assert.ok(mine.length >= 19, `${mine.length}`);
  assert.equal(
    Object.keys(calls).filter((name) => !mine.some((c) => c.name === name)),
    [],
  );
});

/** The outputs and gradients of a case, each with its name. */
function results({ name, attrs, inputs, parameters, cotangents, grads, indices }: Case, dtype: DType) {
  const [layer, call] = calls[name](attrs, dtype);
  const given = (blocks: Record<string, Block>) =>
    Object.fromEntries(
      Object.entries(blocks).map(([key, b]) => [
        key,
        tensor(b.data, { shape: b.shape, dtype, requiresGrad: !!grads[key] }),
      ]),
    );
  const xs = given(inputs);
  // Strict: exactly PyTorch's names and shapes.
  layer?.loadStateDict(given(parameters));
  const index = tensor(indices?.data ?? [0], { shape: indices?.shape, dtype: 'int32' });
  const result = call(xs, index);
  const ys = Array.isArray(result) ? result : [result];
  const wanted = Object.keys(grads);
  const sources: Record<string, Tensor> = { ...xs, ...layer?.stateDict() };
  const gs = grad(
    ys,
    wanted.map((key) => sources[key]),
    { gradient: cotangents.map((b) => tensor(b.data, { shape: b.shape, dtype })) },
  );
  return [
    ...ys.map((y, i) => [`output ${i}`, y] as const),
    ...gs.map((g, i) => [`gradient of ${wanted[i]}`, g] as const),
  ];
}

// The files hold twelve digits. In float32 a number is rounded by 6e-8 of its size, and sums have some dozen terms.
mine.forEach((c, i) => {
  oracle(
    `${c.name} ${i}: outputs and gradients: 1e-9 in float64, 1e-5 in float32, the same bits with two threads`,
    async () => {
      const expected = [...c.outputs, ...Object.values(c.grads)];
      const compare = (dtype: DType, tolerance: number) =>
        results(c, dtype).map(([what, t], k) => {
          assert.equal(t.shape, expected[k].shape, what);
          assert.is(t.dtype, dtype, what);
          close(t.dataSync(), expected[k].data, tolerance, what);
          return [...t.dataSync()];
        });
      compare('float64', 1e-9);
      await setBackend(fastBackend);
      try {
        const one = compare('float32', 1e-5);
        if (fastBackend === 'wasm') await setThreads(2);
        assert.equal(compare('float32', 1e-5), one);
      } finally {
        await setThreads(1);
        await setBackend('reference');
      }
    },
  );
});

const layers = subject('Layers');
const options = { dtype: 'float64', random: new Random(1) } as const;
const stream = new Random(2).stream('layers');
const random = (...shape: number[]) => randn(shape, { dtype: 'float64', stream });

layers('bilinear upsampling averages by distance, without aligned corners, as PyTorch does', () => {
  const x = tensor([[[[0, 4, 8]]]], { dtype: 'float64' });
  const columns = new nn.Upsample({ scaleFactor: [1, 2], mode: 'bilinear' }).forward(x);
  assert.equal([...columns.dataSync()], [0, 1, 3, 5, 7, 8]);
  // F.interpolate of torch 1.13
  const y = bg.upsample(
    tensor(
      [
        [
          [
            [1, 2],
            [3, 5],
          ],
        ],
      ],
      { dtype: 'float64' },
    ),
    { scaleFactor: [2, 3], mode: 'bilinear' },
  );
  const expected = [
    [1, 1, 4 / 3, 5 / 3, 2, 2],
    [1.5, 1.5, 23 / 12, 7 / 3, 2.75, 2.75],
  ];
  assert.is(y.shape.join(), '1,1,4,6');
  close(y.slice([null, null, [0, 2]]).dataSync(), expected.flat(), 1e-12);
});

layers('upsampling by 1 is the identity, and integers are repeated by the nearest mode', () => {
  const x = tensor(
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    { dtype: 'int32' },
  );
  assert.equal([...bg.upsample(x, { scaleFactor: [2, 1] }).dataSync()], [1, 2, 1, 2, 3, 4, 3, 4]);
  assert.is(bg.upsample(x, { scaleFactor: 1 }), x);
});

layers('a transposed convolution is the transpose of the convolution: <conv(x), y> = <x, convT(y)>', () => {
  const [w, geometry] = [random(4, 3, 3, 2), { stride: [2, 1], padding: [1, 0], dilation: [1, 2] } as const];
  const x = random(2, 3, 7, 6);
  const y = random(...bg.conv2d(x, w, null, geometry).shape);
  const back = bg.convTranspose2d(y, w, null, geometry);
  assert.equal(back.shape, x.shape);
  const inner = (a: Tensor, b: Tensor) => a.mul(b).sum().itemSync();
  close([inner(bg.conv2d(x, w, null, geometry), y)], [inner(x, back)], 1e-12);
});

layers(
  'group normalization with one group normalizes the whole sample; with a group for each channel, each channel by itself',
  () => {
    const x = random(3, 4, 5);
    close(bg.groupNorm(x, 1).dataSync(), bg.layerNorm(x, [4, 5]).dataSync(), 1e-14);
    close(bg.groupNorm(x, 4).dataSync(), bg.layerNorm(x, [5]).dataSync(), 1e-14);
    const layer = new nn.GroupNorm(2, 4, { affine: false });
    assert.equal(layer.parameters(), []);
    assert.throws(() => layer.forward(random(2, 6)), /^GroupNorm: takes \[n,4,\.\.\]: \(2,6\)/);
  },
);

layers('ELU, PReLU and Softmax equal their equations; PReLU has a slope for each channel', () => {
  const x = tensor(
    [
      [-2, 3],
      [0.5, -1],
    ],
    { dtype: 'float64' },
  );
  close(new nn.ELU(2).forward(x).dataSync(), [2 * Math.expm1(-2), 3, 0.5, 2 * Math.expm1(-1)], 1e-15);
  const prelu = new nn.PReLU(2, { dtype: 'float64' });
  assert.equal([...prelu.weight.dataSync()], [0.25, 0.25]);
  prelu.loadStateDict({ weight: tensor([0.5, 3]) });
  assert.equal([...prelu.forward(x).dataSync()], [-1, 3, 0.5, -3]);
  close(new nn.Softmax(0).forward(x).sum(0).dataSync(), [1, 1], 1e-15);
  assert.equal(new nn.Softmax().forward(x).dataSync(), bg.softmax(x, 1).dataSync());
  // An infinite input beyond the kink would turn a gradient into 0 times infinity.
  const w = tensor([0.1], { requiresGrad: true });
  bg.prelu(tensor([Infinity, -2]), w)
    .sum()
    .backward();
  close(w.grad!.dataSync(), [-2], 0);
});

layers('Dropout2d drops whole channels, keeps the mean, and does nothing in evaluation', () => {
  const layer = new nn.Dropout2d(0.5, { random: new Random(3) });
  const y = layer.forward(bg.ones([40, 50, 2, 3]));
  const sums = [...y.sum([2, 3]).dataSync()];
  assert.ok(sums.every((s) => s === 0 || s === 12));
  // 2,000 channels: five standard deviations of the share are 0.06.
  assert.ok(Math.abs(sums.filter((s) => s > 0).length / 2000 - 0.5) < 0.06);
  const x = random(1, 2, 3, 3);
  assert.is(layer.eval().forward(x), x);
  assert.throws(
    () => layer.train().forward(random(2, 3)),
    /^Dropout2d: takes images \[n,c,h,w\]: \(2,3\); Dropout takes/,
  );
});

layers('the row paddingIdx of an Embedding starts at 0 and gets no gradient, but can be read', () => {
  const layer = new nn.Embedding(3, 2, { paddingIdx: 1, ...options });
  assert.equal(
    [...layer.weight.dataSync()].map((v) => v === 0),
    [false, false, true, true, false, false],
  );
  const y = layer.forward(
    tensor(
      [
        [1, 2],
        [2, 1],
      ],
      { dtype: 'int32' },
    ),
  );
  y.sum().backward();
  assert.equal([...layer.weight.grad!.dataSync()], [0, 0, 0, 0, 2, 2]);
  for (const bad of [3, -1, 0.5]) {
    assert.throws(
      () => new nn.Embedding(3, 2, { paddingIdx: bad }),
      /^Embedding: paddingIdx names no row: .*; there are 3, 0\.\.2/,
    );
  }
});

layers('a ModuleList names its modules by position and can be visited, but computes nothing', () => {
  const list = new nn.ModuleList([new nn.Linear(2, 2), new nn.ReLU()]).append(new nn.Linear(2, 1));
  assert.equal(Object.keys(list.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
  assert.is(list.length, 3);
  assert.is([...list][1], list[1]);
  assert.throws(() => list.forward(), /^ModuleList: has no forward: call its modules/);
  assert.throws(() => new nn.ModuleList([new nn.ReLU(), nn.ReLU as never]), /^ModuleList: takes modules: got .* at 1/);
  assert.throws(() => new nn.ModuleList(3 as never), /^ModuleList: takes a list of modules: got number 3/);
});

layers('weights start within PyTorch’s bounds, and the biases of the attention at 0', () => {
  const most = (t: Tensor) => t.abs().max().itemSync();
  const near = (t: Tensor, bound: number) =>
    assert.ok(most(t) <= bound && most(t) > 0.9 * bound, `${most(t)} ${bound}`);
  const conv = new nn.ConvTranspose2d(4, 30, 3, { groups: 2, ...options });
  near(conv.weight, 1 / Math.sqrt(15 * 9));
  near(conv.bias!, 1 / Math.sqrt(15 * 9));
  near(new nn.Conv1d(8, 50, 5, { groups: 2, ...options }).weight, 1 / Math.sqrt(4 * 5));
  const attention = new nn.MultiheadAttention(16, 4, options);
  near(attention.in_proj_weight, Math.sqrt(6 / (16 + 48)));
  near(attention.out_proj.weight, 1 / 4);
  assert.is(most(attention.in_proj_bias!) + most(attention.out_proj.bias!), 0);
});

const attention = subject('Attention');

attention('with one key each query gets its value; equal keys share evenly; scores are scaled by sqrt(d)', () => {
  const [q, k, v] = [random(2, 3, 4), random(2, 1, 4), random(2, 1, 5)];
  close(bg.scaledDotProductAttention(q, k, v).dataSync(), v.broadcastTo([2, 3, 5]).dataSync(), 1e-15);
  const values = random(2, 7, 5);
  const same = bg.scaledDotProductAttention(q, k.broadcastTo([2, 7, 4]), values);
  assert.equal(same.shape, [2, 3, 5]);
  const mean = values.mean(1, { keepdim: true }).broadcastTo([2, 3, 5]);
  close(same.dataSync(), mean.dataSync(), 1e-14);
  const two = tensor([[1, 0]], { dtype: 'float64' });
  const y = bg.scaledDotProductAttention(
    two.mul(Math.SQRT2),
    two.broadcastTo([1, 2]),
    tensor([[3]], { dtype: 'float64' }),
  );
  close(y.dataSync(), [3], 1e-15);
  const keys = tensor(
    [
      [1, 0],
      [0, 1],
    ],
    { dtype: 'float64' },
  );
  const e = Math.exp(1);
  close(
    bg.scaledDotProductAttention(two.mul(Math.SQRT2), keys, tensor([[1], [0]], { dtype: 'float64' })).dataSync(),
    [e / (e + 1)],
    1e-15,
  );
});

attention('a causal output does not depend on later keys; a mask of bools equals the same mask of numbers', () => {
  const [q, k, v] = [random(1, 4, 3), random(1, 4, 3), random(1, 4, 2)];
  const y = bg.scaledDotProductAttention(q, k, v, { causal: true });
  const early = (t: Tensor) => t.slice([null, [0, 2]]);
  close(
    early(y).dataSync(),
    bg.scaledDotProductAttention(early(q), early(k), early(v), { causal: true }).dataSync(),
    1e-14,
  );
  const mask = tensor([[true, true, false, true]]);
  const numbers = bg.where(mask, 0, -Infinity);
  const masked = bg.scaledDotProductAttention(q, k, v, { mask });
  assert.equal(masked.dataSync(), bg.scaledDotProductAttention(q, k, v, { mask: numbers }).dataSync());
  const kept = (t: Tensor) => t.indexSelect(1, tensor([0, 1, 3], { dtype: 'int32' }));
  close(masked.dataSync(), bg.scaledDotProductAttention(q, kept(k), kept(v)).dataSync(), 1e-14);
});

attention('heads attend to other sequences; with batchFirst false time is the first axis', () => {
  const layer = new nn.MultiheadAttention(4, 2, options);
  const twin = new nn.MultiheadAttention(4, 2, { batchFirst: true, ...options });
  twin.loadStateDict(layer.stateDict());
  const [x, memory] = [random(3, 2, 4), random(5, 2, 4)];
  const first = (t: Tensor) => t.transpose(0, 1);
  const y = layer.forward(x, memory);
  assert.equal(y.shape, [3, 2, 4]);
  close(twin.forward(first(x), first(memory)).dataSync(), first(y).dataSync(), 1e-15);
  const [, weights] = layer.attend(x, memory, random(5, 2, 4));
  assert.equal(weights.shape, [2, 2, 3, 5]);
  close(weights.sum(-1).dataSync(), new Array(12).fill(1), 1e-15);
});

attention('wrong sizes and masks are refused in one line', () => {
  const layer = new nn.MultiheadAttention(4, 2);
  assert.throws(
    () => layer.forward(bg.ones([2, 4])),
    /^MultiheadAttention: takes query \[t,n,c\].* with c = 4: \(2,4\)/,
  );
  assert.throws(() => layer.forward(bg.ones([3, 2, 4]), bg.ones([3, 1, 4])), /^MultiheadAttention: takes query/);
  const x = bg.ones([2, 3, 4]);
  const attend = (mask: unknown) => () => bg.scaledDotProductAttention(x, x, x, { mask } as never);
  assert.throws(attend(bg.ones([2, 2]).greater(0)), /^scaledDotProductAttention: mask: .*\(2,2\)/);
  assert.throws(
    attend(tensor([1], { dtype: 'int32' })),
    /^scaledDotProductAttention: mask must be bool or float: int32/,
  );
  assert.throws(
    () => bg.scaledDotProductAttention(x, bg.ones([2, 3, 5]), x),
    /takes queries .*\(2,3,4\) and \(2,3,5\)/,
  );
  assert.throws(
    () => bg.scaledDotProductAttention(x, x, bg.ones([2, 5, 4])),
    /each key needs a value: \(2,3,4\) and \(2,5,4\)/,
  );
  assert.throws(() => new nn.MultiheadAttention(6, 4), /^MultiheadAttention: numHeads must divide embedDim: 4 and 6/);
});

const block = subject('TransformerBlock');

block('summary lists its layers with the multiply-accumulates of projections and scores', () => {
  const { rows, macs, parameters } = nn.summarize(
    new nn.TransformerBlock(8, 2, { dimFeedforward: 16, batchFirst: true }),
    [5, 8],
  );
  // in_proj 5 * 3 * 64, scores and sums 2 * 5 * 5 * 8, out_proj 5 * 64; the linear layers 2 * 5 * 8 * 16.
  assert.is(rows.find((r) => r.path === 'self_attn')!.macs, 5 * 3 * 64 + 2 * 5 * 5 * 8);
  assert.is(macs, 5 * 4 * 64 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16);
  assert.is(parameters, 4 * 64 + 4 * 8 + 2 * 8 * 16 + 16 + 8 + 4 * 8);
});

block('layers print as the code that makes them, and unknown options are refused with the nearest name', () => {
  const shown: [nn.Module<any>, string][] = [
    [new nn.Conv1d(4, 6, 3, { stride: 2, bias: false }), 'Conv1d(4, 6, 3, { stride: 2, bias: false })'],
    [
      new nn.ConvTranspose2d(4, 6, 3, { stride: 2, outputPadding: 1, groups: 2 }),
      'ConvTranspose2d(4, 6, 3, { stride: 2, outputPadding: 1, groups: 2 })',
    ],
    [new nn.GroupNorm(2, 6), 'GroupNorm(2, 6)'],
    [new nn.Upsample({ scaleFactor: [2, 3], mode: 'bilinear' }), "Upsample({ scaleFactor: [2, 3], mode: 'bilinear' })"],
    [new nn.Dropout2d(0.2), 'Dropout2d(0.2)'],
    [new nn.Softmax(1), 'Softmax(1)'],
    [new nn.ELU(), 'ELU()'],
    [new nn.PReLU(3), 'PReLU(3)'],
    [new nn.Embedding(4, 2, { paddingIdx: 0 }), 'Embedding(4, 2, { paddingIdx: 0 })'],
  ];
  for (const [layer, text] of shown) assert.is(layer.toString(), text);
  const text = new nn.TransformerBlock(4, 2, { dimFeedforward: 8, normFirst: true }).toString();
  assert.match(
    text,
    /^TransformerBlock\(4, 2, \{ dimFeedforward: 8, normFirst: true \}\n {2}\(self_attn\): MultiheadAttention\(4, 2, \{ dropout: 0\.1 \}\n/,
  );
  assert.throws(
    () => new nn.TransformerBlock(4, 2, { dimFeedForward: 8 } as never),
    /^TransformerBlock: unknown option: dimFeedForward; .*did you mean dimFeedforward\?/,
  );
  assert.throws(
    () => new nn.Conv1d(4, 6, 3, { groups: 4 }),
    /^Conv1d: groups must divide the channels: 4 groups of 4 in, 6 out/,
  );
  assert.throws(() => new nn.Conv1d(4, 6, 3).forward(bg.ones([2, 3, 9])), /^conv1d: channels do not fit: \(2,3,9\)/);
  assert.throws(
    () => new nn.Conv1d(4, 6, 3).forward(bg.ones([2, 4, 2])),
    /^conv1d: the kernel is larger than the padded input/,
  );
  assert.throws(
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 2, outputPadding: 2 }),
    /^ConvTranspose2d: outputPadding must be less than stride: \[2,2\] and \[2,2\]/,
  );
  assert.throws(
    () => bg.convTranspose2d(bg.ones([1, 1, 2, 2]), bg.ones([1, 1, 1, 1]), null, { padding: 1 }),
    /^convTranspose2d: padding removes/,
  );
});

// Reads a file as the format's description says. Prints what PyTorch's layer computes, and its weights with the opposite sign.
const PROGRAM = `
import json, struct, sys, torch, torch.nn as nn
raw = open(sys.argv[1], 'rb').read()
n = struct.unpack('<Q', raw[:8])[0]
state = {}
for name, e in json.loads(raw[8:8 + n]).items():
    if name == '__metadata__': continue
    b, end = e['data_offsets']
    state[name] = torch.frombuffer(bytearray(raw[8 + n + b:8 + n + end]), dtype=torch.float32).reshape(e['shape'])
x = state.pop('x')
layer = nn.TransformerEncoderLayer(8, 2, 16, norm_first=True)
layer.load_state_dict(state)
layer.eval()
names = {name: {'shape': list(p.shape), 'data': (-p).flatten().tolist()} for name, p in layer.state_dict().items()}
print(json.dumps({'y': layer(x).flatten().tolist(), 'names': names}))
`;
const layer = new nn.TransformerBlock(8, 2, { dimFeedforward: 16, normFirst: true, random: new Random(4) }).eval();
const x = randn([3, 2, 8], { stream: new Random(5).stream('x') });
const dir = mkdtempSync(join(tmpdir(), 'boundgrad-layers-'));
const file = join(dir, 'layer.safetensors');
writeFileSync(file, await serializeSafetensors({ ...layer.stateDict(), x }));
const torch = ['python3', '/usr/bin/python3']
  .map((program) => spawnSync(program, ['-c', PROGRAM, file], { encoding: 'utf8', timeout: 60_000 }))
  .find(({ stderr }) => typeof stderr === 'string' && !stderr.includes("No module named 'torch'"));
rmSync(dir, { recursive: true });
const crossing =
  'its weights load in PyTorch’s TransformerEncoderLayer, strictly, by name, compute the same, and come back';
if (!torch) block.skip(crossing, 'no python3 that imports torch');
else {
  block(crossing, () => {
    assert.is(torch.status, 0, torch.stderr);
    const { y, names } = JSON.parse(torch.stdout) as { y: number[]; names: Record<string, Block> };
    // Sums of some dozen float32 terms.
    close(layer.forward(x).dataSync(), y, 1e-5);
    assert.equal(Object.keys(names), Object.keys(layer.stateDict()));
    const twin = new nn.TransformerBlock(8, 2, { dimFeedforward: 16, normFirst: true });
    twin.loadStateDict(
      Object.fromEntries(Object.entries(names).map(([k, b]) => [k, tensor(b.data, { shape: b.shape })])),
    );
    for (const [name, t] of Object.entries(twin.stateDict()))
      assert.equal(
        [...t.dataSync()],
        [...layer.stateDict()[name].dataSync()].map((v) => -v),
        name,
      );
  });
}
