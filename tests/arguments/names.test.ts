// An error names the function that the user called, not one that it calls: the functions and constructors of valid.ts, except for large models
// and data that are fetched or unpacked, are called with tensors of wrong shapes, dtypes and values, and with other wrong values, for each
// argument.
//
// Inside a model a message begins with the layer, or with its function, such as `conv2d`: the reader finds both in the
// documentation, and the shapes in the message show which layer it is. So `summary` and `fit` pass this message on.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentScope } from '../../core/scope.js';
import * as root from '../../index.js';
import { afterFile, assert, subject } from '../spec.js';
import { large, thrown, valid, x } from './valid.js';

const test = subject('Names in errors');
// Some calls open scopes that nothing closes.
afterFile(() => {
  for (let open = currentScope(); open; open = currentScope()) open.close();
});
const { BoundgradError, tensor, zeros } = root;

const home = process.cwd();

/** Runs in a temporary folder, since `checkpointFolder('x')` creates the folder x. The temporary folder holds the file that
 *  `csvFile` reads. */
async function inTemporaryFolder(body: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-names-'));
  copyFileSync('package.json', join(folder, 'package.json'));
  process.chdir(folder);
  try {
    await body();
  } finally {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  }
}

const freed = () => {
  const t = x(2);
  t.dispose();
  return t;
};
const wrong: (() => unknown)[] = [
  ...[undefined, null, -7, 1.5, 99, Number.NaN, 'x'].map((value) => () => value),
  ...[{ unheardOf: 1 }, [], [9], [[1, 2], [3]]].map((value) => () => value),
  () => [x(3, 5)],
  () => [x(2), x(3)],
  () => x(3),
  () => x(3, 5),
  () => x(2, 3, 5, 7),
  () => zeros([0]),
  () => zeros([0, 2]),
  () => tensor([5, -9], { dtype: 'int32' }),
  () => zeros([3], { dtype: 'float64' }),
  () => tensor([true, false]),
  freed,
  () => [freed(), freed()],
];

/** Other words that a message may begin with, and why. */
const others: Record<string, RegExp> = {
  // The layer that refuses the input.
  summary: /^linear:/,
  summarize: /^linear:/,
  // A position in nested lists, which only `tensor` knows.
  tensorDataset: /^tensor: /,
  // The table that the function reads; `csv` documents its options.
  csvFile: /^(csv|x|package\.json|cannot read 'x'):/,
  // The file, or the kind of file.
  loadModel: /^checkpoint:/,
  loadModelFile: /^('x'|cannot read)/,
  readCheckpoint: /^'x'/,
  imageFolder: /^x:/,
  readPicture: /^cannot read 'x'/,
  // The name that the caller gave to the object.
  PointDataset: /^a:/,
  textDataset: /^text:/,
  'online.periodic': /^p:/,
  // The optimizer that is explained.
  explain: /^Adam:/,
};

/** Whether a message begins with the name, its last part, or the class that the function creates: resnet8 makes a ResNet. */
function begins(message: string, name: string): boolean {
  const first = /^[\w.]*/.exec(message)![0].toLowerCase();
  const called = name.toLowerCase();
  const made = /^[a-z]/.test(name) && /^[A-Z]/.test(message) && called.startsWith(first);
  return first === called || first === called.split('.').at(-1) || (made && first.length > 3);
}

test('the errors of functions and constructors begin with their names', async () => {
  const found = new Set<string>();
  let refused = 0;
  await inTemporaryFolder(async () => {
    for (const [name, [call, fits]] of Object.entries(valid)) {
      if (large.includes(name) || /^(fetchDataset|fashionMnistSample|mobyDickSample)$/.test(name)) continue;
      for (const bad of wrong) {
        for (const at of fits().keys()) {
          const given = fits().map((v, i) => (i === at ? bad() : v));
          const error = await thrown(call, given);
          if (!(error instanceof BoundgradError)) continue;
          refused++;
          if (!begins(error.message, name) && !others[name]?.test(error.message))
            found.add(`${name}: "${error.message}"`);
        }
      }
    }
  });
  assert.equal([...found], []);
  assert.ok(refused > 2000, `${refused} calls were refused`);
});

test('if a method of a tensor is also a function, its errors begin with its name', () => {
  const found = new Set<string>();
  const members = Object.entries(Object.getOwnPropertyDescriptors(root.Tensor.prototype));
  // `grad` is a function of the root, and a field of a tensor.
  const names = members.flatMap(([name, { value }]) => (value && Object.hasOwn(valid, name) ? [name] : []));
  assert.ok(names.length > 50, `${names.length} methods`);
  for (const name of names) {
    const [receiver, ...given] = valid[name][1]() as [root.Tensor, ...unknown[]];
    const receivers = [receiver, ...wrong.map((bad) => bad()).filter((t) => t instanceof root.Tensor)];
    for (const on of receivers as root.Tensor[]) {
      for (const bad of wrong) {
        try {
          (on as unknown as Record<string, (...all: unknown[]) => unknown>)[name](bad(), ...given.slice(1));
        } catch (error) {
          if (error instanceof BoundgradError && begins(error.message, name)) continue;
          found.add(`${name}: "${(error as Error).message}"`);
        }
      }
    }
  }
  assert.equal([...found], []);
});

test('the error of a layer begins with its class, a layer in it or the function that it calls', () => {
  const layers = {
    'Linear|linear': new root.Linear(2, 3),
    'Conv2d|conv2d': new root.Conv2d(2, 3, 3),
    'BatchNorm1d|batchNorm': new root.BatchNorm1d(2),
    'BatchNorm2d|batchNorm': new root.BatchNorm2d(2),
    'LayerNorm|layerNorm': new root.LayerNorm(2),
    'Embedding|embedding': new root.Embedding(2, 3),
    'Conv1d|conv1d': new root.Conv1d(2, 3, 3),
    'ConvTranspose2d|convTranspose2d': new root.ConvTranspose2d(2, 3, 3),
    'GroupNorm|groupNorm': new root.GroupNorm(1, 2),
    'Upsample|upsample': new root.Upsample({ scaleFactor: 2 }),
    Dropout2d: new root.Dropout2d(),
    'ELU|elu': new root.ELU(),
    'PReLU|prelu': new root.PReLU(),
    'Softmax|softmax': new root.Softmax(),
    MultiheadAttention: new root.MultiheadAttention(2, 1),
    'TransformerBlock|MultiheadAttention|LayerNorm': new root.TransformerBlock(2, 1),
    'MaxPool2d|maxPool2d': new root.MaxPool2d(2),
    'AvgPool2d|avgPool2d': new root.AvgPool2d(2),
    'AdaptiveAvgPool2d|adaptiveAvgPool2d': new root.AdaptiveAvgPool2d(1),
    'Dropout|dropout': new root.Dropout(),
    'ReLU|relu': new root.ReLU(),
    'GELU|gelu': new root.GELU(),
    'SiLU|silu': new root.SiLU(),
    'LeakyReLU|leakyRelu': new root.LeakyReLU(),
    'Flatten|flatten': new root.Flatten(),
  };
  const found = new Set<string>();
  for (const [names, layer] of Object.entries(layers)) {
    for (const bad of [...wrong, () => tensor([0, 2], { dtype: 'int32' })]) {
      try {
        (layer as root.Module<any>).forward(bad());
      } catch (error) {
        if (error instanceof BoundgradError && names.split('|').some((name) => begins(error.message, name))) continue;
        found.add(`${names}: "${(error as Error).message}"`);
      }
    }
  }
  assert.equal([...found], []);
});

test('each optimizer names itself and the option that is wrong', () => {
  for (const Class of Object.values(root.optimizers)) {
    for (const [option, value] of Object.entries(Class.defaults)) {
      if (typeof value !== 'number' && !Array.isArray(value)) continue;
      for (const bad of ['x', Number.NaN, -3, Number.POSITIVE_INFINITY]) {
        const given = Array.isArray(value) ? value.map(() => bad) : bad;
        let message = '';
        try {
          new Class(
            [x(2)].map((t) => Object.assign(t, { requiresGrad: true })),
            { [option]: given } as never,
          );
        } catch (error) {
          assert.instance(error, BoundgradError, `${Class.title} ${option} ${bad}: ${error}`);
          message = (error as Error).message;
        }
        const singular = option.replace(/s$/, '');
        if (message) assert.ok(message.startsWith(Class.title) && message.includes(singular), `${option}: ${message}`);
        else assert.ok(bad !== 'x' && !Number.isNaN(bad), `${Class.title} accepts ${option} ${bad}`);
      }
    }
  }
});
