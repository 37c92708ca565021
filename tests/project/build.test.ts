// What build.mjs prints when a part of a command fails, and where the programs that it runs may be.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';

const test = subject('build.mjs');

const text = readFileSync('build.mjs', 'utf8');

/** The functions of build.mjs with these words, by name. */
const functionsWith = (words: RegExp) =>
  text
    .split(/^(?=(?:async )?function | {2}(?:async )?\w+\(.*\) \{$)/m)
    .filter((body) => words.test(body.replace(/^ *(\/\/|\/?\*).*$/gm, '')))
    .map((body) => /(\w+)\(/.exec(body)![1]);

test('only the function that runs npm ci names npm ci in an error, because its callers run other commands too', () => {
  assert.equal(functionsWith(/npm ci/), ['installOwn']);
  assert.ok(functionsWith(/installOwn\(/).length >= 4, 'its callers are found');
});

test('a program outside the checkout finds boundgrad and gets its arguments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'boundgrad-'));
  try {
    const file = join(folder, 'outside.ts');
    const imports = "import { tensor } from 'boundgrad';\nimport { csvFile } from 'boundgrad/node';\n";
    writeFileSync(file, `${imports}console.log(typeof csvFile, tensor([1, 2]).sum().itemSync(), process.argv[2]);`);
    const { stdout, stderr } = spawnSync(process.execPath, ['build.mjs', 'run', file, 'word'], { encoding: 'utf8' });
    assert.equal([stdout, stderr], ['function 3 word\n', '']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync('.build/run/outside', { recursive: true, force: true });
  }
});
