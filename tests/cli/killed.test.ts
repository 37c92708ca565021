// A run that is killed twenty times, at any moment, and resumed each time, ends equal to a run that was never stopped.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../core/index.js';
import { assert, subject } from '../spec.js';
import { temporary, tiny } from './command.js';
import { ended, epochsOf, final, journal, killed, type Point } from './killing.js';

const test = subject('A killed run');
const folder = temporary();

const options = [...tiny(40), '--eval-every', '10', '--checkpoint-every', '0.0005', '--json'];
const points: [Point, number][] = [
  ['clock', 100],
  ['half', 2],
  ['rename', 3],
  ['renamed', 3],
  ['line', 4],
  ['remove', 2],
  ['clock', 200],
  ['half', 5],
  ['rename', 1],
  ['line', 2],
];

test('that is killed twenty times, at named points and at random moments, ends equal to an uninterrupted run, bit for bit', async () => {
  const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
  const began = performance.now();
  assert.is((await killed(['train', ...options, '--out', whole], null)).code, 0);
  const took = performance.now() - began;
  const stream = new Random(20).stream('moments');
  // Together an eighth of the run, so that each kill meets an unfinished run even if the machine becomes faster.
  const moments = Array.from({ length: 10 }, () => ({ after: Math.floor((stream.uniform() * took) / 40) }));
  const kills = [...points.map(([at, times]) => ({ at, times })), ...moments];
  let words = ['train', ...options, '--out', cut];
  for (const when of kills) {
    const { signal, code, stderr } = await killed(words, when);
    assert.is(signal, 'SIGKILL', `${JSON.stringify(when)}: code ${code}, ${stderr}`);
    assert.not.ok(ended(cut, 'adabound'), `${JSON.stringify(when)} met a finished run`);
    words = ['train', '--resume', cut, '--json'];
  }
  assert.is(kills.length, 20);
  const { code, stderr } = await killed(words, null);
  assert.equal([code, stderr], [0, '']);
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  const [records, expected] = [journal(cut, 'adabound'), journal(whole, 'adabound')];
  assert.equal(epochsOf(records), epochsOf(expected));
  assert.equal([records[0], records.at(-1)], [expected[0], expected.at(-1)]);
  assert.equal(readdirSync(cut).sort(), readdirSync(whole).sort(), 'nothing is left behind');
  assert.equal(
    readdirSync(join(cut, 'adabound')).filter((f) => !f.endsWith('.safetensors')),
    [],
  );
});

test('without a checkpoint starts again, and keeps the first line of its file', async () => {
  const [whole, cut] = [join(folder, 'whole2'), join(folder, 'cut2')];
  await killed(['train', ...tiny(), '--out', whole], null);
  assert.is((await killed(['train', ...tiny(), '--out', cut], { at: 'half', times: 1 })).signal, 'SIGKILL');
  assert.equal(
    journal(cut, 'adabound').map((r) => r.kind),
    ['run', 'epoch'],
  );
  const { code, stdout } = await killed(['train', '--resume', cut], null);
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
    const words = ['train', '--model', 'lenet', '--max-steps', '20', '--checkpoint-every', '0.0005'];
    const [whole, cut] = [join(folder, 'lenet'), join(folder, 'lenet-cut')];
    await killed([...words, '--out', whole], null);
    assert.is((await killed([...words, '--out', cut], { at: 'rename', times: 3 })).signal, 'SIGKILL');
    assert.is((await killed(['train', '--resume', cut], { at: 'half', times: 2 })).signal, 'SIGKILL');
    const { code, stdout } = await killed(['train', '--resume', cut, '--threads', '2'], null);
    assert.is(code, 0);
    assert.not.match(stdout, 'note:');
    assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  });
  test(sentences[1], async () => {
    const out = join(folder, 'kernels');
    const words = ['train', '--model', 'mlp', '--data', 'blobs', '--epochs', '1', '--out', out];
    await killed(words, null);
    const { stdout } = await killed(['train', '--resume', out, '--epochs', '2', '--backend', 'reference'], null);
    const kernels = 'kernels: wasm simd.*, results [0-9a-f]{8} then, loop, results [0-9a-f]{8} now';
    assert.match(stdout, new RegExp(`note: .*may differ: backend: wasm then, reference now; ${kernels}\\n`));
  });
} else for (const sentence of sentences) test.skip(sentence, 'the wasm backend is not in this build');
