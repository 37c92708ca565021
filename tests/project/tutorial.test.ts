// docs/tutorial.md: each program and command runs, and prints what the page says it prints.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { boundgradHere } from '../cli/command.js';
import { fastBackend } from '../fastBackend.js';
import { afterFile, assert, close, subject } from '../spec.js';
import { runTutorial } from './tutorial.js';

const test = subject('The tutorial');
const folder = join('.build', `tutorial-${process.pid}`);
afterFile(() => rmSync(folder, { recursive: true, force: true }));

const home = process.cwd();
const commands = await runTutorial(folder, async (words) => {
  process.chdir(folder);
  try {
    const { code, stdout, stderr } = await boundgradHere([...words, '--backend', fastBackend]);
    assert.is(code, 0, stderr);
    return stdout;
  } finally {
    process.chdir(home);
  }
});

/** Asserts that two texts are equal up to 1 % in their numbers: other kernels and engines round differently. */
function assertAlike(printed: string, expected: string): void {
  const number = /\d+(\.\d+)?/g;
  const words = (text: string) => text.replace(number, '#').replace(/ +/g, ' ');
  assert.fixture(words(printed), words(expected));
  const numbers = (text: string) => Array.from(text.matchAll(number), ([digits]) => Number(digits));
  close(numbers(printed), numbers(expected), 0.01);
}

for (const { line, printed, expected } of commands) {
  test(`${line} ${expected === null ? 'runs' : 'prints what the page says'}`, () => {
    // Training prints how long it took.
    if (expected === null) assert.ok(printed === '' || line.includes('boundgrad train'), printed);
    else assertAlike(printed, expected);
  });
}

test('the page of houses shows a value, and a message for a size that is left empty', async () => {
  let [size, shown] = ['100', ''];
  const listeners: (() => Promise<void>)[] = [];
  const output = {
    set textContent(text: string) {
      shown = text;
    },
  };
  const form = {
    querySelector: () => output,
    addEventListener: (_: string, listener: () => Promise<void>) => listeners.push(listener),
  };
  const fakes = {
    document: { querySelector: () => form },
    fetch: async (name: string) => new Response(readFileSync(join(folder, name))),
    FormData: function entries() {
      return Object.entries({ size, city: 'Oslo' });
    },
  };
  const before = { fetch: globalThis.fetch, FormData: globalThis.FormData };
  Object.assign(globalThis, fakes);
  try {
    await import(pathToFileURL(join(folder, 'houses.bundle.js')).href);
    assert.is(shown, 'about 400000');
    size = '';
    await listeners[0]();
    assert.match(shown, /^predict: sample 0, column 'size': no value/);
  } finally {
    Object.assign(globalThis, before);
    Reflect.deleteProperty(globalThis, 'document');
  }
});
