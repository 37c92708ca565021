// The poster on a full disk, and with a worker process that is killed: one line says what happened, no result is lost, and the same
// command continues. disk.long.ts fills the disk at more places.
import { readdirSync, readFileSync } from 'node:fs';
import { boundgrad, boundgradHere, temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { assertContinues, fullForm, results } from './fullForm.js';

const test = subject('Poster: full disks and killed workers');
const whole = temporary();

test('a record for which the disk has no room is undone, its checkpoint stays, and the next call continues from it', async () => {
  assert.is((await boundgradHere(fullForm(whole, 2))).code, 0);
  assert.is(results(whole).length, 2);
  // The line of the session and that of the first training are written, that of the second training is not.
  await assertContinues(2, results(whole));
});

const sentence = 'if a worker process is killed, one line says so, and the same command runs what is missing';
if (process.platform !== 'linux') test.skip(sentence, 'only Linux lists the children of a process in /proc');
else
  test(sentence, async () => {
    const out = temporary();
    let isWatched = false;
    const path = (pid: number) => `/proc/${pid}/task/${pid}/children`;
    const { code, stderr } = await boundgrad(fullForm(out, 2000), (stdout, child) => {
      if (isWatched || !stdout.includes('2 runs, about')) return;
      isWatched = true;
      const look = setInterval(() => {
        const [worker] = readFileSync(path(child.pid!), 'utf8').split(' ').filter(Boolean);
        const isTraining = readdirSync(out).includes('checkpoints');
        if (!worker || !isTraining) return;
        clearInterval(look);
        process.kill(Number(worker), 'SIGKILL');
      }, 10);
      child.once('close', () => clearInterval(look));
    });
    assert.equal(
      [code, stderr],
      [1, 'boundgrad: poster: a worker process ended: SIGKILL; the same command runs the missing tasks\n'],
    );
    assert.is((await boundgradHere(fullForm(out, 2))).code, 0);
    assert.equal(results(out), results(whole));
  });
