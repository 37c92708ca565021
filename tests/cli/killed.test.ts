// A run that is killed at any moment and resumed each time ends equal to a run that was never stopped. killed.long.ts kills
// it twelve times.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary, tiny } from './command.js';
import { assertSurvives, final, journal, killed } from './killing.js';

const test = subject('A killed run');
const folder = temporary();

test('that is killed once at each named point, and at a random moment, ends equal to an uninterrupted run, bit for bit', () =>
  assertSurvives(
    [
      { at: 'clock', times: 60 },
      { at: 'half', times: 2 },
      { at: 'rename', times: 2 },
      { at: 'renamed', times: 2 },
      { at: 'line', times: 2 },
      { at: 'remove', times: 2 },
      { after: 20 },
    ],
    24,
  ));

test('without a checkpoint starts again, and keeps the first line of its file', async () => {
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

const sentences = [
  'resumes to the same bits on the wasm backend, with one thread or two',
  'resumes on another backend, and names the kernels whose results differ',
];
if (existsSync('core/backends/wasm/backend.ts')) {
  test(sentences[0], async () => {
    const words = [
      'train',
      '--model',
      'lenet',
      '--batch-size',
      '16',
      '--max-steps',
      '8',
      '--checkpoint-every',
      '0.0001',
    ];
    const [whole, cut] = [join(folder, 'lenet'), join(folder, 'lenet-cut')];
    await boundgradHere([...words, '--out', whole]);
    assert.is((await killed([...words, '--out', cut], { at: 'rename', times: 3 })).signal, 'SIGKILL');
    assert.is((await killed(['train', '--resume', cut], { at: 'half', times: 2 })).signal, 'SIGKILL');
    const { code, stdout } = await boundgradHere(['train', '--resume', cut, '--threads', '2']);
    assert.is(code, 0);
    assert.not.match(stdout, 'note:');
    assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  });
  test(sentences[1], async () => {
    const out = join(folder, 'kernels');
    const words = ['train', '--model', 'mlp', '--data', 'blobs', '--epochs', '1', '--out', out];
    await boundgradHere(words);
    const { stdout } = await boundgradHere(['train', '--resume', out, '--epochs', '2', '--backend', 'reference']);
    const kernels = 'kernels: wasm simd.*, results [0-9a-f]{8} then, loop, results [0-9a-f]{8} now';
    assert.match(stdout, new RegExp(`note: .*may differ: backend: wasm then, reference now; ${kernels}\\n`));
  });
} else for (const sentence of sentences) test.skip(sentence, 'the wasm backend is not in this build');
