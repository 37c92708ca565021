// boundgrad's own figures: the cases of bench/suites, by their names.
import { backend, setBackend, setThreads, threads } from 'boundgrad';
import type { Group } from '../case.js';
import { suites } from '../suites/index.js';
import { largeSteps } from '../suites/step.js';
import { serve } from './serve.js';

/** The suite of the current case. Ending it frees the tensors of the case. */
let open: Generator<Group> | undefined;

await setBackend('wasm', { wide: !process.argv.includes('--no-wide') });
const wide = backend().via?.('matmul')?.includes('wide');
await serve({
  about: `${backend().name} backend${wide ? ', wide' : ''}`,
  threads: [1, 2],
  prepare(work) {
    for (const suite of [suites.matmul, suites.conv, suites.step, largeSteps]) {
      open = suite();
      for (let group = open.next(); !group.done; group = open.next()) {
        const found = group.value.find((c) => c.rates[0].name === work);
        if (found) return found.run;
      }
    }
    throw new Error(`no such case: ${work}`);
  },
  async setThreads(count) {
    await setThreads(count);
    if (threads() !== count) throw new Error(backend().note);
  },
  release() {
    open?.return(undefined);
  },
});
