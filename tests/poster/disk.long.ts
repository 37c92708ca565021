// The endurance test of disk.test.ts: the disk is full at each line of the records.
import { boundgradHere, temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { assertGoesOn, fullForm, results } from './fullForm.js';

const test = subject('Poster: full disks');

test('wherever the disk is full, the record is taken back, and its checkpoint stays, from which the next call goes on', async () => {
  const whole = temporary();
  assert.is((await boundgradHere(fullForm(whole, 2))).code, 0);
  for (const lines of [0, 2]) await assertGoesOn(lines, results(whole));
});
