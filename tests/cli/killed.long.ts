// The endurance tests of killed.test.ts: twelve kills of one run, and two of a LeNet, which then resumes with two threads.
import { join } from 'node:path';
import { Random } from '../../core/index.js';
import { assert, subject } from '../spec.js';
import { boundgrad, boundgradHere, temporary, tiny } from './command.js';
import { assertSurvives, final, killed, type Point } from './killing.js';

const test = subject('A killed run');

const points: [Point, number][] = [
  ['clock', 100],
  ['half', 2],
  ['rename', 3],
  ['renamed', 3],
  ['line', 4],
  ['remove', 2],
];

test('that is killed twelve times, at named points and at random moments, ends with the state of an uninterrupted run, bit for bit', async () => {
  const began = performance.now();
  await boundgrad(['train', ...tiny(40), '--out', temporary()]);
  const took = performance.now() - began;
  const stream = new Random(20).stream('moments');
  // The random kills give the run, all together, a thirteenth of its time on average, so each meets an unfinished run even on a faster machine.
  const moments = Array.from({ length: 6 }, () => ({ after: Math.floor((stream.uniform() * took) / 40) }));
  await assertSurvives([...points.map(([at, times]) => ({ at, times })), ...moments], 40);
});

test('resumes to the same bits on the wasm backend, with one thread or two', async () => {
  const words = ['train', '--model', 'lenet', '--batch-size', '16', '--max-steps', '8', '--checkpoint-every', '0.0001'];
  const [whole, cut] = [join(temporary(), 'lenet'), join(temporary(), 'lenet-cut')];
  await boundgradHere([...words, '--out', whole]);
  assert.is((await killed([...words, '--out', cut], { at: 'rename', times: 3 })).signal, 'SIGKILL');
  assert.is((await killed(['train', '--resume', cut], { at: 'half', times: 2 })).signal, 'SIGKILL');
  const { code, stdout } = await boundgradHere(['train', '--resume', cut, '--threads', '2']);
  assert.is(code, 0);
  assert.not.match(stdout, 'note:');
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
});
