import { ones, type Tensor, tensor } from '../../core/index.js';
import { lenet, models } from '../../models/index.js';
import * as nn from '../../nn/index.js';
import { boundgradHere } from '../cli/command.js';
import { counted, still } from '../models/counted.js';
import { assert, subject } from '../spec.js';

const table = subject('Summary');

// Worked by hand: conv1 6*28*28*25, conv2 16*10*10*6*25, then the products of the sizes of the linear layers.
const MACS = [117_600, 240_000, 48_000, 10_080, 840];

table('lists output, parameters and multiply-accumulates of each layer of LeNet, 416,520 in total', () => {
  const { rows, parameters, macs } = nn.summarize(lenet(), [1, 28, 28]);
  assert.equal(
    rows.map((r) => [r.path, r.kind, r.output, r.parameters, r.macs]),
    [
      ['conv1', 'Conv2d', [6, 28, 28], 156, MACS[0]],
      ['conv2', 'Conv2d', [16, 10, 10], 2416, MACS[1]],
      ['fc1', 'Linear', [120], 48_120, MACS[2]],
      ['fc2', 'Linear', [84], 10_164, MACS[3]],
      ['fc3', 'Linear', [10], 850, MACS[4]],
    ],
  );
  assert.is(parameters, 61_706);
  assert.is(macs, 416_520);
});

table('the text has aligned columns, a row for each layer and one for the totals', () => {
  assert.is(
    nn.summary(lenet(), [1, 28, 28]),
    [
      'layer  kind    output         parameters     MACs',
      '─────────────────────────────────────────────────',
      'conv1  Conv2d    6 x 28 x 28         156  117,600',
      'conv2  Conv2d   16 x 10 x 10       2,416  240,000',
      'fc1    Linear  120                48,120   48,000',
      'fc2    Linear   84                10,164   10,080',
      'fc3    Linear   10                   850      840',
      '─────────────────────────────────────────────────',
      'total                             61,706  416,520',
    ].join('\n'),
  );
});

table('groups divide the multiply-accumulates of a convolution', () => {
  const { macs } = nn.summarize(new nn.Conv2d(4, 8, 3, { groups: 2, stride: 2, padding: 1 }), [4, 6, 10]);
  assert.is(macs, 8 * 3 * 5 * 2 * 9);
});

class Odd extends nn.Module {
  readonly used = new nn.Linear(3, 3, { bias: false });
  readonly unused = new nn.Linear(3, 4);
  readonly norm = new nn.BatchNorm1d(3);
  readonly drop = new nn.Dropout(0.5);
  readonly gain = ones([3], { requiresGrad: true });

  forward(x: Tensor): Tensor {
    return this.drop.forward(this.norm.forward(this.used.forward(this.used.forward(x)))).mul(this.gain);
  }
}

table(
  'a layer called twice has two rows, of which the first has its parameters; a layer never called is marked',
  () => {
    const { rows, parameters, macs } = nn.summarize(new Odd(), [3]);
    assert.equal(
      rows.map((r) => [r.path, r.output, r.parameters, r.macs]),
      [
        ['used', [3], 9, 9],
        ['used', [3], 0, 9],
        ['norm', [3], 6, 0],
        ['drop', [3], 0, 0],
        ['', [3], 3, 0],
        ['unused', null, 16, 0],
      ],
    );
    assert.is(parameters, 34);
    assert.is(macs, 18);
    assert.match(nn.summary(new Odd(), [3]), /\(model\) +Odd.*\nunused +Linear +not called +16 +–\n/);
    // A `forward` that is a field of the instance is observed too, and restored.
    class Field extends nn.Module {
      readonly scale = tensor([2], { requiresGrad: true });
      forward = (x: Tensor) => x.mul(this.scale);
    }
    const field = new Field();
    const { forward } = field;
    assert.match(nn.summary(field, [3]), /\(model\) +Field +3 +1 +–\n/);
    assert.is(field.forward, forward);
  },
);

table('with a depth, deeper layers are counted in the row of their module, and the totals are the same', () =>
  counted(() => {
    const model = models.densenet_bc_40_12.build({ random: still });
    const whole = nn.summarize(model, [3, 32, 32]);
    for (const depth of [0, 1, 2, 3]) {
      const { rows, parameters, macs } = nn.summarize(model, [3, 32, 32], { depth });
      assert.equal([parameters, macs], [whole.parameters, whole.macs]);
      for (const figure of ['parameters', 'macs'] as const) {
        assert.is(
          rows.reduce((sum, r) => sum + r[figure], 0),
          whole[figure],
          `${figure} at depth ${depth}`,
        );
      }
    }
    assert.equal(nn.summarize(model, [3, 32, 32], { depth: 3 }), whole);
    // A stage returns its input and 12 channels of each of 6 layers, a shape that no layer in it has.
    const stages = nn.summarize(model, [3, 32, 32], { depth: 1 }).rows.filter((r) => r.path.startsWith('dense'));
    assert.equal(
      stages.map((r) => [r.path, r.kind, r.output]),
      [
        ['dense1', 'Sequential', [96, 32, 32]],
        ['dense2', 'Sequential', [120, 16, 16]],
        ['dense3', 'Sequential', [132, 8, 8]],
      ],
    );
    const inside = whole.rows.filter((r) => r.path.startsWith('dense2.')).reduce((sum, r) => sum + r.macs, 0);
    assert.is(stages[1].macs, inside);
    // With depth 0 the model has one row, for its own parameters and those of all layers.
    assert.equal(
      nn.summarize(new Odd(), [3], { depth: 0 }).rows.map((r) => [r.path, r.parameters, r.macs]),
      [['', 34, 18]],
    );
    for (const depth of [-1, 1.5, NaN]) {
      assert.throws(
        () => nn.summarize(model, [3, 32, 32], { depth }),
        /summarize: depth must be an integer of at least 0/,
      );
    }
  }),
);

table('does not change the model: modes, buffers, gradients and its own `forward` stay', () => {
  const model = new Odd();
  model.drop.eval();
  nn.summarize(model, [3]);
  assert.ok(model.training && model.norm.training && !model.drop.training);
  assert.is(model.norm.numBatchesTracked!.itemSync(), 0);
  assert.equal(
    model.namedModules().filter(([, m]) => Object.hasOwn(m, 'forward')),
    [],
  );
  assert.throws(() => nn.summarize(model, [4]), /linear: inner sizes differ: \(1,4\) by weight/);
  assert.ok(model.training && !model.drop.training && !Object.hasOwn(model.used, 'forward'));
});

table('a model of indices, or of float64, runs with an input of its dtype', () => {
  const words = new nn.Sequential(new nn.Embedding(5, 2), new nn.Flatten(), new nn.Linear(8, 3));
  assert.is(nn.summarize(words, [4], { dtype: 'int32' }).macs, 24);
  const wide = new nn.Linear(2, 2, { dtype: 'float64' });
  let seen = '';
  class Watch extends nn.Sequential {
    override forward(x: Tensor): Tensor {
      seen = x.dtype;
      return super.forward(x);
    }
  }
  nn.summarize(new Watch(wide), [2]);
  assert.is(seen, 'float64');
});

const command = subject('boundgrad summary');

command('densenet121 fits into 80 columns, with the counts of the reference', async () => {
  const { code, stdout } = await boundgradHere(['summary', '--model', 'densenet121']);
  assert.is(code, 0);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) assert.ok([...line].length <= 80, line);
  assert.equal(lines.slice(0, 2), [
    'densenet121: dense network of 121 layers, growth 32',
    'input 3 x 32 x 32, 10 classes; MACs: multiply-accumulates of one sample',
  ]);
  // 121 layers with weights. Each but the first and the last has a batch normalization before it, and
  // the last block one after.
  assert.is(lines.filter((line) => / {2}(Conv2d|Linear) {2}/.test(line)).length, 121);
  assert.match(lines.at(-1)!, /^total +6,956,298 +888,350,720$/);
});

command('reads the shape and the classes from --data, or from --shape and --classes, and accepts --depth', async () => {
  const totals = async (...words: string[]) => {
    const { stdout, stderr } = await boundgradHere(['summary', '--json', '--model', ...words]);
    assert.is(stderr, '');
    const { model, input, classes, rows, parameters, macs } = JSON.parse(stdout);
    return [model, input.join(), classes, rows.length, parameters, macs];
  };
  assert.equal(await totals('lenet'), ['lenet', '1,28,28', 10, 5, 61_706, 416_520]);
  assert.equal(await totals('mlp', '--data', 'blobs', '--depth', '0'), [
    'mlp',
    '2',
    3,
    1,
    2 * 128 + 128 + 128 * 3 + 3,
    5 * 128,
  ]);
  assert.equal((await totals('mlp', '--data', 'cifar10')).slice(1, 3), ['3,32,32', 10]);
  assert.equal(await totals('mlp', '--shape', '5', '--classes', '2'), [
    'mlp',
    '5',
    2,
    4,
    5 * 128 + 128 + 128 * 2 + 2,
    7 * 128,
  ]);
});

command('invalid arguments are refused in one line, with exit code 2', async () => {
  const refusals: [words: string[], RegExp][] = [
    [[], /summary: --model MODEL is missing; one of mlp, lenet/],
    [['--model', 'resnet21'], /--model: unknown: 'resnet21'; .*; did you mean resnet20\?/],
    [['--model', 'lenet', '--data', 'cifr10'], /--data: unknown: 'cifr10'; .*; did you mean cifar10\?/],
    [
      ['--model', 'lenet', '--shape', '3,8,8'],
      /--model lenet: does not take samples of shape \(3,8,8\): LeNet: imageSize must be/,
    ],
    [['--model', 'lenet', '--shape', '3,x'], /--shape: must be an integer of at least 1: 'x'/],
    [['--model', 'lenet', '--shape', '1,28,28', '--data', 'mnist'], /--shape: --data gives the shape: leave out/],
    [['--model', 'lenet', '--classes', '0'], /--classes: must be an integer of at least 1: '0'/],
    [['--model', 'lenet', '--depth', '-1'], /--depth: must be an integer of at least 0: '-1'/],
    [['--modle', 'lenet'], /--modle: unknown option; did you mean --model\?/],
  ];
  for (const [words, line] of refusals) {
    const { code, stdout, stderr } = await boundgradHere(['summary', ...words]);
    assert.equal([code, stdout, stderr.split('\n').length], [2, '', 2], words.join(' '));
    assert.match(stderr, line);
  }
});
