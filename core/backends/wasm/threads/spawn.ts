// Starts a worker: through worker_threads in Node, as a Web Worker in a page.
import { builtin } from '../../host.js';
import { type Post, serve } from './worker.js';

/** A started worker. */
export interface Thread {
  /** Resolves when the worker waits for jobs; rejects if it does not start. */
  ready: Promise<void>;
  /** Ends the worker. */
  end(): Promise<unknown>;
}

/** Starts a worker. Calls `ended` with the reason if the worker ends without end(). */
export type Spawn = (post: Post, ended: (why: string) => void) => Thread;

/** Why workers cannot run here; empty if they can. */
export function whyNoWorkers(): string {
  if (typeof SharedArrayBuffer === 'undefined')
    return 'no SharedArrayBuffer: a page must be cross-origin isolated, by the headers COOP and COEP';
  if (!builtin('node:worker_threads') && typeof Worker === 'undefined') return 'no workers';
  return '';
}

/** Starts a worker: through worker_threads if the host has them, else as a Web Worker. */
export const spawnWorker: Spawn = (post, ended) => {
  const threads = builtin<typeof import('node:worker_threads')>('node:worker_threads');
  return threads ? spawnInNode(threads, post, ended) : spawnInPage(post, ended);
};

function spawnInNode(
  { Worker }: typeof import('node:worker_threads'),
  post: Post,
  ended: (why: string) => void,
): Thread {
  const text = `const { parentPort, workerData } = require('node:worker_threads');
(${serve})(workerData, () => parentPort.postMessage(''));`;
  const worker = new Worker(text, { eval: true, workerData: post, execArgv: [], name: 'boundgrad kernels' });
  let asked = false;
  let error = '';
  worker.on('error', (e) => {
    error = `: ${e.message}`;
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      // A worker must not keep a finished program alive.
      worker.unref();
      resolve();
    });
    worker.once('exit', (code) => {
      const why = `it ended with exit code ${code}${error}`;
      reject(new Error(why));
      if (!asked) ended(why);
    });
  });
  const end = () => {
    asked = true;
    return worker.terminate();
  };
  return { ready, end };
}

function spawnInPage(post: Post, ended: (why: string) => void): Thread {
  const text = `onmessage = ({ data }) => (${serve})(data, () => postMessage(''));`;
  const address = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(address, { name: 'boundgrad kernels' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (e) => {
      const why = e.message || "the page's Content-Security-Policy has no 'worker-src blob:'";
      reject(new Error(why));
      ended(why);
    };
  }).finally(() => URL.revokeObjectURL(address));
  worker.postMessage(post);
  return { ready, end: async () => worker.terminate() };
}
