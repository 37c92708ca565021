import { gpu } from '../../core/backends/gpu/backend.js';
import { reference } from '../../core/backends/reference.js';
import { boundgrad, readRun, temporary } from '../cli/command.js';
import { assert, close, subject } from '../spec.js';
import { kernels, programs } from './suite.js';

for (const async of [false, true]) {
  const test = subject(`gpu.js, webasm${async ? ' on threads' : ' at once'}`);
  const backend = await gpu({ mode: 'webasm', async, smallest: 0 });
  for (const [sentence, show] of [...kernels, ...programs(reference)]) test(sentence, () => show(backend));
}

subject('gpu.js, from the command line')(
  'train --backend gpu gives the losses of the loops, and prints what ran',
  async () => {
    const losses: number[] = [];
    for (const backend of ['gpu', 'reference']) {
      const out = temporary();
      const words = ['train', '--model', 'lenet', '--max-steps', '3', '--out', out, '--backend', backend];
      const { code, stdout, stderr } = await boundgrad(words);
      assert.is(code, 0, stderr);
      if (backend === 'gpu') assert.match(stdout, /gpu \(.*conv2d WebAssemblyKernel/);
      losses.push(readRun(out, 'adabound').epochs[0].loss);
    }
    close([losses[0]], [losses[1]], 1e-5, 'the mean loss of three steps');
  },
);
