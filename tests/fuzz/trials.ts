// Runs the trials of formats in the process that fuzz.ts started. fuzz.ts watches the time, and starts a new process if this one ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneLine } from '../../cli/failure.js';
import { BoundgradError, Random, setBackend, useRandom } from '../../core/index.js';
import { Draw } from './draw.js';
import { type Format, type Trial, WrongAcceptance, whereOf } from './format.js';
import { formats } from './formats/all.js';

/** What a process runs: `count` inputs of each format, from `seed` on. */
export interface Order {
  formats: string[];
  seed: number;
  count: number;
  /** Seconds after which no further input of a format is made. */
  seconds: number;
}

/** The results of a format. */
export interface Results {
  inputs: number;
  accepted: number;
  refused: number;
  /** The kinds of refusals. */
  reasons: string[];
  /** Bytes by which the largest memory of the process grew. */
  growth: number;
}

/** What a process reports about a format: the input that it begins, a failure, or its results. */
export type Report = { format: string } & ({ at: number } | { failure: string; seed: number } | { results: Results });

/** The most bytes by which the memory may grow. */
const GROWTH = 256 * 2 ** 20;
/** The most characters of a message, as the command prints it in one line. */
const LINE = 2000;

/** Runs the order, and reports. */
export async function runTrials({ formats: names, ...order }: Order, report: (said: Report) => void): Promise<void> {
  await setBackend('reference');
  for (const format of formats) {
    if (!names.includes(format.name)) continue;
    const results = await runFormat(format, order, (said) => report({ format: format.name, ...said }));
    report({ format: format.name, results });
  }
}

type Said = { at: number } | { failure: string; seed: number };

async function runFormat(
  { name, prepare }: Format,
  { seed, count, seconds }: Omit<Order, 'formats'>,
  report: (said: Said) => void,
): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-fuzz-'));
  try {
    useRandom(new Random(1));
    const results = { inputs: 0, accepted: 0, refused: 0, growth: 0 };
    const reasons = new Set<string>();
    let trial: Trial;
    try {
      trial = await prepare(folder);
    } catch (error) {
      report({ failure: `the preparation fails: ${error}${whereOf(error)}`, seed });
      return { ...results, reasons: [] };
    }
    const end = performance.now() + 1000 * seconds;
    const start = memory();
    for (let at = seed; at < seed + count && performance.now() < end; at++) {
      report({ at });
      results.inputs++;
      try {
        await trial(new Draw(at, name));
        results.accepted++;
      } catch (error) {
        const fault = faultOf(error);
        if (fault !== null) report({ failure: fault, seed: at });
        else {
          results.refused++;
          reasons.add(kindOf((error as Error).message));
        }
      }
      // The temporary memory of an input counts, and so does memory that waits for the garbage collector, but that of at most 50 inputs.
      if (results.inputs % 50 === 0) (globalThis as { gc?: () => void }).gc?.();
      const growth = memory() - start;
      if (growth > GROWTH && results.growth <= GROWTH)
        report({ failure: `memory grew by ${Math.round(growth / 2 ** 20)} MB`, seed: at });
      results.growth = growth;
    }
    return { ...results, reasons: [...reasons] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The largest memory that this process has had, in bytes. */
function memory(): number {
  return 1024 * process.resourceUsage().maxRSS;
}

/** What is wrong with an error; null if it is a proper refusal. */
function faultOf(error: unknown): string | null {
  if (error instanceof WrongAcceptance) return error.message;
  if (!(error instanceof BoundgradError)) {
    return `a raw error: ${String(error).slice(0, 200)}${whereOf(error)}`;
  }
  // The text that the command prints.
  if (oneLine(error.message).length > LINE)
    return `a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`;
  return null;
}

/** A message without the parts that differ between inputs: numbers and quoted names. */
export function kindOf(message: string): string {
  return message
    .replace(/'[^']*'|"(?:[^"\\]|\\.)*"?/g, '_')
    .replace(/-?\d[\w.+-]*/g, '0')
    .slice(0, 60);
}
