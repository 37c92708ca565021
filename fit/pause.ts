// Lets the event loop run, which training on the CPU never does by itself. Without pauses, signals, timers and a page's own work would
// wait until its end.

/** Milliseconds between pauses: in a browser each pause takes at least four. */
const INTERVAL = 20;
let last = 0;

/** Waits for one turn of the event loop, unless the last such wait ended less than 20 ms ago. */
export async function pause(): Promise<void> {
  if (performance.now() - last < INTERVAL) return;
  // Node's setImmediate takes microseconds.
  const { setImmediate } = globalThis as { setImmediate?: (resume: () => void) => void };
  await new Promise<void>((resume) => (setImmediate ? setImmediate(resume) : setTimeout(resume)));
  last = performance.now();
}
