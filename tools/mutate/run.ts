// One process of a mutation run. usage: run.mjs survey tests/optim/optimizer.test.mjs
//
//   survey <suite>        runs the suite without a mutant; reports the time of each sentence and the mutants it executes
//   judge <sentences>     runs the sentences with the mutant MUTANT; reports each and ends at the first that fails
//
// Each report is a line of JSON on file descriptor 3, because the suites print to standard output.
import { writeSync } from 'node:fs';
import { sentences } from './spec.js';
import { onGradients } from './vjp.js';

/** What `survey` reports of a sentence. */
export interface Surveyed {
  suite: string;
  /** Its index in the suite. */
  at: number;
  name: string;
  /** How long it took, in milliseconds. */
  ms: number;
  /** The mutants that it executes, including those executed while its suite loads. */
  reached: string[];
  /** The error, if it fails. */
  error?: string;
}

/** What `judge` reports: what it does, and with which sentence of its list. */
export type Progress = [what: 'loads' | 'runs' | 'failed', n: number];

const load = (suite: string) => import(new URL(`../../${suite}`, import.meta.url).href);
const report = (line: Surveyed | Progress) => writeSync(3, `${JSON.stringify(line)}\n`);

async function survey(suite: string): Promise<void> {
  const gradients = new Set<string>();
  onGradients((id, part) => {
    gradients.add(id);
    return part();
  });
  await load(suite);
  // The first chunk makes this array; see schema.ts.
  const flags: Uint8Array = (globalThis as any).__reached;
  const reached = () => [...[...flags.keys()].filter((id) => flags[id]).map(String), ...gradients];
  const loading = reached();
  for (const [at, { name, body }] of sentences.entries()) {
    flags.fill(0);
    gradients.clear();
    const start = performance.now();
    const error = await Promise.resolve()
      .then(body)
      .then(() => undefined, String);
    const ms = performance.now() - start;
    report({ suite, at, name, ms, reached: [...new Set([...loading, ...reached()])], error });
  }
}

async function judge(list: [suite: string, at: number][]): Promise<void> {
  const mutant = process.env.MUTANT;
  onGradients((id, part) => (id === mutant ? part().mul(1.01) : part()));
  const from = new Map<string, number>();
  for (const [n, [suite, at]] of list.entries()) {
    if (!from.has(suite)) {
      report(['loads', n]);
      from.set(suite, sentences.length);
      await load(suite);
    }
    report(['runs', n]);
    try {
      await sentences[from.get(suite)! + at].body();
    } catch {
      report(['failed', n]);
      break;
    }
  }
}

const [command, argument] = process.argv.slice(2);
await (command === 'survey' ? survey(argument) : judge(JSON.parse(argument)));
// A handle that a suite left open must not keep the process alive.
process.exit();
