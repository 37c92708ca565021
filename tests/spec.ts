// A subject and its sentences, on uvu. Every suite runs as soon as its file has loaded, so none can be forgotten.
import { suite } from 'uvu';
import * as uvu from 'uvu/assert';
import { isNear } from './near.js';

/** The assertions of uvu. Its `throws` compares the error with a RegExp or a function only, so a text is not accepted here. */
export const assert: Omit<typeof uvu, 'throws'> & {
  throws(run: () => unknown, expected?: RegExp | ((error: any) => boolean), message?: string): void;
} = uvu;

type Sentence = (sentence: string, body: () => void | Promise<void>) => void;

/** The message of a test process to the runner when a sentence has ended or is skipped. */
export type Report = { subject: string; sentence: string; outcome: 'passed' | 'failed' | 'skipped'; note?: string };

/** The message when a file begins. */
export type Started = { started: string };

/** The message when the sentences of a file have ended: the CPU seconds of the process and its children, and what the file left changed
 *  in its process. */
export type Ended = { ended: string; seconds: number; left: string[] };

const cleanups: (() => void)[] = [];

/** Calls a function when the test file has ended, for example to remove folders; also if the process ends early. */
export function afterFile(cleanup: () => void): void {
  cleanups.push(cleanup);
}

/** Calls the functions that the test file passed to `afterFile`, in reverse order. */
export function cleanUp(): void {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) cleanup();
}

let left = 0;
/** The number of sentences that have not ended. */
export const sentencesLeft = () => left;

/** Opens a subject. The returned function adds a sentence and the body that checks it. */
export function subject(name: string): Sentence & { skip(sentence: string, why: string): void } {
  const tests = suite(name);
  const report = (sentence: string, outcome: Report['outcome'], note?: string) =>
    process.send?.({ subject: name, sentence, outcome, note } satisfies Report);
  const add: Sentence = (sentence, body) => {
    left++;
    tests(sentence, async () => {
      try {
        await body();
      } catch (error) {
        report(sentence, 'failed');
        throw error;
      } finally {
        left--;
      }
      report(sentence, 'passed');
    });
  };
  const skip = (sentence: string, why: string) => {
    tests.skip(sentence, () => {});
    report(sentence, 'skipped', why);
  };
  // uvu runs only the suites whose `run` is called. Calling it here, once the file has loaded, makes forgetting impossible.
  process.once('beforeExit', () => tests.run());
  return Object.assign(add, { skip });
}

/** Asserts |a - b| <= tolerance (1 + |b|) for every element. NaN equals NaN, and an infinity only itself. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = ''): void {
  assert.is(actual.length, expected.length, `${what}: ${actual.length} values, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (isNear(actual[i], expected[i], tolerance)) continue;
    assert.unreachable(`${what}[${i}]: ${actual[i]}, expected ${expected[i]} within ${tolerance} (1 + |b|)`);
  }
}
