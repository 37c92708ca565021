// One call of the bench: its options, and a row for each case and number of threads. measure.ts describes how it measures.
import { parseArgs } from 'node:util';
import { backend, seed, setBackend } from 'boundgrad';
import { describeMachine } from '../node/machine.js';
import type { Row } from './case.js';
import { Ceiling } from './ceiling.js';
import { milliseconds, Refusal, someOf } from './command.js';
import { available, measure } from './measure.js';
import { suites } from './suites/index.js';
import { figure, format, HEADING } from './table.js';

function options(words: string[]) {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: words,
    options: {
      suite: text(Object.keys(suites).join()),
      only: text(''),
      time: text('1000'),
      threads: text('1,2'),
      backend: text('wasm'),
      mode: { type: 'string' },
      'no-wide': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const threads = [...new Set(values.threads.split(',').map(Number))];
  if (!threads.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new Refusal(`--threads: must be numbers of at least 1 with commas between: '${values.threads}'`);
  }
  return {
    ...values,
    suites: someOf('suite', values.suite, Object.keys(suites)),
    backends: someOf('backend', values.backend, values.backend === 'gpu' ? ['gpu'] : ['wasm', 'reference']),
    time: milliseconds(values.time),
    threads,
  };
}

/** Runs the benchmarks that these words choose. Throws Refusal if a word is wrong. */
export async function run(words: string[]): Promise<void> {
  const given = options(words);
  const say = (line: string) => given.json || console.log(line);
  let loading: Promise<Ceiling> | undefined;
  const ceiling = (via: string) => (loading ??= Ceiling.load(via));
  const rows: Row[] = [];

  say(describeMachine());
  if (given.backend === 'gpu') return beside(given, say);
  for (const which of given.backends as ('wasm' | 'reference')[]) {
    await setBackend(which, which === 'wasm' ? { wide: !given['no-wide'] } : {});
    const { counts, missing } = await available(given.threads);
    const notes = [missing, backend().buildNote].filter(Boolean).join('; ');
    say(`\n${backend().name}${notes && `: ${notes}`}\n\n${HEADING}`);
    if (!counts.length) continue;
    for (const name of given.suites) {
      seed(1);
      for (const group of suites[name]()) {
        const chosen = group.filter((c) => c.rates.some((r) => r.name.includes(given.only)));
        const found = chosen.length ? await measure(chosen, { time: given.time, threads: counts, ceiling }) : [];
        for (const row of found) say(format(row));
        rows.push(...found);
      }
    }
  }
  if (!rows.length && given.only)
    throw new Refusal(`--only: no row of ${given.suites} has '${given.only}' in its name`);
  if (!rows.length)
    throw new Refusal(`--threads: ${given.backends} can run none of these numbers of threads: ${given.threads}`);
  if (given.json) console.log(JSON.stringify(rows));
  say('\nspread: between the quartiles of single runs, relative to the median');
  if (loading) say(about(await loading));
}

/** Prints the device of gpu.js, and its rows beside those of the other backends. */
async function beside(given: ReturnType<typeof options>, say: (line: string) => void): Promise<void> {
  let gpu: typeof import('./gpu.js');
  try {
    gpu = await import('./gpu.js');
  } catch (cause) {
    throw new Refusal(`--backend gpu: it did not load: ${(cause as Error).message}`);
  }
  const device = await gpu.compared(given.mode);
  const { mode, renderer, note } = device;
  say(`\ngpu: ${[mode, renderer].filter(Boolean).join(', ')}${note && ` (${note})`}\n\n${HEADING}`);
  const rows: Row[] = [];
  for await (const row of gpu.comparison(device, given.only, given.time)) {
    say(format(row));
    rows.push(row);
  }
  await device.dispose();
  if (!rows.length) throw new Refusal(`--only: no row has '${given.only}' in its name`);
  if (given.json) console.log(JSON.stringify(rows));
}

function about({ best }: Ceiling): string {
  const figures = [...best].map(([threads, rate]) => `${figure(rate / 1e9)} with ${threads}`).join(', ');
  return `ceiling: share of the speed of the ceiling loop, whose GFLOP/s by threads are ${figures};
         a convolution by Winograd's algorithm counts as a plain one`;
}
