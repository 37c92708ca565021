// The page's workers, one for each kind of state: sends them requests, and gives up a worker that fails or falls silent.
import { batch } from '@preact/signals';
import type { StateKind } from '../core/state.js';
import type { Answer, Request } from '../worker.js';
import { isPlaying, kind, runs } from './state.js';

// The page contains the worker's program as text: a page that is opened from disk cannot load another file.
const program = document.getElementById('worker')!.textContent!;
const address = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
const images = document.getElementById('images');

let receive: (answer: Answer, of: StateKind) => void;

/** Gives all later answers, with the kind of state of their worker, to a function. */
export function receiveBy(to: typeof receive): void {
  receive = to;
}

/** The promises of numbers that a worker still has to compute, by the id of their request. */
export const waiting = new Map<
  number,
  { of: StateKind; resolve(numbers: number[]): void; reject(error: Error): void }
>();

/** Sends a request to the worker of a kind of state, and starts the worker if there is none. */
export function send(to: StateKind, request: Request): void {
  const run = runs[to];
  if (run.lost) return lose(to, run.lost);
  try {
    let { worker } = run;
    if (!worker) {
      worker = run.worker = new Worker(address);
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        run.silence = 0;
        if (!run.lost) receive(data, to);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        lose(to, event.message || 'the browser did not start it, or ended it');
      };
      worker.onmessageerror = () => lose(to, 'an answer could not be read');
      if ((to === 'net' || to === 'race') && images)
        worker.postMessage({ kind: 'images', id: 0, base64: images.textContent! } satisfies Request);
    }
    worker.postMessage(request);
  } catch (error) {
    lose(to, String((error as Error).message));
  }
}

/** Ends a worker that cannot continue, and shows the reason instead of its answers. */
function lose(of: StateKind, why: string): void {
  const run = runs[of];
  run.lost = why;
  run.worker?.terminate();
  const message = `the page’s worker stopped: ${why}; reload the page, and if it happens again, choose fewer steps or another browser`;
  for (const [id, each] of waiting) {
    if (each.of !== of) continue;
    waiting.delete(id);
    each.reject(new Error(message));
  }
  batch(() => {
    run.isBusy.value = false;
    run.problem.value = { message, where: 'program' };
    if (of === kind.value) isPlaying.value = false;
  });
}

/** Seconds without an answer after which a run is given up. A slow phone takes several seconds for a step of a large batch. */
const PATIENCE = 60;
// A browser that is short of memory may end a worker without an event. A timer counts the seconds: a clock would also count those in which
// the page is hidden or suspended and gets no answers. The count of a hidden page is 0, and the timer of a suspended page rests.
setInterval(() => {
  for (const [of, run] of Object.entries(runs)) {
    const isWaiting = [...waiting.values()].some((request) => request.of === of);
    const isRunning = run.id > 0 && run.isBusy.value && !isWaiting;
    run.silence = isRunning && !document.hidden ? run.silence + 1 : 0;
    if (run.silence >= PATIENCE) lose(of as StateKind, `it has not answered for ${PATIENCE} seconds`);
  }
}, 1000);
