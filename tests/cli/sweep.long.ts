// The endurance test of sweep.test.ts: twenty kills, of the sweep and of its workers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../core/index.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';
import { killed, type Moment } from './killing.js';

const test = subject('A killed sweep');

test('that is killed twenty times, at named points and at random moments, has the same sweep.json, byte for byte', async () => {
  const root = temporary();
  const options = [
    ...[
      '--data',
      'blobs',
      '--backend',
      fastBackend,
      '--epochs',
      '4',
      '--seeds',
      '3',
      '--trials',
      '8',
      '--workers',
      '2',
    ],
    ...['--halving', '2', '--optim', 'sgdm,adabound', '--sgdm.lr', 'log(1e-3,1)', '--adabound.final-lr', 'log(1e-2,1)'],
  ];
  const began = performance.now();
  const whole = await boundgradHere(['sweep', ...options, '--out', join(root, 'whole')]);
  assert.is(whole.code, 0, whole.stderr);
  const took = performance.now() - began;
  const points: Moment[] = (['line', 'half', 'rename', 'renamed', 'remove'] as const).flatMap((at) => [
    { at, times: 1 },
    { at, times: 2 },
    { at, times: 3 },
  ]);
  const stream = new Random(24).stream('moments');
  // Together these moments are less than half of the sweep's time, so each kill meets an unfinished sweep even if the machine becomes faster.
  const moments = Array.from({ length: 5 }, () => ({ after: Math.floor((took / 12) * stream.uniform()) }));
  let words = ['sweep', ...options, '--out', join(root, 'killed')];
  for (const when of [...points, ...moments]) {
    const { signal, code, stderr } = await killed(words, when);
    const isKilled = signal === 'SIGKILL' || /a worker process ended: SIGKILL/.test(stderr);
    assert.ok(isKilled, `${JSON.stringify(when)}: ${code}, ${stderr}`);
    words = ['sweep', '--resume', join(root, 'killed')];
  }
  const { code, stderr } = await boundgradHere(words);
  assert.equal([code, stderr], [0, '']);
  const bytes = (folder: string, name: string) => readFileSync(join(root, folder, name), 'utf8');
  for (const name of ['sweep.json', 'sweep.html']) assert.ok(bytes('killed', name) === bytes('whole', name), name);
});
