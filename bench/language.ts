// Two small language models with the settings of PyTorch programs (docs/results.md): an LSTM on names, a decoder on Shakespeare.
//
//   node build.mjs run bench/language.ts names FILE          29,000 names to train, one LSTM layer of 128, Adam 0.005, 5 epochs
//   node build.mjs run bench/language.ts shakespeare FILE    9/10 to train, 2 blocks of 64, context 64, AdamW 0.001, 2,000 steps
//
// FILE holds one name per line, or a text. Both commands print the cross-entropy of the held-out part in nats per character.
import { readFileSync } from 'node:fs';
import { noGrad, Random, scope, setBackend, setThreads, type Tensor, tensor } from '../core/index.js';
import { charLstm, gpt } from '../models/index.js';
import { crossEntropy, type Module } from '../nn/index.js';
import { Adam, AdamW, type Optimizer } from '../optim/index.js';

const [task, file] = process.argv.slice(2);
if (!['names', 'shakespeare'].includes(task) || file === undefined)
  throw new Error('language: takes names FILE, or shakespeare FILE');
await setBackend('wasm', { wide: true });
await setThreads(2);
const random = new Random(1);
await (task === 'names' ? names : shakespeare)(readFileSync(file, 'utf8'));

type Batch = [x: Int32Array, y: Int32Array, shape: [number, number]];

/** The mean cross-entropy over the positions that have a target; -1 stands for no target. */
function lossOf(model: Module, [x, y, shape]: Batch): Tensor {
  return crossEntropy(model.forward(tensor(x, { shape })), tensor(y, { shape }), { ignoreIndex: -1 });
}

function step(model: Module, optimizer: Optimizer<any>, batch: Batch): void {
  scope(() => {
    optimizer.zeroGrad();
    lossOf(model, batch).backward();
    optimizer.step();
  });
}

function testLoss(model: Module, batch: Batch): number {
  return scope(() => noGrad(() => lossOf(model, batch).itemSync()));
}

function seconds(): string {
  return `${(performance.now() / 1000).toFixed(0)} s`;
}

/** Names in the letters a to z, with token 0 before and after each. */
async function names(text: string): Promise<void> {
  const all = text.split(/\s+/).filter((name) => name !== '');
  shuffle(all, 'split');
  const [train, test] = [all.slice(0, 29_000), all.slice(29_000)];
  const steps = Math.max(...all.map((name) => name.length)) + 1;
  const batchOf = (some: string[]): Batch => {
    const [x, y] = [new Int32Array(some.length * steps), new Int32Array(some.length * steps).fill(-1)];
    for (const [i, name] of some.entries()) {
      const tokens = [...name].map((c) => c.charCodeAt(0) - 96);
      x.set(tokens, i * steps + 1);
      y.set([...tokens, 0], i * steps);
    }
    return [x, y, [some.length, steps]];
  };
  const model = charLstm({ vocabulary: 27, random });
  const optimizer = new Adam(model.namedParameters(), { lr: 0.005 });
  for (let epoch = 1; epoch <= 5; epoch++) {
    shuffle(train, `epoch ${epoch}`);
    for (let i = 0; i < train.length; i += 64) step(model, optimizer, batchOf(train.slice(i, i + 64)));
    console.log(`epoch ${epoch}: ${testLoss(model, batchOf(test)).toFixed(4)} nats per character, ${seconds()}`);
  }
}

async function shakespeare(text: string): Promise<void> {
  const [context, size] = [64, 32];
  const classes = [...new Set(text)].sort();
  const numbers = new Map(classes.map((c, i) => [c, i]));
  const tokens = Int32Array.from(text, (c) => numbers.get(c)!);
  const border = Math.floor(0.9 * tokens.length);
  const [train, test] = [tokens.subarray(0, border), tokens.subarray(border)];
  const draw = (part: Int32Array, name: string): Batch => {
    const [x, y] = [new Int32Array(size * context), new Int32Array(size * context)];
    for (let i = 0; i < size; i++) {
      const from = random.stream(name).below(part.length - context - 1);
      x.set(part.subarray(from, from + context), i * context);
      y.set(part.subarray(from + 1, from + context + 1), i * context);
    }
    return [x, y, [size, context]];
  };
  const model = gpt({ vocabulary: classes.length, context, random });
  const optimizer = new AdamW(model.namedParameters(), { lr: 0.001 });
  for (let t = 1; t <= 2000; t++) {
    step(model, optimizer, draw(train, 'train'));
    if (![500, 1000, 2000].includes(t)) continue;
    const losses = Array.from({ length: 40 }, () => testLoss(model, draw(test, 'test')));
    console.log(`step ${t}: ${(losses.reduce((a, b) => a + b) / 40).toFixed(4)} nats per character, ${seconds()}`);
  }
}

/** Puts a list into a random order, in place. */
function shuffle(list: unknown[], stream: string): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.stream(stream).below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
}
