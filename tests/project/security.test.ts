// Each promise of SECURITY.md names a test sentence, and that sentence exists.
import { existsSync, readFileSync } from 'node:fs';
import { assert, subject } from '../spec.js';

const test = subject('SECURITY.md');

const text = readFileSync('SECURITY.md', 'utf8');
const [, promised, revealed] = text.split(/^## (?=What is promised|What files reveal)/m);
const named = [...text.matchAll(/\[(tests\/[^\]]+)\]\(([^)]+)\) "([^"]+)"/g)];

/** The text of a test file, with \' replaced by an apostrophe. */
const sentencesOf = (path: string) => readFileSync(path, 'utf8').replaceAll("\\'", "'");

test('each promise names a test', () => {
  const promises = promised.split('\n').filter((line) => line.startsWith('- '));
  assert.ok(promises.length >= 15, `${promises.length}`);
  for (const promise of promises) assert.match(promise, /\[tests\/\S+\.test\.ts\]\(\S+\) "/, promise);
  assert.match(revealed, /\[tests\/\S+\.test\.ts\]\(\S+\) "/);
});

test('each test that SECURITY.md names is in the file that it names', () => {
  for (const [, shown, path, sentence] of named) {
    assert.is(path, shown);
    assert.ok(existsSync(path), path);
    const quoted = [`'${sentence}'`, `"${sentence}"`, `\`${sentence}\``];
    assert.ok(
      quoted.some((q) => sentencesOf(path).includes(q)),
      `${path}: ${sentence}`,
    );
  }
});
