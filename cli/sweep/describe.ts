// The description of a sweep in a file, `--file sweep.json`, and its JSON schema. Both follow from the option schema: an entry of the file is
// the option of that name, and `space` has the ranges of each optimizer.
//
//   { "model": "lenet", "trials": 30,
//     "space": { "sgdm": { "lr": { "log": [1e-3, 1] }, "momentum": 0.9 }, "adam": { "lr": { "log": [1e-5, 0.1] } } } }
import { nearestName, showValue } from '../../core/index.js';
import { checkRange, type Range } from '../../sweep/space.js';
import { Failure, refuse } from '../failure.js';
import { readNamedJson } from '../namedFile.js';
import { optimizerKeys, settable } from '../options/hyperparameters.js';
import { type Call, parseCall } from '../options/parse.js';
import { nameOf } from '../options/schema.js';
import { fileKeys, type options, sweepOptions } from './options.js';
import { textOfRange } from './range.js';

/** The largest size of the file in bytes. */
const LARGEST = 2 ** 20;
const RANGES = ['log', 'uniform', 'integer', 'values'];

/** The call with the options of the file; the command line overrides them. Throws Failure, with the path of the entry, if the file is not a
 *  description of a sweep. */
export function withFile(path: string, call: Call): Call {
  const from = given(path);
  const { file: _, ...typed } = call.given;
  // Leaves out the ranges of optimizers that --optim does not name.
  const kept = typed.optim?.split(',').map((name) => name.trim());
  for (const name of from.keys()) {
    const [key, hyper] = name.split('.');
    if (hyper !== undefined && kept?.includes(key) === false) from.delete(name);
  }
  const words = Object.entries({ ...Object.fromEntries([...from].map(([name, { text }]) => [name, text])), ...typed });
  const line = words.map(([name, text]) => (text === '' ? `--${name}` : `--${name}=${text}`));
  try {
    return {
      ...parseCall({ name: 'sweep', options: sweepOptions, operands: ['DIR..'] }, [...line, ...call.operands])!,
      recorded: call.recorded,
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [, name = ''] = /^--([\w.-]+)/.exec(error.message) ?? [];
    const entry = Object.hasOwn(typed, name) ? undefined : from.get(name);
    if (entry === undefined) throw error;
    throw refuse(`'${path}': ${entry.path}${error.message.slice(name.length + 2)}`, error);
  }
}

/** The options in the file: the text of each by its name, and the path of the entry. */
function given(path: string): Map<string, { text: string; path: string }> {
  const bad = (entry: string, why: string) => refuse(`'${path}': ${entry}: ${why}`);
  const found = readNamedJson('--file', path, LARGEST);
  if (!isObject(found))
    throw refuse(`'${path}': not a description of a sweep: it takes { "space": .. }; --schema prints its form`);
  const { space, $schema: _, ...rest } = found;
  const all = new Map<string, { text: string; path: string }>();
  for (const [key, value] of Object.entries(rest)) {
    if (!fileKeys.includes(key)) throw bad(key, `unknown entry${hint(key, [...fileKeys, 'space'])}`);
    const items = Array.isArray(value) ? value : [value];
    const fits =
      items.length > 0 && items.every((item) => ['number', 'string'].includes(typeof item) && `${item}` !== '');
    if (!fits) throw bad(key, `must be a number, a text or a list of them: ${showValue(value)}`);
    all.set(nameOf(key), { text: items.join(), path: key });
  }
  if (!isObject(space) || Object.keys(space).length === 0)
    throw bad(
      'space',
      `must be an object of optimizers, as { "adam": { "lr": { "log": [1e-5, 0.1] } } }: ${showValue(space)}`,
    );
  for (const [key, ranges] of Object.entries(space)) {
    if (!optimizerKeys.includes(key)) throw bad(`space.${key}`, `not an optimizer${hint(key, optimizerKeys)}`);
    if (!isObject(ranges)) throw bad(`space.${key}`, `must be an object of ranges: ${showValue(ranges)}`);
    const known = Object.keys(settable(key));
    for (const [name, value] of Object.entries(ranges)) {
      const entry = `space.${key}.${name}`;
      if (!known.includes(name)) throw bad(entry, `${key} has no such hyper-parameter; it has ${known.join(', ')}`);
      const own = `${key}.${nameOf(name)}`;
      all.set(own, { text: textOfRange(rangeOf(value, entry, bad, Array.isArray(settable(key)[name]))), path: entry });
    }
  }
  return all.set('optim', { text: Object.keys(space).join(), path: 'space' });
}

/** A range as the file has it: an object of one kind, a list of values, or one value. isList: whether one value is a list. */
function rangeOf(value: unknown, entry: string, bad: (entry: string, why: string) => Failure, isList: boolean): Range {
  const isOne = isList ? Array.isArray(value) && !value.some(Array.isArray) : !Array.isArray(value);
  const range = isObject(value) ? value : { values: isOne ? [value] : value };
  try {
    checkRange(entry, range as unknown as Range);
  } catch (error) {
    throw bad(entry, (error as Error).message.slice(entry.length).replace(/^[:\s]+/, ''));
  }
  return range as unknown as Range;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hint(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near ? `; did you mean ${near}?` : `; one of ${known.join(', ')}`;
}

/** The JSON schema of the file. */
export function schemaOfFile(): object {
  const about = (key: string) => {
    const { about } = sweepOptions[key as keyof typeof options];
    return typeof about === 'string' ? about : '';
  };
  const kinds: Record<string, object> = {
    N: { type: 'integer' },
    X: { type: 'number' },
    NAME: { type: 'string' },
  };
  const kindOf = (key: string): object => {
    if (key === 'seeds') return { type: ['integer', 'string'] };
    const { value = '' } = sweepOptions[key as keyof typeof options] as { value?: string };
    return kinds[value] ?? { type: ['string', 'number', 'array'], items: { type: ['string', 'number'] } };
  };
  const pair = { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 };
  const value = { type: ['number', 'boolean', 'string', 'array'] };
  const ranges = Object.fromEntries(
    RANGES.map((kind) => [kind, kind === 'values' ? { type: 'array', items: value, minItems: 1 } : pair]),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The description of a sweep, for boundgrad sweep --file',
    type: 'object',
    required: ['space'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(fileKeys.map((key) => [key, { ...kindOf(key), description: about(key) }])),
      space: {
        description: 'for each optimizer, the ranges of its hyper-parameters; the others have their defaults',
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries(
          optimizerKeys.map((key) => {
            const properties = Object.fromEntries(
              Object.keys(settable(key)).map((name) => [name, { $ref: '#/$defs/range' }]),
            );
            return [key, { type: 'object', additionalProperties: false, properties }];
          }),
        ),
      },
    },
    $defs: {
      range: {
        description: 'one value, a list of values, or an object with one of log, uniform, integer and values',
        anyOf: [
          { type: ['number', 'boolean', 'string', 'array'] },
          { type: 'object', properties: ranges, additionalProperties: false, minProperties: 1, maxProperties: 1 },
        ],
      },
    },
  };
}
