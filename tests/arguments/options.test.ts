// Every public function, constructor and method that takes options according to TypeScript's declarations refuses an unknown option
// with the nearest name, a wrong value of an option, and anything but an object in place of the options.
import * as root from '../../index.js';
import { assert, subject } from '../spec.js';
import { type OptionsParameter, optionsOf } from './declarations.js';
import { NOT_CALLED, thrown, valid, validMethod } from './valid.js';

const test = subject('Unknown options');
const { BoundgradError } = root;

/** Types of parameters that are not options: objects of a program's own classes, states, and values of other functions. */
const NOT_OPTIONS = new Set([
  'Description',
  ...['Dataset', 'FeasibleSet', 'OnlineProblem', 'Rule', 'Progress', 'Scalars', 'Inspection', 'ErrorOptions'],
  ...['Iterable', 'NdArray', 'PictureBlob', 'OptimizerState', 'RandomState', 'StreamState'],
]);

const all = optionsOf(['index.ts', 'node/index.ts']).filter(
  ({ name, type }) => !NOT_OPTIONS.has(type) && !NOT_CALLED.test(name),
);

/** Calls with one change to the options. Returns what it throws. */
function withChange({ name, at }: OptionsParameter, change: (options: object) => unknown): Promise<unknown> {
  if (valid[name]) {
    const given = valid[name][1]();
    given[at] = change((given[at] ?? {}) as object);
    return thrown(valid[name][0], given);
  }
  const [receiver, given] = validMethod(name);
  given[at] = change((given[at] ?? {}) as object);
  const method = (receiver as Record<string, (...all: unknown[]) => unknown>)[name.split('.')[1]];
  return thrown((...args: unknown[]) => method.apply(receiver, args), given);
}

test('the declarations are read: sum, conv2d, fit, Adam and mnist take options', () => {
  const names = new Set(all.map((p) => p.name));
  for (const name of [
    'sum',
    'conv2d',
    'fit',
    'Adam',
    'mnist',
    'init.normal',
    'Module.loadStateDict',
    'TensorOperations.sum',
    'batchNorm',
  ])
    assert.ok(names.has(name), name);
  assert.ok(all.length > 100, `${all.length} parameters`);
});

test('an unknown option is refused everywhere, with the nearest known name', async () => {
  const found: string[] = [];
  for (const parameter of all) {
    const unknown = await withChange(parameter, (o) => ({ ...o, unheardOf: 1 }));
    if (!/unknown option: unheardOf; it has /.test(String(unknown)))
      found.push(`${parameter.name}: unheardOf: ${unknown}`);
    const [longest] = Object.keys(parameter.options).sort((a, b) => b.length - a.length);
    const misspelt = await withChange(parameter, (o) => ({ ...o, [`${longest}s`]: 1 }));
    if (!String(misspelt).includes(longest)) found.push(`${parameter.name}: ${longest}s: ${misspelt}`);
  }
  assert.equal(found, []);
});

test('a flag, a number, a list, a Map or a function in place of the options is refused', async () => {
  const found: string[] = [];
  for (const parameter of all) {
    for (const bad of [true, 3, 'x', null, [], new Map(), () => undefined]) {
      const error = await withChange(parameter, () => bad);
      if (!(error instanceof BoundgradError)) found.push(`${parameter.name}: ${typeof bad}: ${error}`);
    }
  }
  assert.equal(found, []);
});

test('a wrong value of an option is refused: a text for a number or flag, a word in capitals', async () => {
  const found: string[] = [];
  for (const parameter of all) {
    for (const [option, kind] of Object.entries(parameter.options)) {
      const words = /^("[^"]+"( \| )?)+$/.test(kind) ? kind.split(' | ').map((w) => w.slice(1, -1)) : [];
      const [word = null] = words;
      if (word === null && kind !== 'number' && kind !== 'boolean') continue;
      // A punctuation mark such as ',' has no capital.
      const others = word === null ? ['x'] : [word.toUpperCase(), word.toLowerCase(), 'x'];
      const bad = others.find((other) => other !== word)!;
      const error = await withChange(parameter, (o) => ({ ...o, [option]: bad }));
      const said = String(error);
      if (!(error instanceof BoundgradError)) found.push(`${parameter.name}: ${option}: ${bad}: ${error}`);
      else if (word && !words.some((w) => said.includes(w)))
        found.push(`${parameter.name}: ${option}: ${bad}: ${said}`);
    }
  }
  assert.equal(found, []);
});
