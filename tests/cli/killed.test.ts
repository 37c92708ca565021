// A run that is killed at any moment, and resumed each time, ends with the state of a run that never stopped. killed.long.ts kills
// it twelve times, at six points and at six random moments, and also kills a LeNet.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary, tiny } from './command.js';
import { assertSurvives, final, journal, killed } from './killing.js';

const test = subject('A killed run');
const folder = temporary();

// A kill at `rename` leaves files of the same names as one at `half`, and a kill at `remove` the same files as one at `renamed`.
test('that is killed within a checkpoint, between two, within a line and at a random moment ends with the state of an uninterrupted run, bit for bit', () =>
  assertSurvives([{ at: 'half', times: 2 }, { at: 'renamed', times: 2 }, { at: 'line', times: 2 }, { after: 20 }], 24));

test('without a checkpoint starts again, and keeps the first line of its journal', async () => {
  const [whole, cut] = [join(folder, 'whole2'), join(folder, 'cut2')];
  await boundgradHere(['train', ...tiny(), '--out', whole]);
  assert.is((await killed(['train', ...tiny(), '--out', cut], { at: 'half', times: 1 })).signal, 'SIGKILL');
  assert.equal(
    journal(cut, 'adabound').map((r) => r.kind),
    ['run', 'epoch'],
  );
  const { code, stdout } = await boundgradHere(['train', '--resume', cut]);
  assert.is(code, 0);
  assert.match(stdout, /AdaBound +epoch 1\/2 /);
  assert.equal(journal(cut, 'adabound'), journal(whole, 'adabound'));
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
});

const sentence = 'resumes on another backend, and names the kernels whose results differ';
if (existsSync('core/backends/wasm/backend.ts'))
  test(sentence, async () => {
    const out = join(folder, 'kernels');
    const words = ['train', '--model', 'mlp', '--data', 'blobs', '--epochs', '1', '--out', out];
    await boundgradHere(words);
    const { stdout } = await boundgradHere(['train', '--resume', out, '--epochs', '2', '--backend', 'reference']);
    const kernels = 'kernels: wasm simd.*, results [0-9a-f]{8} then, loop, results [0-9a-f]{8} now';
    assert.match(stdout, new RegExp(`note: .*may differ: backend: wasm then, reference now; ${kernels}\\n`));
  });
else test.skip(sentence, 'the wasm backend is not in this build');
