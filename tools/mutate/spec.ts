// Replaces tests/spec.ts in a mutation run: it collects the sentences, and run.ts runs a selection of them.
export { assert, close } from '../../tests/spec.js';

/** A sentence of a suite. */
export interface Sentence {
  name: string;
  body: () => void | Promise<void>;
}

/** The sentences of the loaded suites. */
export const sentences: Sentence[] = [];

/** Starts a subject. The returned function adds a sentence to it. */
export function subject(name: string) {
  const add = (sentence: string, body: Sentence['body']) => void sentences.push({ name: `${name}: ${sentence}`, body });
  return Object.assign(add, { skip() {} });
}
