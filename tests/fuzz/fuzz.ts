// npm run fuzz [-- --format NAME --seed N --count N --seconds N]: damaged and hostile inputs for each format that is read from
// outside. Prints a line for each format, and for each kind of failure the command that repeats it.
//
//   failures    an error that is not the project's; a message of over 2,000 characters; an input that takes over ten seconds or ends
//               the process; memory that grows by over 256 MB; an accepted input that does not satisfy the format
//
// --format: the format NAME, or those whose name contains it. --seed: the seed of the first input; the next ones have the next seeds.
// --count: the number of inputs for each format: 5000 by default, or as many as the time allows if --seconds is given.
// --seconds: the time for all formats together, unless an input ends the process.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { formats } from './formats/all.js';
import { kindOf, type Order, type Report, type Results, runTrials } from './trials.js';

/** Seconds that one input may take. */
const PATIENCE = 10;
/** The number of kinds of failures after which a format is given up if its inputs end the process. */
const SHOWN = 5;

/** The results for the inputs of a format. */
export interface Outcome extends Results {
  format: string;
  /** One failure of each kind, with the seed of the input. */
  failures: { what: string; seed: number }[];
}

/** Runs the inputs of all formats in one process. If an input ends it, the other inputs run in new processes.
 *  program: this file as a bundle. */
export async function fuzz(program: string, { formats, seed: first, count, seconds }: Order): Promise<Outcome[]> {
  const empty = { inputs: 0, accepted: 0, refused: 0, reasons: [], growth: 0 };
  const outcomes = formats.map((format): Outcome => ({ format, ...empty, failures: [] }));
  for (let [left, seed] = [outcomes, first]; left.length > 0; ) {
    // A format that continues after such an input runs in a process of its own: the other formats still begin at the first input.
    const now = seed === first ? left : left.slice(0, 1);
    const order = { formats: now.map(({ format }) => format), seed, count: first + count - seed, seconds };
    const died = await runChild(program, order, now);
    left = left.slice(died ? left.indexOf(died.in) : now.length);
    seed = died ? died.at + 1 : first;
    if (!died) continue;
    died.in.inputs += seed - order.seed;
    addFailure(died.in, died.why, died.at);
    if (seed < first + count && died.in.failures.length < SHOWN) continue;
    left = left.slice(1);
    seed = first;
  }
  return outcomes;
}

function addFailure({ failures }: Outcome, what: string, seed: number): void {
  if (!failures.some((known) => kindOf(known.what) === kindOf(what))) failures.push({ what, seed });
}

/** Runs the order in a process and adds to the outcomes. Resolves to the input that ended the process early, else to null. */
function runChild(
  program: string,
  order: Order,
  outcomes: readonly Outcome[],
): Promise<{ in: Outcome; why: string; at: number } | null> {
  const child: ChildProcess = fork(program, ['--trials', JSON.stringify(order)], {
    execArgv: ['--enable-source-maps', '--expose-gc', '--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let [at, stderr, why] = [order.seed, '', ''];
  let current = outcomes[0];
  let unread = outcomes.length;
  child.stderr?.on('data', (text) => {
    stderr = (stderr + text).slice(-2000);
  });
  return new Promise((resolve) => {
    const watch = (patience: number) =>
      setTimeout(() => {
        why = `it took over ${patience} s`;
        child.kill('SIGKILL');
      }, 1000 * patience);
    // The first report comes after the preparation, which may train.
    let timer = watch(3 * PATIENCE);
    child.on('message', (said: Report) => {
      clearTimeout(timer);
      timer = watch('at' in said ? PATIENCE : 3 * PATIENCE);
      current = outcomes.find(({ format }) => format === said.format)!;
      if ('at' in said) at = said.at;
      else if ('failure' in said) addFailure(current, said.failure, said.seed);
      else {
        unread--;
        const { inputs, accepted, refused, reasons, growth } = said.results;
        current.inputs += inputs;
        current.accepted += accepted;
        current.refused += refused;
        current.reasons = [...new Set([...current.reasons, ...reasons])];
        current.growth = Math.max(current.growth, growth);
      }
    });
    // The last messages may be read after the process has ended.
    const disconnected = once(child, 'disconnect');
    child.on('close', async (code, signal) => {
      await disconnected;
      clearTimeout(timer);
      if (code === 0 && unread === 0) return resolve(null);
      const last = /^.*(?:Error|FATAL).*$/m.exec(stderr)?.[0] ?? '';
      resolve({ in: current, why: why || `the process ended: ${signal ?? code} ${last}`, at });
    });
  });
}

/** Runs what the command line says. Returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      format: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      count: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const exact = formats.filter(({ name }) => name === values.format);
  const chosen = exact.length > 0 ? exact : formats.filter(({ name }) => name.includes(values.format));
  const [seed, seconds] = [Number(values.seed), Number(values.seconds ?? 1e9)];
  const count = Number(values.count ?? (values.seconds === undefined ? 5000 : 1e9));
  if (
    chosen.length === 0 ||
    !Number.isSafeInteger(seed) ||
    !Number.isSafeInteger(count) ||
    !(count > 0 && seconds > 0)
  ) {
    const names = formats.map(({ name }) => name).join(', ');
    console.error(
      `fuzz: --format must be one of these names, or a part of one: ${names}; all other options are numbers`,
    );
    return 2;
  }
  let failed = false;
  for (const { name } of chosen) {
    const began = performance.now();
    const order = { formats: [name], seed, count, seconds: seconds / chosen.length };
    const [{ inputs, accepted, refused, reasons, growth, failures }] = await fuzz(process.argv[1], order);
    const spent = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `${name.padEnd(18)} ${inputs} inputs in ${spent} s: ${accepted} accepted, ${refused} refused for ` +
        `${reasons.length} reasons, ${failures.length} failures, +${Math.round(growth / 2 ** 20)} MB`,
    );
    for (const { what, seed } of failures)
      console.log(`  ${what}\n  npm run fuzz -- --format ${name} --seed ${seed} --count 1`);
    failed ||= failures.length > 0;
  }
  return failed ? 1 : 0;
}

// The tests import this file; `main` runs only if it is the program.
if (process.argv[2] === '--trials') {
  let sent: Promise<unknown> = Promise.resolve();
  await runTrials(JSON.parse(process.argv[3]), (report) => {
    sent = new Promise((done) => process.send?.(report, done));
  });
  // Connections of servers that send false data may still be open. An exit loses messages that are not yet sent.
  await sent;
  process.exit();
} else if (process.argv[1].endsWith('fuzz.mjs')) process.exitCode = await main();
