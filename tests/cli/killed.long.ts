// The endurance test of killed.test.ts: twelve kills.
import { Random } from '../../core/index.js';
import { subject } from '../spec.js';
import { boundgrad, temporary, tiny } from './command.js';
import { assertSurvives, type Point } from './killing.js';

const test = subject('A killed run');

const points: [Point, number][] = [
  ['clock', 100],
  ['half', 2],
  ['rename', 3],
  ['renamed', 3],
  ['line', 4],
  ['remove', 2],
];

test('that is killed twelve times, at named points and at random moments, ends equal to an uninterrupted run, bit for bit', async () => {
  const began = performance.now();
  await boundgrad(['train', ...tiny(40), '--out', temporary()]);
  const took = performance.now() - began;
  const stream = new Random(20).stream('moments');
  // On average together a thirteenth of the run, so that each kill meets an unfinished run even if the machine becomes faster.
  const moments = Array.from({ length: 6 }, () => ({ after: Math.floor((stream.uniform() * took) / 40) }));
  await assertSurvives([...points.map(([at, times]) => ({ at, times })), ...moments], 40);
});
