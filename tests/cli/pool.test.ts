// The worker processes of the poster and of sweeps.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IS_WORKER, Pool } from '../../cli/pool.js';
import type { Answered } from '../../cli/worker.js';
import { assert, subject } from '../spec.js';
import { temporary } from './command.js';

const test = subject('Worker processes');

/** The answer to a question of a pool of one worker process, which runs this program. */
async function answered(program: string): Promise<Answered<string>> {
  const [, own] = process.argv;
  process.argv[1] = program;
  const pool = new Pool<object, string>('poster', 1);
  const questions = [{}];
  const answers: Answered<string>[] = [];
  try {
    await pool.run(
      () => questions.pop() ?? null,
      (_, answer) => answers.push(answer),
    );
    return answers[0];
  } finally {
    pool.close();
    process.argv[1] = own;
  }
}

test('a worker process starts no worker processes: a program that does not serve the tasks would start itself forever', async () => {
  const program = join(temporary(), 'program.mjs');
  writeFileSync(
    program,
    `process.on('message', () => process.send({ result: process.env.${IS_WORKER}, seconds: process.argv.length }));`,
  );
  assert.equal(await answered(program), { result: '1', seconds: 4 });
  process.env[IS_WORKER] = '1';
  try {
    await answered(program).then(
      () => assert.unreachable(),
      (error) => assert.match(error, /a worker process starts no others/),
    );
  } finally {
    delete process.env[IS_WORKER];
  }
});

test('after a stop no process starts, and the answer is null', async () => {
  const [, own] = process.argv;
  const program = join(temporary(), 'program.mjs');
  const trace = join(temporary(), 'trace');
  writeFileSync(program, `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(trace)}, '');`);
  process.argv[1] = program;
  const pool = new Pool<object, string>('poster', 1);
  try {
    pool.stop();
    assert.equal(await pool.ask({}), { result: null, seconds: 0 });
    assert.not.ok(existsSync(trace));
  } finally {
    pool.close();
    process.argv[1] = own;
  }
});
