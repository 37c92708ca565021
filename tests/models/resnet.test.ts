// Residual and dense networks against the reference (counts, names, order), PyTorch (values) and the papers (formulas).
import { add, noGrad, Random, rand, relu, scope, type Tensor, tensor, zeros } from '../../core/index.js';
import { currentScope } from '../../core/scope.js';
import {
  basicBlock,
  bottleneckBlock,
  DenseNet,
  densenet121,
  densenet161,
  densenet169,
  densenet201,
  densenetBC,
  densenetCifar,
  models,
  ResNet,
  type ResNetOptions,
  resnet8,
  resnet18,
  resnet20,
  resnet32,
  resnet34,
  resnet44,
  resnet50,
  resnet56,
  resnet101,
  resnet110,
  resnet152,
} from '../../models/index.js';
import { BatchNorm2d, Conv2d, crossEntropy, Linear, type Module, type Sequential, summarize } from '../../nn/index.js';
import { SGDM } from '../../optim/index.js';
import { onFastBackend } from '../fastBackend.js';
import { type Block, fixture, type NetCase } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';
import { counted, still } from './counted.js';

interface Shapes {
  parameters: number;
  float_buffers: number;
  parameter_tensors: number;
  state_dict_entries: number;
  macs: number;
  conv_macs: number;
  linear_macs: number;
  output_shape: number[];
  modules: { conv: number; bn: number; linear: number };
  state_dict?: [name: string, shape: number[]][];
  execution_order?: [name: string, kind: string, input: number[], output: number[], macs: number][];
}

type Calls = NonNullable<Shapes['execution_order']>;

const total = (tensors: Tensor[]) => tensors.reduce((sum, t) => sum + t.size, 0);
const count = (model: Module) => total(model.parameters());
const modulesOf = (model: Module, kind: new (...args: never[]) => Module) =>
  model.namedModules().filter(([, m]) => m instanceof kind);

const known = subject('ResNet and DenseNet: the reference');
const { models: shapes } = fixture<{ models: Record<string, Shapes> }>('model-shapes.json');
const builders: Record<string, (options: { random: Random }) => Module> = {
  ResNet18: resnet18,
  ResNet34: resnet34,
  ResNet50: resnet50,
  ResNet101: resnet101,
  ResNet152: resnet152,
  densenet_cifar: densenetCifar,
  DenseNet121: densenet121,
  DenseNet169: densenet169,
  DenseNet201: densenet201,
  DenseNet161: densenet161,
};

for (const [name, build] of Object.entries(builders)) {
  const expected = shapes[name];
  known(
    `${name}: ${expected.parameters.toLocaleString('en-US')} parameters, and the reference’s layers and multiply-accumulates`,
    () =>
      counted(() => {
        const model = build({ random: still });
        const { rows, parameters, macs } = summarize(model, [3, 32, 32]);
        const macsOf = (kind: string) => rows.reduce((sum, r) => sum + (r.kind === kind ? r.macs : 0), 0);
        const found: Shapes = {
          parameters,
          float_buffers: total(model.namedBuffers().flatMap(([, t]) => (t.dtype === 'int32' ? [] : [t]))),
          parameter_tensors: model.parameters().length,
          state_dict_entries: Object.keys(model.stateDict()).length,
          macs,
          conv_macs: macsOf('Conv2d'),
          linear_macs: macsOf('Linear'),
          output_shape: [...model.forward(zeros([1, 3, 32, 32])).shape],
          modules: {
            conv: modulesOf(model, Conv2d).length,
            bn: modulesOf(model, BatchNorm2d).length,
            linear: modulesOf(model, Linear).length,
          },
        };
        const { state_dict, execution_order, ...counts } = expected;
        assert.equal(found, counts);
        if (state_dict) {
          assert.equal(
            Object.entries(model.stateDict()).map(([k, t]) => [k, t.shape]),
            state_dict,
          );
        }
        if (execution_order) assert.equal(executed(model).sort(byPath), [...execution_order].sort(byPath));
      }),
  );
}

/** Compares two rows by path. Both lists are sorted, because the reference runs a block's shortcut after its last normalization, and ours runs it before. */
const byPath = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) => (a < b ? -1 : 1);

/** The layers with parameters that a forward calls. */
function executed(model: Module): Calls {
  const calls: Calls = [];
  const macs = new Map(summarize(model, [3, 32, 32]).rows.map((r) => [r.path, r.macs]));
  for (const [path, module] of model.namedModules()) {
    if (!(module instanceof Conv2d || module instanceof BatchNorm2d || module instanceof Linear)) continue;
    const { forward } = module;
    module.forward = (...given: [Tensor]) => {
      const y = forward.apply(module, given);
      calls.push([
        path,
        module.constructor.name.toLowerCase(),
        given[0].shape.slice(1),
        y.shape.slice(1),
        macs.get(path)!,
      ]);
      return y;
    };
  }
  noGrad(() => model.eval().forward(zeros([1, 3, 32, 32])));
  return calls;
}

const thin = subject('ResNet and DenseNet: the papers');

const residual: [depth: number, build: (options?: ResNetOptions) => Module, withA: number, inPaper: number][] = [
  [20, resnet20, 269_722, 0.27],
  [32, resnet32, 464_154, 0.46],
  [44, resnet44, 658_586, 0.66],
  [56, resnet56, 853_018, 0.85],
  [110, resnet110, 1_727_962, 1.7],
];

for (const [depth, build, withA, inPaper] of residual) {
  thin(`ResNet-${depth} has the paper’s ${inPaper}M parameters, and 2,752 more with projections`, () =>
    counted(() => {
      const [a, b] = (['A', 'B'] as const).map((shortcut) => count(build({ shortcut, random: still })));
      // With n = (depth - 2) / 6, a stage of width w has 2n convolutions of 9 w^2;
      // from stage 2 on, the first of them has half.
      const n = (depth - 2) / 6;
      const stage = (w: number, first: number) => 9 * w * (first + (2 * n - 1) * w) + 2 * n * 2 * w;
      const formula = 9 * 3 * 16 + 2 * 16 + stage(16, 16) + stage(32, 16) + stage(64, 32) + 64 * 10 + 10;
      assert.equal([a, b], [withA, withA + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64]);
      assert.is(a, formula);
      assert.ok(Math.abs(a / 1e6 - inPaper) < 0.05, `${a}`);
      assert.is(count(build({ random: still })), b, 'the default is B');
    }),
  );
}

thin('DenseNet-BC (100, 12) has the paper’s 0.8M parameters, (40, 12) has 176,122, and both match the formula', () =>
  counted(() => {
    for (const [depth, expected] of [
      [100, 769_162],
      [40, 176_122],
    ]) {
      const [growth, layers] = [12, (depth - 4) / 6];
      let c = 2 * growth;
      let formula = 3 * 9 * c;
      for (let stage = 0; stage < 3; stage++) {
        for (let i = 0; i < layers; i++, c += growth) {
          formula += 2 * c + c * 4 * growth + 2 * 4 * growth + 9 * 4 * growth * growth;
        }
        if (stage === 2) continue;
        formula += 2 * c + c * Math.floor(c / 2);
        c = Math.floor(c / 2);
      }
      formula += 2 * c + 10 * c + 10;
      assert.is(count(densenetBC({ depth, growth, random: still })), expected);
      assert.is(formula, expected);
    }
  }),
);

thin(
  'every ResNet and DenseNet of the registry accepts images of 28 x 28 and other numbers of classes, and has as many layers as its name says',
  () =>
    counted(() => {
      const nets = Object.entries(models).filter(([name]) => /^(res|dense)net/.test(name));
      assert.is(nets.length, 20);
      for (const [name, { build }] of nets) {
        const model = build({ input: [1, 28, 28], numClasses: 7, random: still });
        const { rows } = summarize(model, [1, 28, 28]);
        assert.equal(rows.at(-1)!.output, [7], name);
        // All convolutions except those of shortcuts, and the linear layer.
        const layers = rows.filter((r) => r.macs > 0 && !r.path.includes('shortcut')).length;
        assert.is(layers, name === 'densenet_cifar' ? 121 : Number(/\d+/.exec(name)), name);
      }
    }),
);

const tiny: [name: string, make: () => Module][] = [
  ['tiny-resnet', () => new ResNet(basicBlock, [4, 8], [2, 2])],
  ['tiny-densenet', () => new DenseNet(4, [2, 2])],
];

for (const [name, make] of tiny) {
  const test = subject(`The models and PyTorch: ${name}`);
  const oracle = fixture<NetCase>(`${name}.json`);

  test('has the same parameters in the same order, and a training step gives the same values', () => {
    const model = make().toDType('float64');
    assert.equal(
      model.namedParameters().map(([k, t]) => [k, t.shape]),
      Object.entries(oracle.parameters).map(([k, b]) => [k, b.shape]),
    );
    const wide = (b: Block) => tensor(b.data, { shape: b.shape, dtype: 'float64' });
    model.loadStateDict(Object.fromEntries(Object.entries(oracle.parameters).map(([k, b]) => [k, wide(b)])), {
      strict: false,
    });
    const logits = model.forward(wide(oracle.x));
    const loss = crossEntropy(logits, tensor(oracle.target, { dtype: 'int32' }));
    loss.backward();
    // The file has nine digits: an error of up to 5e-9.
    close(logits.dataSync(), oracle.logits.data, 1e-8, 'logits');
    close([loss.itemSync()], [oracle.loss], 1e-8, 'loss');
    for (const [k, p] of model.namedParameters()) close(p.grad!.dataSync(), oracle.grads[k], 1e-8, k);
    const buffers = model.stateDict();
    for (const [k, v] of Object.entries(oracle.buffers_after_forward)) close(buffers[k].dataSync(), v, 1e-8, k);
  });
}

const block = subject('ResNet: shortcuts and starts');
const stream = new Random(9).stream('x');
const small = (kind: typeof basicBlock, options: ResNetOptions = {}) =>
  new ResNet(kind, [4, 8], [1, 2], { random: new Random(4), dtype: 'float64', ...options });

block('shortcut A takes every second row and column, and adds channels of zeros at the end', () => {
  const model = small(basicBlock, { shortcut: 'A' });
  const x = rand([2, 4, 5, 6], { stream, dtype: 'float64' });
  const y = model.layer2[0]
    .namedChildren()
    .find(([name]) => name === 'shortcut')![1]
    .forward(x);
  assert.equal(y.shape, [2, 8, 3, 3]);
  const [from, to] = [x.dataSync(), y.dataSync()];
  to.forEach((v, k) => {
    const [n, c, i, j] = [Math.floor(k / 72), Math.floor(k / 9) % 8, Math.floor(k / 3) % 3, k % 3];
    assert.is(v, c < 4 ? from[((n * 4 + c) * 5 + 2 * i) * 6 + 2 * j] : 0);
  });
  assert.not(Object.keys(model.stateDict()).some((name) => name.includes('shortcut')));
});

for (const shortcut of ['A', 'B'] as const) {
  for (const [name, kind] of [
    ['basic', basicBlock],
    ['bottleneck', bottleneckBlock],
  ] as const) {
    block(`${name} blocks with shortcut ${shortcut}: the gradient equals the slope along a random direction`, () => {
      const model = small(kind, { shortcut, numClasses: 3 });
      const x = rand([3, 3, 6, 6], { stream, dtype: 'float64' });
      const target = tensor([0, 2, 1], { dtype: 'int32' });
      const loss = () => crossEntropy(model.forward(x), target);
      loss().backward();
      const v = model.parameters().map((p) => [...rand(p.shape, { stream, dtype: 'float64' }).sub(0.5).dataSync()]);
      const slope = model.parameters().reduce((sum, p, i) => {
        const g = p.grad!.dataSync();
        return sum + v[i].reduce((s, u, k) => s + u * g[k], 0);
      }, 0);
      const at = (h: number) => {
        model
          .parameters()
          .forEach((p, i) => noGrad(() => p.assign(Array.from(p.dataSync(), (w, k) => w + h * v[i][k]))));
        return loss().itemSync();
      };
      // A central difference has a truncation error of h^2 and a rounding error of 1e-16 / h.
      // No input of a relu changes its sign within h.
      const h = 1e-6;
      const above = at(h);
      const below = at(-2 * h);
      close([(above - below) / (2 * h)], [slope], 1e-6);
    });

    block(`${name} blocks with shortcut ${shortcut} and zeroInitResidual start as relu of the shortcut`, () => {
      const model = small(kind, { shortcut, zeroInitResidual: true });
      const last = kind === basicBlock ? 'bn2' : 'bn3';
      const norms = modulesOf(model, BatchNorm2d).filter(([path]) => path.startsWith('layer') && path.endsWith(last));
      assert.is(norms.length, 3);
      for (const [path, m] of modulesOf(model, BatchNorm2d)) {
        const start = norms.some(([p]) => p === path) ? 0 : 1;
        assert.ok(
          (m as BatchNorm2d).weight!.dataSync().every((w) => w === start),
          path,
        );
      }
      let x = rand([2, 4, 6, 6], { stream, dtype: 'float64' });
      for (const stage of [model.layer1, model.layer2] as Sequential[]) {
        for (const part of stage.children()) {
          const [, through] = part.namedChildren().find(([name]) => name === 'shortcut')!;
          const expected = relu(through.forward(x));
          assert.equal((x = part.forward(x)).dataSync(), expected.dataSync());
        }
      }
    });
  }
}

block('a block is relu of the sum of its convolutions and its shortcut', () => {
  const part = small(basicBlock).layer2[0] as Module & Record<string, Module>;
  const x = rand([2, 4, 6, 6], { stream, dtype: 'float64' });
  const y = relu(part.bn1.forward(part.conv1.forward(x)));
  const z = add(part.bn2.forward(part.conv2.forward(y)), part.shortcut.forward(x));
  assert.equal(part.forward(x).dataSync(), relu(z).dataSync());
});

block('the same seed gives the same weights, another seed others; weights in float64 round to those in float32', () => {
  const bits = (options: ResNetOptions) =>
    resnet8(options)
      .parameters()
      .map((p) => [...p.dataSync()]);
  const random = (seed: number) => ({ random: new Random(seed) });
  assert.equal(bits(random(1)), bits(random(1)));
  assert.not.equal(bits(random(1)), bits(random(2)));
  const wide = bits({ ...random(1), dtype: 'float64' }).map((p) => p.map(Math.fround));
  assert.equal(wide, bits(random(1)));
  assert.equal(resnet8({ inChannels: 1 }).conv1.weight.shape, [16, 1, 3, 3]);
});

block('three small nets memorize six random images in thirty steps', () =>
  onFastBackend(() => {
    const x = rand([6, 3, 4, 4], { stream });
    const y = tensor([0, 1, 2, 3, 4, 5], { dtype: 'int32' });
    const random = () => ({ random: new Random(2) });
    for (const model of [
      new ResNet(basicBlock, [8, 16], [1, 1], { shortcut: 'A', ...random() }),
      new ResNet(bottleneckBlock, [4, 8], [1, 1], { zeroInitResidual: true, ...random() }),
      new DenseNet(6, [2, 2], random()),
    ]) {
      const optimizer = new SGDM(model.parameters(), { lr: 0.1 });
      let loss = Infinity;
      for (let step = 0; step < 30; step++) {
        loss = scope(() => {
          optimizer.zeroGrad();
          const l = crossEntropy(model.forward(x), y);
          l.backward();
          optimizer.step();
          return l.itemSync();
        });
      }
      assert.ok(loss < 0.1, `${model.constructor.name}: ${loss}`);
    }
  }),
);

const frugal = subject('DenseNet: memoryEfficient');

frugal('trains with the same bits, running statistics too, and keeps fewer values for the backward pass', () => {
  const train = (memoryEfficient: boolean) => {
    const model = new DenseNet(4, [3, 2], { random: new Random(5), numClasses: 3, memoryEfficient });
    const optimizer = new SGDM(model.namedParameters(), { lr: 0.1 });
    const x = rand([4, 3, 8, 8], { stream: new Random(6).stream('x') });
    let kept = 0;
    for (let step = 0; step < 2; step++) {
      scope(() => {
        const loss = crossEntropy(model.forward(x), [0, 2, 1, 0]);
        kept = [...currentScope()!.storages].reduce((sum, { buffer }) => sum + buffer.length, 0);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      });
    }
    const state = Object.entries(model.stateDict()).map(([name, t]) => [name, [...t.dataSync()]]);
    return { state, kept };
  };
  const [plain, frugal] = [train(false), train(true)];
  assert.equal(frugal.state, plain.state);
  assert.ok(frugal.kept < 0.5 * plain.kept, `${frugal.kept} of ${plain.kept} values`);
});

block('invalid depths, shortcuts and counts are refused', () => {
  assert.throws(() => densenet121({ memoryEfficient: 1 as never }), /memoryEfficient must be true or false: 1/);
  assert.throws(() => densenetBC({ depth: 50, growth: 12 }), /need a depth of 10, 16, 22, \.\.: 50/);
  assert.throws(() => densenetBC({ depth: 4, growth: 12 }), /need a depth .*: 4/);
  assert.throws(() => densenetBC({ depth: 10, growth: 0 }), /must be a positive integer: 0/);
  assert.throws(() => resnet8({ shortcut: 'C' as 'A' }), /ResNet: .*shortcut.*C.*A, B/);
  assert.throws(() => resnet8({ numClasses: 0 }), /must be a positive integer: 0/);
  assert.throws(
    () => resnet8().forward(zeros([2, 1, 8, 8])),
    /^ResNet: takes \(2,3,8,8\): \(2,1,8,8\); give inChannels, or resize$/,
  );
});
