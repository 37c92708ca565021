// The sentences of suite.ts on headless GL. headless.sh runs this file.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gpu } from '../../core/backends/gpu/backend.js';
import { reference } from '../../core/backends/reference.js';
import { kernels, manySteps, programs, type Sentence, shown } from './suite.js';

const library = pathToFileURL(resolve('.build/headlessgl/node_modules/gpu.js/src/index.js')).href;
// Importing a CommonJS module by an absolute path gives its exports as the default export.
const load = () => import(library);

const memory: Sentence = [
  '300 training steps with changing batches take no more than 50 MB after the first 50',
  async (backend) => {
    let after50 = 0;
    await manySteps(backend, (step) => {
      if (step === 50) after50 = process.memoryUsage().rss;
    });
    const grown = (process.memoryUsage().rss - after50) / 1e6;
    if (grown > 50) throw new Error(`${grown.toFixed(0)} MB more`);
  },
];

let failed = 0;
for (const async of [true, false]) {
  // Without a mode: headless GL starts in this process, so gpu() chooses it.
  const backend = await gpu({ async, smallest: 0, kernels: 32, load });
  if (backend.mode !== 'headlessgl') throw new Error(`${backend.mode} was chosen: ${backend.note}`);
  console.log(`\n${backend.mode}${async ? '' : ', synchronous'}: ${backend.renderer}, ${backend.via('matmul')}`);
  for await (const { sentence, outcome, note } of shown([...kernels, ...programs(reference), memory], backend)) {
    console.log(`  ${outcome === 'passed' ? '✓' : '✗'} ${sentence}${note ? `\n${note}` : ''}`);
    if (outcome === 'failed') failed++;
  }
  await backend.dispose();
}
process.exit(failed ? 1 : 0);
