// Checks that the tests notice errors. Makes mutants: programs with one operator, constant, sign or condition of optim/
// or theory/ changed, or one gradient of core/ops scaled by 1.01. Prints for each mutant the first sentence that
// failed.
//
//   1  all mutants are written into one bundle, each behind a switch (mutants.ts, schema.ts, vjp.ts)
//   2  every suite runs without a mutant: it must pass, and shows which sentences execute which mutants (run.ts)
//   3  for each mutant a process runs those sentences, the fastest first, up to the first that fails (judge.ts)
//
// A mutant that no sentence notices has survived. survivors.ts excuses those that no test can notice.
//
// usage: npm run mutate -- [--file optim/step.ts] [--sample 40] [--seed 1]
import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../core/index.js';
import { judge, survey, type Verdict } from './judge.js';
import type { Surveyed } from './run.js';
import { bundle, type Mutant } from './schema.js';
import { survivors } from './survivors.js';
import { gradients } from './vjp.js';

const PROCESSES = 2;
/** The suites about optim/, theory/ and gradients. */
const suites = (readdirSync('tests', { recursive: true }) as string[])
  .filter((f) => /^(optim\/.*|theory\/.*|core\/(gradcheck|oracle|autodiff))\.test\.ts$/.test(f))
  .map((f) => `tests/${f}`);

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const folder = resolve('.build', `mutate-${process.pid}`);
const counts: Record<string, number> = { caught: 0, excused: 0, survived: 0 };
const used = new Set<(typeof survivors)[number]>();

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.exitCode = await main();

async function main(): Promise<number> {
  const all = [...(await bundle(folder, suites)), ...gradients()].filter((m) => m.file.includes(values.file));
  const order = new Random(Number(values.seed)).stream('mutants').permutation(all.length);
  const mutants = values.sample ? [...order.subarray(0, Number(values.sample))].map((i) => all[i]) : all;
  if (mutants.length === 0) return refuse(`no mutants: --file '${values.file}', --sample ${values.sample ?? 'all'}`);

  const found = await inParallel(suites, (suite) => survey(folder, suite.replace('.ts', '.mjs')));
  const sentences = found.flat().sort((a, b) => a.ms - b.ms);
  const failing = sentences.find((s) => s.error);
  if (failing) return refuse(`this sentence fails without a mutant: ${failing.name}: ${failing.error}`);
  const judges = new Map<string, Surveyed[]>(mutants.map((m) => [m.id, []]));
  for (const s of sentences) for (const id of s.reached) judges.get(id)?.push(s);
  // Each mutant gets the sentences in this order, so they must also pass in it. Otherwise a sentence that depends on
  // another one would fail and seem to notice a mutant.
  const relevant = sentences.filter((s) => s.reached.some((id) => judges.has(id)));
  const unchanged = await judge(folder, 'none', relevant);
  if (unchanged.by)
    return refuse(`this sentence ${unchanged.how} without a mutant, after other sentences: ${unchanged.by.name}`);
  console.error(`${mutants.length} mutants; ${relevant.length} sentences execute them, and pass without them`);

  const verdicts: Verdict[] = [];
  let [done, printed] = [0, 0];
  await inParallel(mutants, async (m, i) => {
    verdicts[i] = await judge(folder, m.id, judges.get(m.id)!);
    for (; verdicts[printed]; printed++) report(mutants[printed], verdicts[printed]);
    progress(++done, mutants.length);
  });
  return conclude(mutants === all && values.file === '');
}

function refuse(why: string): number {
  console.error(`mutate: ${why}`);
  return 2;
}

/** Prints a mutant's verdict and counts it. */
function report(m: Mutant, { how, by }: Verdict): void {
  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  const where = `${m.file}: ${m.line}\n    ${m.what}`;
  if (by) {
    count('caught');
    count(how);
    console.log(`caught    ${where}\n    by ${by.name}${how === 'failed' ? '' : ` (${how})`}`);
    return;
  }
  const excuse = survivors.find(
    (s) => m.file.startsWith(s.file) && m.line.includes(s.line) && m.what.startsWith(s.what),
  );
  if (excuse) used.add(excuse);
  count(excuse ? 'excused' : 'survived');
  console.log(`${excuse ? 'excused ' : 'SURVIVED'}  ${where}${excuse ? `\n    because ${excuse.because}` : ''}`);
}

/** Prints the counts and returns the exit code. In a run of all mutants an unused excuse is an error too. */
function conclude(isWhole: boolean): number {
  const { caught, excused, survived, failed, ...odd } = counts;
  console.log(`\n${caught} caught, ${excused} excused, ${survived} survived`);
  for (const [how, n] of Object.entries(odd))
    console.log(`of the caught mutants, ${n} by a sentence or suite that ${how}`);
  const unused = isWhole ? survivors.filter((s) => !used.has(s)) : [];
  for (const { file, line, what } of unused) console.log(`unused excuse: ${file}: ${line}: ${what}`);
  return survived || unused.length ? 1 : 0;
}

function progress(done: number, of: number): void {
  const text = `${done} of ${of}, ${counts.survived} survived`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text} `);
  else if (done % 50 === 0) console.error(text);
}

/** Calls `work` for each item, two at a time. Returns the results in the order of the items. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, i: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [i, item] of queue) results[i] = await work(item, i);
  };
  await Promise.all(Array.from({ length: PROCESSES }, worker));
  return results;
}
