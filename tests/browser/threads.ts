// The wasm backend's workers as Web Workers: what they need from a page, and the same bits as one thread.
import { type WasmOptions, wasm } from '../../core/backends/wasm/backend.js';
import { backend, setBackend, setThreads, threads } from '../../core/index.js';
import { nets, run, runExamples, sameBits } from '../wasm/runs.js';

/** Splits everything that can be split, however small. */
const finest: WasmOptions = { workers: { partCost: 0 } };

const sentences: Record<string, () => Promise<void>> = {
  async 'every operation and its gradient: the same bits on 2 threads as on one'() {
    const one = await runExamples(await wasm());
    for (const [name, values] of await runExamples(await wasm(finest), 2)) sameBits(values, one.get(name)!, name);
  },
  async 'four nets: the same losses and parameters, bit by bit'() {
    for (const name of Object.keys(nets))
      sameBits(await run(await wasm(finest), name, 2), await run(await wasm(), name));
  },
  async 'workers can be ended and started again'() {
    await setBackend(await wasm());
    for (const count of [2, 1, 2]) {
      await setThreads(count);
      if (threads() !== count) throw new Error(`${threads()} threads, expected ${count}`);
    }
  },
};

/** Writes how many of two threads run, and why. If both run, also writes the outcome of each sentence. */
export async function threadsShown(say: (line: object) => void): Promise<void> {
  await setBackend(await wasm());
  const count = await setThreads(2);
  say({ threads: count, note: backend().note, via: backend().via('matmul') });
  if (count < 2) return;
  for (const [sentence, show] of Object.entries(sentences)) {
    try {
      await show();
      say({ sentence, outcome: 'passed', note: '' });
    } catch (error) {
      say({ sentence, outcome: 'failed', note: String(error) });
    }
  }
}
