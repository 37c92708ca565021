// npm run bench -- [--backend reference,wasm] [--suite matmul,conv,..] [--time ms]
// Prints for each case the median rate, the spread between the quartiles of its runs, and what truly ran.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { backend, setBackend } from 'boundgrad';
import { Bench } from 'tinybench';
import { type Case, prepare, suites } from './suites.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'reference,wasm' },
    suite: { type: 'string', default: Object.keys(suites).join() },
    time: { type: 'string', default: '500' },
  },
});

const names = values.suite.split(',');
const unknown = names.filter((n) => !Object.hasOwn(suites, n));
if (unknown.length || !(Number(values.time) > 0)) {
  console.error(
    unknown.length
      ? `bench: unknown suite: ${unknown}; one of ${Object.keys(suites).join(', ')}`
      : `bench: --time must be milliseconds: ${values.time}`,
  );
  process.exit(2);
}

console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, one thread`);
console.log('median rate, with the quartiles of single runs in brackets\n');
for (const name of names) {
  for (const which of values.backend.split(',')) {
    await setBackend(which as 'reference' | 'wasm');
    prepare();
    for (const c of suites[name]()) console.log(await measure(c, which));
  }
}

async function measure(c: Case, which: string): Promise<string> {
  const bench = new Bench({
    time: Number(values.time),
    warmupTime: 100,
    warmupIterations: 2,
    iterations: 5,
    retainSamples: true,
  });
  bench.add(c.name, () => c.run());
  const [task] = await bench.run();
  const result = task.result;
  if (!('latency' in result) || !result.latency.samples) throw new Error(`bench: ${c.name} did not complete`);
  const sorted = [...result.latency.samples].sort((a, b) => a - b);
  const rate = (quantile: number) => (c.work / sorted[Math.floor(quantile * (sorted.length - 1))]) * 1000;
  const figure = (r: number) => (r >= 100 ? r.toFixed(0) : r.toPrecision(3));
  const ran = [...new Set(c.kernels.map((k) => `${k}: ${backend().via(k)}`))].join(', ');
  const spread = `[${figure(rate(0.75))} .. ${figure(rate(0.25))}]`;
  return `${c.name.padEnd(44)} ${which.padEnd(10)} ${figure(rate(0.5)).padStart(7)} ${spread.padEnd(18)} ${c.unit.padEnd(22)} ${ran}`;
}
