// What build.mjs prints when a part of a command fails.
import { readFileSync } from 'node:fs';
import { assert, subject } from '../spec.js';

const test = subject('build.mjs');

const text = readFileSync('build.mjs', 'utf8');

/** The functions of build.mjs with these words, by name. */
const functionsWith = (words: RegExp) =>
  text
    .split(/^(?=(?:async )?function | {2}(?:async )?\w+\(.*\) \{$)/m)
    .filter((body) => words.test(body.replace(/^ *(\/\/|\/?\*).*$/gm, '')))
    .map((body) => /(\w+)\(/.exec(body)![1]);

test('npm ci is named only by the function that runs it, because in its callers other commands may fail', () => {
  assert.equal(functionsWith(/npm ci/), ['installOwn']);
  assert.ok(functionsWith(/installOwn\(/).length >= 4, 'its callers are found');
});
