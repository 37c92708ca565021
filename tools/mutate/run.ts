// One process of a mutation run. usage: run.mjs survey tests/optim/optimizer.test.mjs
//
//   survey <suite>        runs the suite as it is, and says what each sentence takes and which mutants it comes by
//   judge <sentences>     is the mutant MUTANT; says which sentence it begins, and ends at the first that fails
//
// What it says goes to file descriptor 3, a line of JSON each: the child's own output is the suites'.
import { writeSync } from 'node:fs';
import { sentences } from './spec.js';
import { onGradients } from './vjp.js';

/** What `survey` says of a sentence. */
export interface Surveyed {
  suite: string;
  /** Its place in the suite. */
  at: number;
  name: string;
  ms: number;
  /** The mutants that it comes by, those of loading its suite included. */
  reached: string[];
  /** What was wrong, if it fails. */
  error?: string;
}

/** What `judge` says: what it is at, and with which sentence of its list. */
export type Progress = [what: 'loads' | 'runs' | 'failed', n: number];

const load = (suite: string) => import(new URL(`../../${suite}`, import.meta.url).href);
const say = (line: Surveyed | Progress) => writeSync(3, `${JSON.stringify(line)}\n`);

async function survey(suite: string): Promise<void> {
  const gradients = new Set<string>();
  onGradients((id, part) => {
    gradients.add(id);
    return part();
  });
  await load(suite);
  // Made by the first chunk; see schema.ts.
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
    say({ suite, at, name, ms, reached: [...new Set([...loading, ...reached()])], error });
  }
}

async function judge(list: [suite: string, at: number][]): Promise<void> {
  const mutant = process.env.MUTANT;
  onGradients((id, part) => (id === mutant ? part().mul(1.01) : part()));
  const from = new Map<string, number>();
  for (const [n, [suite, at]] of list.entries()) {
    if (!from.has(suite)) {
      say(['loads', n]);
      from.set(suite, sentences.length);
      await load(suite);
    }
    say(['runs', n]);
    try {
      await sentences[from.get(suite)! + at].body();
    } catch {
      say(['failed', n]);
      break;
    }
  }
}

const [command, argument] = process.argv.slice(2);
await (command === 'survey' ? survey(argument) : judge(JSON.parse(argument)));
// Nothing that a suite left open may keep the process.
process.exit();
