// Every option of every command, from its declaration: it is parsed, documented in help and restored by --resume.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, loadCommand } from '../../cli/commands/command.js';
import { commands as entries } from '../../cli/commands/table.js';
import { commandHelp } from '../../cli/help.js';
import { ownDataOptions } from '../../cli/options/data.js';
import { optimizerKeys, settable } from '../../cli/options/hyperparameters.js';
import { parseCall } from '../../cli/options/parse.js';
import { writeGiven } from '../../cli/options/resume.js';
import { nameOf, type Option, type Schema } from '../../cli/options/schema.js';
import { assert, subject } from '../spec.js';
import { asNpx, temporary } from './command.js';

const test = subject('Options');
const folder = temporary();
const commands = await Promise.all(entries.map(loadCommand));

const TABLE = ['--data', 'csv:a.csv', '--target', 'b'];
/** A text that an option accepts, by the name of its value in help. */
const samples: Record<string, string> = {
  ...{ N: '3', K: '3', X: '0.5', NUMBERS: '1,2', EPOCHS: '2,4', MINUTES: '5', DIR: folder, FILE: 'a.mjs', RUN: folder },
  ...{ URL: 'https://example.org/', 'C,H,W': '1,8,8', FRAGMENT: '#' },
};
/** Words for an option that takes one of certain names, or that needs other options. The key is the option's, or `COMMAND KEY` if the
 *  words are for one command. */
const special: Record<string, string[]> = {
  data: ['--data', 'moons'],
  model: ['--model', 'lenet'],
  optim: ['--optim', 'adam'],
  panels: ['--panels', 'funnel'],
  schedule: ['--schedule', 'cosine'],
  draw: ['--draw', 'halton'],
  backend: ['--backend', 'reference'],
  augment: ['--augment', 'flip', '--data', 'cifar10', '--data-dir', folder],
  trainBatches: ['--train-batches', '2,1', '--data', 'cifar10', '--data-dir', folder],
  lrDecay: ['--lr-decay', '0.5', '--milestones', '2'],
  target: ['--target', 'b', '--data', 'csv:a.csv'],
  columns: ['--columns', 'a,c', ...TABLE],
  classes: ['--classes', ...TABLE],
  categories: ['--categories', 'a', ...TABLE],
  delimiter: ['--delimiter', ';', ...TABLE],
  decimal: ['--decimal', ',', ...TABLE],
  missingValues: ['--missing-values', 'NA', ...TABLE],
  missing: ['--missing', 'drop', ...TABLE],
  fill: ['--fill', 'median', ...TABLE],
  noStandardize: ['--no-standardize', ...TABLE],
  val: ['--val', '0.3', ...TABLE],
  folds: ['--folds', '3', ...TABLE],
  average: ['--average', 'swa'],
  loss: ['--loss', 'huber', ...TABLE],
  classWeights: ['--class-weights', 'balanced'],
  size: ['--size', '28', '--data', 'images:photos'],
  level: ['--level', 'word', '--data', 'text:a.txt', '--model', 'gpt'],
  context: ['--context', '9', '--data', 'text:a.txt', '--model', 'gpt'],
  sample: ['--sample', '3', '--data', 'text:a.txt'],
  channels: ['--channels', '1', '--data', 'images:photos'],
  dataDir: ['--data-dir', folder, '--data', 'mnist'],
  full: ['--full', '--data-dir', folder],
  'poster dataDir': ['--data-dir', folder, '--full'],
  'lab json': ['--json', '--state', '#'],
  'lab csv': ['--csv', 'a.csv', '--state', '#'],
  'eval model': ['--model', 'a.mjs'],
  'predict model': ['--model', 'a.mjs'],
  'summary classes': ['--classes', '3'],
  // A sweep takes no table.
  'sweep val': ['--val', '0.5'],
  engine: ['--engine', 'redis://localhost:6379'],
  'worker dataDir': ['--data-dir', folder],
};

/** Words that give an option, and the options that it needs. Options that the command does not have are left out: eval, for example,
 *  reads the target from the checkpoint. */
function wordsFor(command: Command, key: string, { value }: Option): string[] {
  const name = `--${nameOf(key)}`;
  const words = special[`${command.name} ${key}`] ?? special[key];
  if (words) return knownWords(words, command.options);
  const [hyper, only] = key.split('.').reverse();
  const owner = only ?? optimizerKeys.find((k) => Object.hasOwn(settable(k), hyper));
  if (owner && command.options.optim) return ['--optim', owner, name, String(settable(owner)[hyper])];
  return value === undefined ? [name] : [name, samples[value] ?? `add a sample for ${value}`];
}

/** The words without those of options that are not in the schema. */
function knownWords(words: string[], options: Schema): string[] {
  const names = Object.keys(options).map((key) => `--${nameOf(key)}`);
  let isKnown = false;
  return words.filter((word) => {
    if (word.startsWith('--')) isKnown = names.includes(word);
    return isKnown;
  });
}

/** Options that a command requires. */
const needed: Record<string, string[]> = {
  eval: ['--checkpoint', 'x'],
  predict: ['--checkpoint', 'x'],
  summary: ['--model', 'lenet'],
};
const callOf = (command: Command, words: string[]) => {
  const more = (needed[command.name] ?? []).flatMap((word, i, all) => {
    const name = i % 2 === 0 ? word : all[i - 1];
    return words.includes(name) ? [] : [word];
  });
  return parseCall(command, [...words, ...more])!;
};

for (const command of commands) {
  // --resume needs a run, and --worker a parent process.
  const options = Object.entries(command.options).filter(([key]) => key !== 'resume' && key !== 'worker');

  test(`${command.name}: every option is parsed, and one without its value is refused`, () => {
    for (const [key, option] of options) {
      const { values } = callOf(command, wordsFor(command, key, option));
      if (option.value === undefined) assert.is(values[key], true, key);
      else assert.is.not(values[key], undefined, key);
      if (option.value !== undefined)
        assert.throws(() => callOf(command, [`--${nameOf(key)}`]), /a value is missing/, key);
    }
  });

  test(`${command.name}: help lists every option once, with its text and its default, and no hidden option`, () => {
    const help = commandHelp(command)
      .join('\n')
      .replace(/\n {5,}/g, ' ');
    for (const [key, option] of Object.entries(command.options)) {
      const rows = help.split('\n').filter((line) => line.startsWith(`  --${nameOf(key)} `));
      assert.is(rows.length, option.isHidden ? 0 : 1, key);
      if (option.isHidden) continue;
      const about = typeof option.about === 'string' ? option.about : option.about(command.options);
      assert.ok(about.length > 0 && rows[0].replace(/\s+/g, ' ').includes(about), `${key}: ${rows[0]}`);
      if (option.value !== undefined && typeof option.default === 'string') {
        assert.match(rows[0], `(${option.shownDefault ?? option.default})`);
      }
    }
  });
}

test("each option for a user's own data is refused with a data set of the library", () => {
  const train = commands.find(({ name }) => name === 'train')!;
  for (const key of Object.keys(ownDataOptions)) {
    const words = special[key].slice(0, special[key].indexOf('--data'));
    const refusal = new RegExp(`^--${nameOf(key)}: it is for --data .*: the data are moons; leave it out$`);
    assert.throws(() => callOf(train, [...words, '--data', 'moons']), refusal, key);
  }
});

test("sweep: help has no option for a user's own data, which a sweep does not take", () => {
  const help = commandHelp(commands.find(({ name }) => name === 'sweep')!).join('\n');
  assert.ok(!/images:|csv:|\btables?\b|\btexts\b/.test(help), help);
});

test('the examples of help begin with npx if npx started the command', async () => {
  const help = await asNpx(() => commandHelp(commands.find(({ name }) => name === 'report')!));
  assert.ok(help.includes('  npx boundgrad report runs/mine'), help.join('\n'));
});

for (const command of commands) {
  test(`${command.name}: help fits into 60 columns, with the same words as in 100, and its examples are accepted`, () => {
    const narrow = commandHelp(command, 60);
    assert.equal(
      narrow.filter((line) => line.length > 60 && line.trim().includes(' ')),
      [],
    );
    const words = (lines: string[]) => lines.join(' ').split(/\s+/).join(' ');
    assert.is(words(narrow), words(commandHelp(command, 100)));
    const { examples = [] } = command;
    assert.ok(!['train', 'compare', 'eval'].includes(command.name) || examples.length >= 3);
    for (const example of examples) {
      const [program, name, ...rest] = example.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
      assert.equal([program, name], ['boundgrad', command.name]);
      assert.ok(parseCall(command, rest), example);
    }
  });
}

for (const command of commands.filter(({ options }) => options.resume)) {
  test(`${command.name}: --resume restores every option, except those for one call only; the same value is accepted again, unless the option is refused`, () => {
    for (const [key, option] of Object.entries(command.options)) {
      if (key === 'resume') continue;
      const { onResume = 'fixed' } = option;
      const out = join(folder, `${command.name}-${key}`);
      mkdirSync(out);
      const words = wordsFor(command, key, option);
      const first = callOf(command, words);
      writeGiven(out, command, first);
      const resume = ['--resume', out];
      const second = parseCall(command, resume)!;
      const isKept = onResume === 'fixed' || onResume === 'free';
      assert.is(nameOf(key) in second.given, isKept, key);
      if (isKept) assert.equal(second.values[key], first.values[key], key);
      const given = words.indexOf(`--${nameOf(key)}`);
      const same = words.slice(given, given + (option.value === undefined ? 1 : 2));
      if (onResume === 'refused') assert.throws(() => parseCall(command, [...resume, ...same]), /leave it out/, key);
      else assert.ok(parseCall(command, [...resume, ...same]), key);
    }
  });

  test(`${command.name}: --resume refuses a new value of every fixed option, and accepts one of every free option that is not a name`, () => {
    for (const [key, option] of Object.entries(command.options)) {
      if (option.value === undefined || key === 'resume') continue;
      const out = join(folder, `${command.name}-${key}`);
      const name = nameOf(key);
      const words = ['--resume', out, `--${name}`, '97'];
      if (option.onResume === 'free' && option.value !== 'NAME') assert.ok(parseCall(command, words), key);
      if ((option.onResume ?? 'fixed') !== 'fixed') continue;
      assert.throws(() => parseCall(command, words), new RegExp(`has other settings: --${name} .* then, 97 now`), key);
    }
  });
}

test('--resume accepts another text for the same value, and refuses another value', () => {
  const train = commands.find(({ name }) => name === 'train')!;
  const out = join(folder, 'same');
  mkdirSync(out);
  const table = ['--data', 'csv:a.csv', '--target', 'y,z'];
  const given = [...table, '--fill', 'city=unknown,age=median', '--lr', '0.001', '--epochs', '3'];
  writeGiven(out, train, parseCall(train, given)!);
  const resumed = (...words: string[]) => parseCall(train, ['--resume', out, ...words])!.values;
  assert.equal(resumed('--fill', 'age=median, city=unknown', '--lr', '1e-3').fill, { age: 'median', city: 'unknown' });
  assert.equal(resumed('--target', 'y, z').target, ['y', 'z']);
  // The order of the targets is the order of the outputs.
  const others = [
    ['target', 'z,y'],
    ['fill', 'age=mean,city=unknown'],
    ['fill', 'age=1,age=2'],
    ['lr', '0.002'],
  ];
  for (const [name, text] of others)
    assert.throws(() => resumed(`--${name}`, text), new RegExp(`other settings: --${name} .* then, ${text} now`));
});

test('--fill keeps the text for each column: the table decides whether it is a number', () => {
  const train = commands.find(({ name }) => name === 'train')!;
  const fill = (text: string) => parseCall(train, [...TABLE, '--fill', text])!.values.fill;
  assert.equal(fill('city=007,a=b=0x10'), { city: '007', 'a=b': '0x10' });
  assert.equal([fill('-1e1'), fill('.5'), fill('median')], [-10, 0.5, 'median']);
  assert.throws(() => fill('0x10'), /--fill: not a number: '0x10'/);
  assert.throws(() => fill('age=mean,age=5'), /--fill: age is listed twice: 'age=mean,age=5'/);
  assert.throws(() => fill('age=5, age =5'), /--fill: age is listed twice/);
});

test('a hyper-parameter has the same type in every optimizer, so that one option sets all; lists may differ in length', () => {
  const types = new Map<string, string>();
  for (const key of optimizerKeys) {
    for (const [name, value] of Object.entries(settable(key))) {
      const type = Array.isArray(value) ? 'numbers' : typeof value;
      assert.is(types.get(name) ?? type, type, `${key}.${name}`);
      types.set(name, type);
    }
  }
});

test('every hyper-parameter has a text in help', () => {
  const { options } = commands.find(({ name }) => name === 'compare')!;
  for (const key of optimizerKeys.flatMap((k) => Object.keys(settable(k)).map((name) => `${k}.${name}`))) {
    assert.match(options[key].about as string, /^\w/, key);
  }
});
