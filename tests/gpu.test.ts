import { gpu } from '../core/backends/gpu.js';
import { reference } from '../core/backends/reference.js';
import { kernels, programs } from './gpusuite.js';
import { subject } from './spec.js';

for (const async of [false, true]) {
  const test = subject(`gpu.js, webasm${async ? ' on threads' : ' at once'}`);
  const backend = await gpu({ mode: 'webasm', async, smallest: 0 });
  for (const [sentence, show] of [...kernels, ...programs(reference)]) test(sentence, () => show(backend));
}
