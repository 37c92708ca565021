// docs/tutorial.md: each program and command runs, and prints what the page says it prints.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { boundgradHere } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { runTutorial } from './tutorial.js';

const test = subject('The tutorial');
const folder = join('.build', `tutorial-${process.pid}`);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const home = process.cwd();
const commands = await runTutorial(folder, async (words) => {
  process.chdir(folder);
  try {
    const { code, stdout, stderr } = await boundgradHere([...words, '--backend', 'reference']);
    assert.is(code, 0, stderr);
    return stdout;
  } finally {
    process.chdir(home);
  }
});

/** The text without the digits that other engines and kernels round differently. */
const rough = (text: string) =>
  text
    .replace(/\d+\.\d %/g, 'N %')
    .replace(/ +/g, ' ')
    .replace(/\d{5,}\.\d+/g, (n) => String(Number(Number(n).toPrecision(3))));

for (const { line, printed, expected } of commands) {
  test(`${line} ${expected === null ? 'runs' : 'prints what the page says'}`, () => {
    if (expected === null) assert.is(printed, '');
    else assert.fixture(rough(printed), rough(expected));
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
    assert.match(shown, /^predict: row 0, column 'size': no value/);
  } finally {
    Object.assign(globalThis, before);
    Reflect.deleteProperty(globalThis, 'document');
  }
});
