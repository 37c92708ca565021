// The processes of the poster's tasks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answered, IS_WORKER, Pool } from '../../cli/poster/pool.js';
import type { Question } from '../../cli/poster/worker.js';
import { temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const test = subject('Workers of the poster');

/** Runs one question in a pool of a program. */
async function answered(program: string): Promise<Answered> {
  const [, own] = process.argv;
  process.argv[1] = program;
  const pool = new Pool(1);
  const questions = [{} as Question];
  const answers: Answered[] = [];
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

test('a worker knows that it is one and starts no others, so a program that serves no tasks does not start itself without end', async () => {
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
