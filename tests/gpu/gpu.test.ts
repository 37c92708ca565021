import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gpu } from '../../core/backends/gpu/backend.js';
import { reference } from '../../core/backends/reference.js';
import { boundgradHere, readRun, temporary } from '../cli/command.js';
import { png } from '../pictures/encode.js';
import { assert, close, subject } from '../spec.js';
import { kernels, programs, THREADED } from './suite.js';

const whole = programs(reference);
// With threads the same kernels run. gpu.long.ts has the other programs.
for (const [name, async, sentences] of [
  ['synchronous', false, [...kernels, ...whole]],
  ['on threads', true, [...kernels, ...whole.slice(0, THREADED)]],
] as const) {
  const test = subject(`gpu.js, webasm ${name}`);
  const backend = await gpu({ mode: 'webasm', async, smallest: 0 });
  for (const [sentence, show] of sentences) test(sentence, () => show(backend));
}

subject('gpu.js, from the command line')(
  'train --backend gpu gives the losses of the loops, and prints what ran',
  async () => {
    const losses: number[] = [];
    const photos = temporary();
    for (const name of ['dark', 'light']) {
      mkdirSync(join(photos, name));
      const samples = Array.from({ length: 3 * 12 * 12 }, (_, i) => (name === 'dark' ? 9 : 200) + (i % 40));
      for (let i = 0; i < 40; i++)
        writeFileSync(join(photos, name, `${i}.png`), png({ width: 12, height: 12, samples }));
    }
    for (const backend of ['gpu', 'reference']) {
      const out = temporary();
      const words = ['train', '--data', `images:${photos}`, '--size', '12', '--model', 'lenet', '--batch-size', '16'];
      const rest = ['--epochs', '1', '--out', out, '--backend', backend];
      const { code, stdout, stderr } = await boundgradHere([...words, ...rest]);
      assert.is(code, 0, stderr);
      if (backend === 'gpu') assert.match(stdout, /gpu \(.*conv2d WebAssemblyKernel/);
      losses.push(readRun(out, 'adabound').epochs[0].loss);
    }
    close([losses[0]], [losses[1]], 1e-5, 'the mean loss of four steps');
  },
);
