// One program, three backends: examples/backends.ts in Node. tests/browser runs the same file in a page.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { exampleWrong } from '../browser/example.js';
import { assert, subject } from '../spec.js';

const test = subject('The same program');

/** The program beside the bundled test file that this process runs. */
const PROGRAM = join(dirname(process.argv[1]), '..', '..', 'examples', 'backends.mjs');
const run = (...words: string[]) => promisify(execFile)(process.execPath, [PROGRAM, ...words]);

for (const [backend, via, ...more] of [
  ['reference', 'loop'],
  ['wasm', 'wasm simd'],
  ['gpu', 'WebAssemblyKernel', '--mode', 'webasm'],
]) {
  test(`with --backend ${backend} gives the same losses, and ${via} ran`, async () => {
    const { stdout } = await run('--backend', backend, ...more);
    assert.is(exampleWrong(stdout, backend, via), '');
  });
}

test('refuses a backend that does not exist, by its name', async () => {
  const { stderr } = await run('--backend', 'cuda').catch((error) => error);
  assert.match(stderr, /BackendError: setBackend: .*cuda/);
});
