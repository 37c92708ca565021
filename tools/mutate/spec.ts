// Stands in for spec.ts in a mutation run: sentences are gathered, for mutrun.ts to run those that it is told to.
export { assert, close } from '../../tests/spec.js';

export interface Sentence {
  name: string;
  body: () => void | Promise<void>;
}

/** The sentences of the suites that have been loaded. */
export const sentences: Sentence[] = [];

/** Opens a subject. The returned function adds a sentence. */
export function subject(name: string) {
  const add = (sentence: string, body: Sentence['body']) => void sentences.push({ name: `${name}: ${sentence}`, body });
  return Object.assign(add, { skip() {} });
}
