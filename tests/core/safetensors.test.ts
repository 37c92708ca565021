import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reference } from '../../core/backends/reference.js';
import {
  arange,
  type Backend,
  DataError,
  parseSafetensors,
  Random,
  rand,
  type Stream,
  serializeSafetensors,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../core/index.js';
import { basicBlock, DenseNet, mlp, ResNet } from '../../models/index.js';
import { crossEntropy, Embedding, GRU, Linear, LSTM, Module, MultiheadAttention } from '../../nn/index.js';
import { optimizers } from '../../optim/index.js';
import { onBackend } from '../onBackend.js';
import { rejects } from '../refusal.js';
import { assert, close, subject } from '../spec.js';

const file = (name: string) => readFileSync(join('tests', 'fixtures', name));
const tinyResNet = () => new ResNet(basicBlock, [4, 8], [1, 1], { random: new Random(4) });
const tinyDenseNet = () => new DenseNet(4, [2, 2], { random: new Random(4) });

/** A file as the format describes it: this header, unchanged, and these data. */
function fileOf(header: string | object, data: ArrayLike<number> = [], length?: number | bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** Runs the body on a backend that counts the bytes of the tensors created, by alloc and by adopt. */
async function counting(body: (made: () => number) => Promise<void> | void): Promise<void> {
  let bytes = 0;
  const counter: Backend = {
    ...reference,
    name: 'counting',
    alloc(...args) {
      const buffer = reference.alloc(...args);
      bytes += buffer.values.byteLength;
      return buffer;
    },
    adopt(dtype, values) {
      bytes += values.byteLength;
      return reference.adopt(dtype, values);
    },
  };
  await onBackend(counter, () => body(() => bytes));
}

const shown = (t: Tensor) => [t.dtype, [...t.shape], [...t.dataSync()]];
const shownAll = (tensors: Record<string, Tensor>) => Object.entries(tensors).map(([name, t]) => [name, shown(t)]);

const format = subject('safetensors');

format('a file written by hand from the description is read: names, shapes, values, metadata', () => {
  const header = {
    __metadata__: { format: 'pt', 'ключ "1"': 'a\nb' },
    b: entry('F32', [1, 2], 4, 12),
    'a.weight': entry('I32', [], 0, 4),
  };
  const data = [1, 0, 0, 0x80, /* 1.5 */ 0, 0, 0xc0, 0x3f, /* -2 */ 0, 0, 0, 0xc0];
  const { tensors, metadata } = parseSafetensors(fileOf(header, data));
  assert.equal(metadata, { format: 'pt', 'ключ "1"': 'a\nb' });
  assert.equal(shownAll(tensors), [
    ['b', ['float32', [1, 2], [1.5, -2]]],
    ['a.weight', ['int32', [], [1 - 2 ** 31]]],
  ]);
});

format('a written file matches the description byte for byte, and its data are aligned', async () => {
  const bytes = await serializeSafetensors(
    { flag: tensor([true, false]), n: tensor(-2, { dtype: 'int32' }), wide: tensor([0.5], { dtype: 'float64' }) },
    { by: 'hand' },
  );
  const header =
    '{"__metadata__":{"by":"hand"},"flag":{"dtype":"BOOL","shape":[2],"data_offsets":[12,14]},' +
    '"n":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"wide":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}';
  const padded = header.padEnd(8 * Math.ceil(header.length / 8));
  const data = [0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0xfe, 0xff, 0xff, 0xff, 1, 0];
  assert.equal([...bytes], [...fileOf(padded, data)]);
});

format('an empty tensor may begin at the same byte as another, before or after it in the header', async () => {
  const [some, none] = [tensor([1, 2]), zeros([0], { dtype: 'float64' })];
  for (const tensors of [
    { some, none },
    { none, some },
  ]) {
    const { tensors: back } = parseSafetensors(await serializeSafetensors(tensors));
    assert.equal([[...back.some.dataSync()], back.none.shape], [[1, 2], [0]]);
  }
});

format('every dtype is restored to its bits: subnormals, infinities, NaN, -0, empty and scalar shapes', async () => {
  const tensors = {
    single: tensor([
      [1e-45, -0, Infinity],
      [-Infinity, Number.NaN, 3.4028234663852886e38],
    ]),
    double: tensor(Float64Array.of(5e-324, -0, Number.NaN, 1.7976931348623157e308)),
    integer: tensor([2 ** 31 - 1, -(2 ** 31)], { dtype: 'int32' }),
    flags: tensor([true, false, true]),
    empty: zeros([3, 0, 2]),
    scalar: tensor(0.1, { dtype: 'float64' }),
    transposed: arange(6).reshape([2, 3]).transpose(),
    'ключ "1"\n': tensor([1]),
    '': tensor([2]),
  };
  const bytes = await serializeSafetensors(tensors, { ключ: '{"deep":[1]}', '': '' });
  const read = parseSafetensors(bytes);
  assert.equal(shownAll(read.tensors), shownAll(tensors));
  assert.equal(read.metadata, { ключ: '{"deep":[1]}', '': '' });
  assert.equal(await serializeSafetensors(read.tensors, read.metadata), bytes);
  assert.equal(parseSafetensors(await serializeSafetensors({})), { tensors: {}, metadata: {} });
});

format('a Uint8Array on a part of a larger buffer is read, at any byte offset', async () => {
  const tensors = { w: tensor([0.25, -3]), v: tensor([1e-3], { dtype: 'float64' }) };
  const bytes = await serializeSafetensors(tensors);
  for (let shift = 0; shift < 9; shift++) {
    const larger = new Uint8Array(bytes.length + 20).fill(0xff);
    larger.set(bytes, shift);
    assert.equal(shownAll(parseSafetensors(larger.subarray(shift, shift + bytes.length)).tensors), shownAll(tensors));
  }
});

format('the file holds the values at the call, even if they change before it is finished', async () => {
  const w = tensor([1, 2]);
  const written = serializeSafetensors({ w });
  w.assign([3, 4]);
  assert.equal([...parseSafetensors(await written).tensors.w.dataSync()], [1, 2]);
});

const models: Record<string, () => Module> = {
  mlp: () => mlp({ sizes: [192, 5, 10], random: new Random(4) }),
  ResNet: tinyResNet,
  DenseNet: tinyDenseNet,
  'DenseNet in float64': () => tinyDenseNet().toDType('float64'),
};
const batch = (dtype: 'float32' | 'float64') => rand([4, 3, 8, 8], { stream: new Random(5).stream('x'), dtype });
const classes = tensor([0, 1, 2, 3], { dtype: 'int32' });
const bits = (model: Module) => Object.values(model.stateDict()).map((t) => [...t.dataSync()]);

for (const [name, make] of Object.entries(models)) {
  format(
    `${name}: a state that is saved and loaded has the same names in the same order, and the same bits`,
    async () => {
      const model = make();
      const x = batch(model.parameters()[0].dtype as 'float32');
      model.forward(x); // moves the running statistics
      const { tensors } = parseSafetensors(await serializeSafetensors(model.stateDict()));
      assert.equal(Object.keys(tensors), Object.keys(model.stateDict()));
      const other = make();
      for (const p of other.parameters()) p.detach().assign(7);
      assert.equal(other.loadStateDict(tensors), { missing: [], unexpected: [] });
      assert.equal(bits(other), bits(model));
      assert.equal(other.eval().forward(x).dataSync(), model.eval().forward(x).dataSync());
    },
  );
}

for (const [name, Optimizer] of Object.entries(optimizers)) {
  format(`${name}: a run that is saved after two steps and loaded continues to the same bits`, async () => {
    const model = tinyResNet();
    const optimizer = new Optimizer(model.namedParameters(), { lr: 0.01 });
    const step = (m: Module, o: typeof optimizer) => {
      o.zeroGrad();
      crossEntropy(m.forward(batch('float32')), classes).backward();
      o.step();
    };
    for (let i = 0; i < 2; i++) step(model, optimizer);
    const { tensors, meta } = optimizer.stateDict();
    const weights = await serializeSafetensors(model.stateDict());
    const state = await serializeSafetensors(tensors, { meta: JSON.stringify(meta) });
    for (let i = 0; i < 2; i++) step(model, optimizer);

    const resumed = tinyResNet();
    resumed.loadStateDict(parseSafetensors(weights).tensors);
    const again = new Optimizer(resumed.namedParameters(), { lr: 0.5 });
    const read = parseSafetensors(state);
    again.loadStateDict({ tensors: read.tensors, meta: JSON.parse(read.metadata.meta) });
    for (let i = 0; i < 2; i++) step(resumed, again);
    assert.equal(bits(resumed), bits(model));
  });
}

format(
  'names that would be taken for something else, and values that are neither tensor nor text, are not written',
  async () => {
    const t = tensor([1]);
    const cases: [Record<string, any>, Record<string, any>, RegExp][] = [
      [{ __metadata__: t }, {}, /a reserved name: __metadata__; give another/],
      [JSON.parse('{"__proto__":1}'), {}, /a reserved name: __proto__/],
      [{ t }, JSON.parse('{"__proto__":"x"}'), /a reserved name: __proto__/],
      [{ t: [1] }, {}, /not a tensor: t is an array/],
      [{ t }, { steps: 3 }, /metadata must be texts: steps is number; JSON\.stringify it/],
    ];
    for (const [tensors, metadata, message] of cases) {
      await rejects(serializeSafetensors(tensors, metadata), message, ValueError);
    }
  },
);

const torch = subject('safetensors and PyTorch');

torch('weights written by PyTorch load by name and give the same logits', () => {
  const { tensors, metadata } = parseSafetensors(file('torch-resnet.safetensors'));
  const { x, logits, ...state } = tensors;
  assert.equal(metadata, { format: 'pt' });
  const model = tinyResNet();
  assert.equal(model.loadStateDict(state), { missing: [], unexpected: [] });
  assert.is(model.stateDict()['layer2.0.shortcut.1.num_batches_tracked'].itemSync(), 5);
  // Both sum in float32 in different orders: some hundred terms, each rounded by 6e-8 of its size.
  close(model.eval().forward(x).dataSync(), logits.dataSync(), 1e-5, 'logits');
});

torch('the dtypes in a file that PyTorch wrote are read with their values, half precision exactly', () => {
  const { tensors } = parseSafetensors(file('torch-dtypes.safetensors'));
  const half = [0, -0, 1, -1.5, 65504, 2 ** -14, 2 ** -24, Infinity, -Infinity, Number.NaN, 0.333251953125];
  const brain = [0, -0, 1, -1.5, 255 * 2 ** 120, 2 ** -126, 2 ** -133, Infinity, -Infinity, Number.NaN, 0.333984375];
  const expected = {
    half: ['float32', [11], half],
    brain: ['float32', [11], brain],
    f64: ['float64', [2, 2], [0.1, 1e300, -5e-324, 2]],
    scalar: ['int32', [], [7]],
    i64: ['int32', [3, 1], [-(2 ** 31), 2 ** 31 - 1, -1]],
    i32: ['int32', [2], [1, -2]],
    bool: ['bool', [3], [1, 0, 1]],
    empty: ['float32', [0, 3], []],
  };
  assert.equal(Object.keys(tensors).sort(), Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) assert.equal(shown(tensors[name]), values, name);
  assert.ok(Object.is(tensors.half.dataSync()[1], -0) && Object.is(tensors.brain.dataSync()[1], -0));
});

/** A small net of an embedding, an LSTM that reads both ways, a GRU and attention. */
class Words extends Module {
  readonly embedding = new Embedding(5, 4);
  readonly lstm = new LSTM(4, 3, { numLayers: 2, batchFirst: true, bidirectional: true });
  readonly gru = new GRU(6, 4, { batchFirst: true });
  readonly attention = new MultiheadAttention(4, 2, { batchFirst: true });
  readonly head = new Linear(4, 5);
  forward(x: Tensor): Tensor {
    const [y] = this.gru.forward(this.lstm.forward(this.embedding.forward(x))[0]);
    return this.head.forward(this.attention.forward(y));
  }
}

torch('weights of LSTM, GRU and attention load from PyTorch by name, and are saved as the same tensors', async () => {
  const { x, logits, ...state } = parseSafetensors(file('torch-words.safetensors')).tensors;
  const model = new Words();
  assert.equal(model.loadStateDict(state), { missing: [], unexpected: [] });
  // Some dozen terms, each rounded by 6e-8 of its size.
  close(model.forward(x).dataSync(), logits.dataSync(), 1e-6, 'logits');
  const back = parseSafetensors(await serializeSafetensors(model.stateDict())).tensors;
  const all = (tensors: Record<string, Tensor>) => Object.entries(tensors).map(([name, t]) => [name, shown(t)]);
  assert.equal(all(back), all(state));
});

// Reads two files as the format's description says, without the safetensors package, loads their weights strictly, and prints the
// results of a forward pass of each.
const PROGRAM = `
import json, struct, sys, torch, torch.nn as nn, torch.nn.functional as F
def read(path):
    raw = open(path, 'rb').read()
    n = struct.unpack('<Q', raw[:8])[0]
    kinds = {'F32': torch.float32, 'I32': torch.int32}
    state = {}
    for name, e in json.loads(raw[8:8 + n]).items():
        if name == '__metadata__': continue
        b, end = e['data_offsets']
        state[name] = torch.frombuffer(bytearray(raw[8 + n + b:8 + n + end]), dtype=kinds[e['dtype']]).reshape(e['shape'])
    return state.pop('x'), state
class Block(nn.Module):
    def __init__(s, a, b, stride):
        super().__init__()
        s.conv1 = nn.Conv2d(a, b, 3, stride, 1, bias=False); s.bn1 = nn.BatchNorm2d(b)
        s.conv2 = nn.Conv2d(b, b, 3, 1, 1, bias=False); s.bn2 = nn.BatchNorm2d(b)
        s.shortcut = nn.Sequential()
        if stride > 1: s.shortcut = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))
    def forward(s, x):
        return F.relu(s.bn2(s.conv2(F.relu(s.bn1(s.conv1(x))))) + s.shortcut(x))
class Net(nn.Module):
    def __init__(s):
        super().__init__()
        s.conv1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False); s.bn1 = nn.BatchNorm2d(4)
        s.layer1 = nn.Sequential(Block(4, 4, 1)); s.layer2 = nn.Sequential(Block(4, 8, 2)); s.linear = nn.Linear(8, 10)
    def forward(s, x):
        y = s.layer2(s.layer1(F.relu(s.bn1(s.conv1(x)))))
        return s.linear(F.adaptive_avg_pool2d(y, 1).flatten(1))
x, state = read(sys.argv[1])
net = Net()
net.load_state_dict(state)
net.eval()
resnet = [net(x).flatten().tolist(), net.bn1.num_batches_tracked.item(), str(net.bn1.num_batches_tracked.dtype)]
class Words(nn.Module):
    def __init__(s):
        super().__init__()
        s.embedding = nn.Embedding(5, 4)
        s.lstm = nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True)
        s.gru = nn.GRU(6, 4, batch_first=True)
        s.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        s.head = nn.Linear(4, 5)
    def forward(s, x):
        y = s.gru(s.lstm(s.embedding(x))[0])[0]
        return s.head(s.attention(y, y, y)[0])
x, state = read(sys.argv[2])
net = Words()
net.load_state_dict(state)
print(json.dumps([*resnet, net(x).flatten().tolist()]))
`;
/** Finds out whether torch is installed, without the second that its import takes. */
const FINDS_TORCH = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)';
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', FINDS_TORCH], { timeout: 60_000 }).status === 0,
);
const readBack = 'weights written here load in PyTorch, strictly, by name, and give the same logits';
if (!python) torch.skip(readBack, 'no python3 that has torch');
else {
  torch(readBack, async () => {
    const resnet = tinyResNet();
    const x = batch('float32');
    resnet.forward(x);
    const words = new Words();
    const tokens = tensor(
      [
        [0, 4, 1, 3],
        [2, 2, 0, 1],
      ],
      { dtype: 'int32' },
    );
    const dir = mkdtempSync(join(tmpdir(), 'boundgrad-torch-'));
    try {
      const files = [
        { ...resnet.stateDict(), x },
        { ...words.stateDict(), x: tokens },
      ].map(async (tensors, i) => {
        const path = join(dir, `${i}.safetensors`);
        writeFileSync(path, await serializeSafetensors(tensors, { format: 'pt' }));
        return path;
      });
      const { stdout, stderr } = spawnSync(python, ['-c', PROGRAM, ...(await Promise.all(files))], { timeout: 60_000 });
      assert.ok(stdout.length, String(stderr));
      const [logits, batches, kind, ofWords] = JSON.parse(String(stdout));
      close(resnet.eval().forward(x).dataSync(), logits, 1e-5, 'logits'); // as above
      assert.equal([batches, kind], [1, 'torch.int64']);
      close(words.forward(tokens).dataSync(), ofWords, 1e-6, 'logits of tokens');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

const hostile = subject('safetensors: hostile files');

const one = entry('F32', [1], 0, 4);
const four = [0, 0, 0x80, 0x3f];
const cases: [what: string, bytes: Uint8Array, message: RegExp][] = [
  [
    '100,001 names',
    fileOf(`{"__metadata__":{${Array.from({ length: 100_001 }, (_, i) => `"${i}":""`)}}}`),
    /more than 100000 keys; a hostile file\?/,
  ],
  ['seven bytes', new Uint8Array(7), /truncated: 7 bytes; a file has at least 8/],
  ['a header longer than the file', fileOf('{}', [], 3), /truncated: a header of 3 bytes in a file of 10/],
  [
    'a header of 2^64 - 1 bytes',
    fileOf('{}', [], 2n ** 64n - 1n),
    /the header is too long: 18446744073709552000 bytes/,
  ],
  ['no header', fileOf('', four), /does not begin with \{; another format\?/],
  ['a pickle', Uint8Array.from({ length: 90 }, () => 0x80), /the header is too long/],
  ['a list as header', fileOf('[]'), /does not begin with \{/],
  ['a byte order mark', fileOf('\ufeff{}'), /does not begin with \{/],
  ['bytes that are no UTF-8', fileOf({ a: one }, four).map((b, i) => (i === 10 ? 0xff : b)), /not UTF-8; damaged\?/],
  ['a header that ends early', fileOf('{"a":'), /its end at character 5, expected \{/],
  ['a header that continues after its end', fileOf('{}{}'), /"\{" at character 2, expected the end of the header/],
  ['a comma before the end', fileOf('{"a":{"dtype":"F32",}}'), /"\}" at character 20, expected a text/],
  ['a text that does not end', fileOf('{"a'), /"\\"" at character 1, expected a text in JSON syntax/],
  ['a wrong escape', fileOf('{"\\x":1}'), /expected a text in JSON syntax/],
  ['a name twice', fileOf(`{"a":${JSON.stringify(one)},"a":${JSON.stringify(one)}}`, four), /a key twice: "a"/],
  ['a name twice, once escaped', fileOf(`{"a":${JSON.stringify(one)},"\\u0061":1}`, four), /a key twice: "a"/],
  ['a key __proto__', fileOf('{"__proto__":{}}'), /a key that is refused: "__proto__"/],
  ['a key __proto__, escaped', fileOf('{"\\u005f_proto__":{}}'), /refused: "__proto__"/],
  ['a key __proto__ in the metadata', fileOf('{"__metadata__":{"__proto__":"x"}}'), /refused: "__proto__"/],
  ['a number in the metadata', fileOf('{"__metadata__":{"a":1}}'), /"1" at character 21, expected a text/],
  ['a million open brackets', fileOf(`{"a":${'['.repeat(1_000_000)}`), /"\[" at character 5, expected \{/],
  [
    'an entry without a dtype',
    fileOf({ a: { shape: [1], data_offsets: [0, 4] } }, four),
    /"a": the entry is incomplete/,
  ],
  ['an entry with one offset', fileOf({ a: { ...one, data_offsets: [0] } }, four), /"a": the entry is incomplete/],
  [
    'an entry with three offsets',
    fileOf({ a: { ...one, data_offsets: [0, 4, 8] } }, four),
    /expected at most 2 numbers/,
  ],
  ['an unknown key in an entry', fileOf({ a: { ...one, strides: [1] } }, four), /"a": an unknown key: "strides"/],
  [
    'an unknown dtype',
    fileOf({ a: entry('F4', [1], 0, 1) }, [1]),
    /"a": a dtype that cannot be read: "F4"; save it as F32/,
  ],
  [
    'a dtype named like a method of objects',
    fileOf({ a: entry('toString', [1], 0, 1) }, [1]),
    /a dtype that cannot be read: "toString"/,
  ],
  ['a negative size', fileOf({ a: entry('F32', [-1], 0, 4) }, four), /"-" at character \d+, expected an integer/],
  ['a size of 1.5', fileOf({ a: entry('F32', [1.5], 0, 4) }, four), /"\." at character \d+, expected a comma or \]/],
  [
    'a size of 1e3',
    fileOf('{"a":{"dtype":"F32","shape":[1e3],"data_offsets":[0,4]}}', four),
    /"e" at character \d+, expected a comma or \]/,
  ],
  ['a leading zero', fileOf('{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', four), /expected an integer/],
  [
    'a size of 2^53',
    fileOf('{"a":{"dtype":"F32","shape":[9007199254740992]}}', four),
    /expected an integer from 0 to 2\^53/,
  ],
  ['a number of a million digits', fileOf(`{"a":{"shape":[${'1'.repeat(1_000_000)}]}}`), /expected an integer/],
  [
    'a product that wraps',
    fileOf({ a: entry('F32', [2 ** 32, 2 ** 32, 1], 0, 4) }, four),
    /the product of the shape is above 2\^53 - 1/,
  ],
  ['65 axes', fileOf({ a: entry('F32', new Array(65).fill(1), 0, 4) }, four), /expected at most 64 numbers/],
  ['a shape larger than its range', fileOf({ a: entry('F32', [2], 0, 4) }, four), /\(2\) has 8 bytes, the range 4/],
  [
    'a range of a terabyte in a short file',
    fileOf({ a: entry('F32', [2 ** 38], 0, 2 ** 40) }, four),
    /passes the end of the data: 0 to 1099511627776 of 4/,
  ],
  ['a range backwards', fileOf({ a: entry('F32', [1], 4, 0) }, four), /ends before it begins: 4 to 0/],
  [
    'an overlap',
    fileOf({ a: one, b: entry('F32', [1], 2, 6) }, [...four, 0, 0]),
    /"b": its range overlaps the range of "a"/,
  ],
  ['the same range twice', fileOf({ a: one, b: one }, four), /overlaps/],
  [
    'a gap',
    fileOf({ a: one, b: entry('F32', [1], 5, 9) }, [...four, ...four, 0]),
    /leaves a gap before it: it begins at 5/,
  ],
  ['a gap at the start', fileOf({ a: entry('F32', [1], 4, 8) }, [...four, ...four]), /leaves a gap/],
  ['trailing bytes', fileOf({ a: one }, [...four, 0]), /trailing bytes: 5 bytes of data, tensors cover 4/],
  ['data and no tensor', fileOf({}, [1]), /trailing bytes: 1 bytes of data, tensors cover 0/],
  ['a bool of 2', fileOf({ a: entry('BOOL', [2], 0, 2) }, [1, 2]), /"a": a bool that is neither 0 nor 1: 2/],
  [
    '2^54 in I64',
    fileOf({ a: entry('I64', [1], 0, 8) }, [0, 0, 0, 0, 0, 0, 64, 0]),
    /"a": a value beyond 2\^53: about 18014398509481984/,
  ],
];

for (const [what, bytes, message] of cases) {
  hostile(`${what}: refused with the reason, and no tensor is made`, () =>
    counting((made) => {
      const error = refusal(bytes);
      assert.instance(error, DataError);
      assert.match(error!.message, message);
      assert.match(error!.message, /^safetensors: /);
      assert.ok(error!.message.length < 400, 'a short message');
      assert.is(made(), 0);
    }),
  );
}

hostile('a file cut at any byte is refused', async () => {
  const bytes = await serializeSafetensors({ a: tensor([1, 2]), b: tensor([3], { dtype: 'int32' }) }, { k: 'v' });
  for (let n = 0; n < bytes.length; n++) assert.instance(refusal(bytes.subarray(0, n)), DataError, `${n} bytes`);
});

hostile('an ArrayBuffer instead of a Uint8Array is refused', () => {
  assert.throws(() => parseSafetensors(new ArrayBuffer(8) as never), /parseSafetensors: takes a Uint8Array/);
});

/** The error thrown; null if the file is accepted. */
function refusal(bytes: Uint8Array): Error | null {
  try {
    parseSafetensors(bytes);
    return null;
  } catch (error) {
    return error as Error;
  }
}

const FILES = 12_000;
const TOKENS = [
  ...['{', '}', '[', ']', '"', ':', ',', '\\', '-', '.', 'e9', '0', '9007199254740993', '4294967296', '\u0000', ' '],
  ...[
    '"__proto__"',
    '"data_offsets"',
    '"__metadata__"',
    '"F16"',
    '"I64"',
    '"BOOL"',
    'null',
    '[[[[[[[[',
    '{}',
    '\\ud800',
  ],
].map((text) => [...new TextEncoder().encode(text)]);

hostile(
  `each of ${FILES} randomly damaged files is refused with DataError or read; a tenth of those read is written and read again unchanged`,
  () =>
    counting(async (made) => {
      const stream = new Random(2026).stream('damage');
      const originals = [
        await serializeSafetensors(
          { w: tensor([1, 2]), b: tensor([[3]], { dtype: 'int32' }), f: tensor([true]) },
          { k: 'v' },
        ),
        await serializeSafetensors({ ...mlp({ sizes: [3, 2], random: new Random(1) }).stateDict(), e: zeros([0, 2]) }),
        new Uint8Array(file('torch-dtypes.safetensors')),
      ];
      const outcome = { refused: 0, read: 0 };
      const reasons = new Set<string>();
      let slowest = 0;
      for (let i = 0; i < FILES; i++) {
        const bytes = damaged(originals[i % originals.length], stream);
        const before = made();
        const begun = performance.now();
        let read: ReturnType<typeof parseSafetensors> | null = null;
        try {
          read = parseSafetensors(bytes);
        } catch (error) {
          assert.instance(error, DataError, `file ${i}: ${(error as Error).stack}`);
          assert.is(made(), before, `file ${i} was refused after tensors were made`);
          reasons.add((error as Error).message.replace(/".*"|[0-9]+|\(.*\)/g, ''));
          outcome.refused++;
        }
        slowest = Math.max(slowest, performance.now() - begun);
        if (!read) continue;
        outcome.read++;
        assert.ok(made() - before <= 4 * bytes.length, `file ${i} of ${bytes.length} bytes made ${made() - before}`);
        if (i % 10 > 0) continue;
        const again = parseSafetensors(await serializeSafetensors(read.tensors, read.metadata));
        assert.equal(shownAll(again.tensors), shownAll(read.tensors), `file ${i}`);
        assert.equal(again.metadata, read.metadata, `file ${i}`);
      }
      // A file whose data alone are damaged can be read. Both outcomes must be common, or the test shows little.
      assert.ok(outcome.refused > FILES / 3 && outcome.read > FILES / 20, JSON.stringify(outcome));
      assert.ok(reasons.size >= 15, `${reasons.size} different reasons: ${[...reasons].join('\n')}`);
      assert.ok(slowest < 1000, `${slowest} ms for one file`);
    }),
);

/** A damaged copy: one copy in four gets changed bits in its data, the others one to three changes anywhere. Half of these others
 *  then get a header length that fits, so that later checks are reached too. */
function damaged(original: Uint8Array, stream: Stream): Uint8Array {
  const header = Number(new DataView(original.buffer).getBigUint64(0, true));
  let bytes: Uint8Array = original.slice();
  if (stream.below(4) === 0) {
    const data = bytes.subarray(8 + header);
    for (let n = stream.below(3); n >= 0; n--) data[stream.below(data.length)] ^= 1 << stream.below(8);
    return bytes;
  }
  for (let n = stream.below(3); n >= 0; n--) bytes = changed(bytes, stream);
  const length = header + bytes.length - original.length;
  if (stream.below(2) && bytes.length >= 8 && length > 0) {
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  }
  return bytes;
}

/** A copy with one change: a bit flipped, a byte or a digit replaced, a token inserted; a range removed, repeated or copied elsewhere; or the
 *  end cut off. */
function changed(bytes: Uint8Array, stream: Stream): Uint8Array {
  // Half of the positions are drawn from the first 300 bytes, most of which are header.
  const at = stream.below(Math.max(1, stream.below(2) ? Math.min(bytes.length, 300) : bytes.length));
  const splice = (from: number, removed: number, inserted: ArrayLike<number>) =>
    Uint8Array.from([...bytes.subarray(0, from), ...Array.from(inserted), ...bytes.subarray(from + removed)]);
  const span = 1 + stream.below(40);
  switch (stream.below(8)) {
    case 0:
      return bytes.map((b, i) => (i === at ? b ^ (1 << stream.below(8)) : b));
    case 1:
      return bytes.map((b, i) => (i === at ? stream.below(256) : b));
    case 2:
      return splice(at, stream.below(6), TOKENS[stream.below(TOKENS.length)]);
    case 3: {
      const digits = [...bytes.keys()].filter((i) => bytes[i] >= 0x30 && bytes[i] <= 0x39);
      const i = digits[stream.below(Math.max(1, digits.length))] ?? at;
      return splice(i, 1, [...new TextEncoder().encode(String(stream.below(20)))]);
    }
    case 4:
      return splice(at, span, []);
    case 5:
      return splice(at, 0, bytes.subarray(at, at + span));
    case 6:
      return splice(at, 0, bytes.subarray(stream.below(bytes.length || 1)).subarray(0, span));
    default:
      return bytes.slice(0, at);
  }
}

const dtypes = subject('safetensors: dtypes');
/** Reads one tensor of a dtype from its bytes. */
const readAs = (dtype: string, n: number, bytes: number[]) =>
  shown(parseSafetensors(fileOf({ a: entry(dtype, [n], 0, bytes.length) }, bytes)).tensors.a);

dtypes('small integers become int32', () => {
  assert.equal(readAs('U8', 2, [0, 255]), ['int32', [2], [0, 255]]);
  assert.equal(readAs('I8', 2, [127, 128]), ['int32', [2], [127, -128]]);
  assert.equal(readAs('U16', 2, [1, 0, 255, 255]), ['int32', [2], [1, 65535]]);
  assert.equal(readAs('I16', 2, [1, 0, 0, 128]), ['int32', [2], [1, -32768]]);
});

dtypes('wide integers become int32 if every value fits, else float64, else they are refused', () => {
  assert.equal(readAs('U32', 1, [255, 255, 255, 127]), ['int32', [1], [2 ** 31 - 1]]);
  assert.equal(readAs('U32', 1, [255, 255, 255, 255]), ['float64', [1], [2 ** 32 - 1]]);
  assert.equal(readAs('I64', 1, [0, 0, 0, 128, 255, 255, 255, 255]), ['int32', [1], [-(2 ** 31)]]);
  assert.equal(readAs('I64', 1, [0, 0, 0, 128, 0, 0, 0, 0]), ['float64', [1], [2 ** 31]]);
  assert.equal(readAs('I64', 1, [255, 255, 255, 127, 255, 255, 255, 255]), ['float64', [1], [-(2 ** 31) - 1]]);
  assert.equal(readAs('U64', 1, [7, 0, 0, 0, 0, 0, 0, 0]), ['int32', [1], [7]]);
  for (const dtype of ['I64', 'U64']) {
    assert.throws(
      () => readAs(dtype, 1, [1, 0, 0, 0, 0, 0, 64, 0]),
      /"a": a value beyond 2\^53: .*; save it as F32, or/,
    );
  }
});

dtypes('8-bit floats become float32, exactly', () => {
  // 1, the largest value, the smallest subnormal, -0; then in E4M3 the lowest value and two NaN, in E5M2 -infinity, NaN and infinity.
  const e4m3 = [0x38, 0x7e, 0x01, 0x80, 0xfe, 0x7f, 0xff];
  assert.equal(readAs('F8_E4M3', 7, e4m3)[2], [1, 448, 2 ** -9, -0, -448, Number.NaN, Number.NaN]);
  const e5m2 = [0x3c, 0x7b, 0x01, 0x80, 0xfc, 0x7f, 0x7c];
  assert.equal(readAs('F8_E5M2', 7, e5m2)[2], [1, 57344, 2 ** -16, -0, -Infinity, Number.NaN, Infinity]);
});

dtypes('each supported dtype is read from bytes written by hand', () => {
  const files: [dtype: string, bytes: number[], read: string, values: number[]][] = [
    ['BOOL', [0, 1], 'bool', [0, 1]],
    ['U8', [2, 200], 'int32', [2, 200]],
    ['I8', [2, 200], 'int32', [2, -56]],
    ['I16', [1, 2, 254, 255], 'int32', [513, -2]],
    ['U16', [1, 2, 254, 255], 'int32', [513, 65534]],
    ['I32', [1, 2, 3, 4, 254, 255, 255, 255], 'int32', [0x04030201, -2]],
    ['U32', [1, 2, 3, 4, 254, 255, 255, 255], 'float64', [0x04030201, 2 ** 32 - 2]],
    ['I64', [5, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255], 'int32', [5, -2]],
    ['U64', [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], 'float64', [5, 2 ** 32]],
    ['F8_E4M3', [0x40, 0xb4], 'float32', [2, -0.75]],
    ['F8_E5M2', [0x40, 0xba], 'float32', [2, -0.75]],
    ['F16', [0, 0x40, 0, 0xba], 'float32', [2, -0.75]],
    ['BF16', [0, 0x40, 0x40, 0xbf], 'float32', [2, -0.75]],
    ['F32', [0, 0, 0, 0x40, 0, 0, 0x40, 0xbf], 'float32', [2, -0.75]],
    ['F64', [0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xe8, 0xbf], 'float64', [2, -0.75]],
  ];
  for (const [dtype, bytes, read, values] of files) assert.equal(readAs(dtype, 2, bytes), [read, [2], values], dtype);
});

dtypes('a tensor of an unsupported dtype is refused by name, and the rest of the file can be read without it', () => {
  const bytes = fileOf({ a: entry('C64', [1], 0, 8), b: entry('U8', [1], 8, 9) }, [0, 0, 0, 0, 0, 0, 0, 0, 5]);
  const message = /"a": a dtype that cannot be read: "C64"; save it as F32, or read the rest with \{ skip: \["a"\] \}/;
  assert.throws(() => parseSafetensors(bytes), message);
  assert.equal(shownAll(parseSafetensors(bytes, { skip: ['a'] }).tensors), [['b', ['int32', [1], [5]]]]);
  assert.throws(() => parseSafetensors(bytes, { skip: ['c'] }), /skip: no such tensor: string "c"/);
  assert.throws(() => parseSafetensors(bytes, { skip: 'a' as never }), /skip must be a list of names/);
});
