// The endurance test of disk.test.ts: the disk becomes full at the record of each training.
import { boundgradHere, temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { assertContinues, fullForm, results } from './fullForm.js';

const test = subject('Poster: full disks');

test('whenever the disk becomes full, the record is undone, its checkpoint stays, and the next call continues from it', async () => {
  const whole = temporary();
  assert.is((await boundgradHere(fullForm(whole, 2))).code, 0);
  for (const lines of [0, 2]) await assertContinues(lines, results(whole));
});
