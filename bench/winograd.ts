// Does Winograd's form F(4x4, 3x3), with three times the rounding error of F(2x2, 3x3), harm a training? Trains ResNet-20 on CIFAR-10
// with each form from the same seeds, by the recipe of docs/results.md, and prints the test accuracies.
// Run: node build.mjs run bench/winograd.ts --data-dir D [--train-batches 1,2,..] [--epochs 30] [--seeds 7,8,9] [--out DIR]
// The same command resumes an interrupted training.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type AnyDataset,
  cifarAugment,
  DataLoader,
  fit,
  oneCycle,
  progress,
  resnet20,
  SGDM,
  seed,
  setBackend,
} from '../index.js';
import { checkpointFolder, cifar10 } from '../node/index.js';
import { mean, variance } from '../sweep/statistics.js';

const FORMS = [2, 4] as const;
type Form = (typeof FORMS)[number];

const { values: options } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    'train-batches': { type: 'string', default: '1' },
    epochs: { type: 'string', default: '30' },
    seeds: { type: 'string', default: '7,8,9' },
    out: { type: 'string', default: '.build/winograd' },
  },
});
const dir = options['data-dir'];
if (!dir) throw new Error('--data-dir is missing: the folder with data_batch_1.bin and test_batch.bin');
const numbers = (text: string) => text.split(',').map(Number);

const batches = numbers(options['train-batches']);
const train = await cifar10({ dir, train: true, batches, augment: cifarAugment() });
const test = await cifar10({ dir, train: false });
const seeds = numbers(options.seeds);

const results = new Map<Form, number[]>(FORMS.map((form) => [form, []]));
for (const s of seeds) for (const form of FORMS) results.get(form)?.push(await accuracy(form, s, train, test));

console.log(`\nresnet20, ${train.length} training images, ${options.epochs} epochs: test accuracy in percent`);
console.log(`| form | ${seeds.map((s) => `seed ${s}`).join(' | ')} | mean |`);
console.log(`|---|${'---|'.repeat(seeds.length + 1)}`);
const row = (name: string, found: readonly number[]) =>
  console.log(`| ${name} | ${[...found, mean(found)].map((a) => (100 * a).toFixed(2)).join(' | ')} |`);
for (const [form, found] of results) row(`F(${form}x${form}, 3x3)`, found);
const [two, four] = FORMS.map((form) => results.get(form) ?? []);
const differences = four.map((a, i) => a - two[i]);
row('difference', differences);
console.log(
  `standard error of the mean difference: ${(100 * Math.sqrt(variance(differences) / differences.length)).toFixed(2)}`,
);

/** Trains a net with one form of the convolutions, or resumes it, and returns its test accuracy after the last epoch. */
async function accuracy(winograd: Form, at: number, train: AnyDataset, test: AnyDataset): Promise<number> {
  await setBackend('wasm', { winograd, wide: true });
  seed(at);
  const model = resnet20();
  const optimizer = new SGDM(model.namedParameters(), { lr: 0.2, weightDecay: 5e-4 });
  const checkpoints = checkpointFolder(join(options.out, `f${winograd}-seed${at}`));
  console.log(`F(${winograd}x${winograd}, 3x3), seed ${at}`);
  const { outcome, note, epochs } = await fit(model, {
    train: new DataLoader(train, { batchSize: 128, shuffle: true, seed: at }),
    test,
    optimizer,
    checkpoints,
    epochs: Number(options.epochs),
    evalEvery: 10,
    schedule: oneCycle,
    callbacks: [progress()],
  });
  checkpoints.close();
  optimizer.dispose();
  model.dispose();
  const found = epochs.at(-1)?.testAccuracy;
  if (outcome !== 'finished' || found == null)
    throw new Error(`F(${winograd}x${winograd}), seed ${at}: ${outcome}: ${note}`);
  return found;
}
