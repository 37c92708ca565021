// Records can come from a stranger's folder. A marker that would end a style element, a script or an attribute, or start an
// element, is put into each string of a run, into each kind of string of a poster, and into the keys that a report prints, one at a
// time. No page contains it unescaped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../cli/datasets.js';
import { optimizerKeys } from '../../cli/options/hyperparameters.js';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { trainOne } from '../../cli/trainOne.js';
import { Random, setBackend } from '../../core/index.js';
import { colour, colourName } from '../../reports/charts/palette.js';
import { rawElement } from '../../reports/html/html.js';
import { posterPage } from '../../reports/poster/page.js';
import type { Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { asReference } from '../../reports/poster/reference.js';
import { keyOf } from '../../reports/poster/task.js';
import type { EndRecord, EpochRecord, Run, RunRecord } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';
import { tiny } from '../cli/command.js';
import { recording, trainSettings } from '../cli/recording.js';
import { assert, subject } from '../spec.js';

const test = subject('Pages made from hostile records');
const random = new Random(15).stream('hostile');

const TOKEN = 'qzx';
const PIECES = [
  '</style>',
  '</script>',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"',
  "'",
  '<!--',
  '}',
];

/** Makes a marker: the pieces in a random order, each after the token. */
function marker(): string {
  const left = [...PIECES, '\u2028'];
  const order = [...left].map(() => left.splice(random.below(left.length), 1)[0]);
  return `${order.map((piece) => TOKEN + piece).join('')}.`;
}

/** The path of every string in a value: the keys that lead to it, and the indices of lists as numbers. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    places(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** A copy with the value at a path replaced; with `asKey`, the last key of the path. */
function put<T>(value: T, path: (string | number)[], text: string, asKey = false): T {
  const copy = structuredClone(value);
  const last = path.at(-1)!;
  const at = path.slice(0, -1).reduce<any>((inner, key) => inner[key], copy);
  at[asKey ? text : last] = asKey ? at[last] : text;
  return copy;
}

/** Fails if a piece of the marker is in a page unescaped, or if the page has another element than the clean one. */
function assertEscaped(page: string, clean: string, where: string): void {
  // In a script element, JSON may contain a quotation mark as \", and an unescaped apostrophe or brace.
  const json = /<script type="application\/json" id="\w+">(.*?)<\/script>/s;
  const data = json.exec(page)![1];
  const text = page.replace(json, '');
  assert.not.match(data.replaceAll('\\"', ''), /qzx["<>\u2028]/, where);
  assert.not.match(text, /qzx["'<>]/, where);
  assert.not.match(/<style>.*?<\/style>/s.exec(page)![0], TOKEN, where);
  for (const name of ['style', 'script', 'img']) {
    const count = (html: string) => html.split(new RegExp(`</?${name}[ >]`, 'i')).length;
    assert.is(count(page), count(clean), `${where}: <${name}>`);
  }
}

await setBackend('reference');
const settings = trainSettings([...tiny(1), '--lr', '0.01', '--max-steps', '2']);
const { place, records } = recording();
await trainOne('adabound', { ...settings, augment: ['crop'] }, await loadData('blobs'), place);
const run = {
  run: records[0] as RunRecord,
  epochs: records.filter((r) => r.kind === 'epoch') as EpochRecord[],
  end: { ...(records.at(-1) as EndRecord), outcome: 'diverged', note: 'note', where: 'where' },
} as Run;

test('the report: every string of the run, its epochs and its end is escaped', () => {
  const clean = reportPage([run]);
  const all = places(run);
  for (const name of ['optimizer', 'title', 'about', 'command', 'date', 'given', 'augment', 'layers', 'cpu', 'note'])
    assert.ok(
      all.some((path) => path.includes(name)),
      name,
    );
  for (const path of all) {
    const page = reportPage([put(run, path, marker())]);
    assert.match(page, TOKEN);
    assertEscaped(page, clean, path.join('.'));
  }
});

test('the report: names of hyper-parameters, kernels and layers are escaped', () => {
  const clean = reportPage([run]);
  const layer = Object.keys(run.epochs[0].rates[0].layers)[0];
  for (const path of [
    ['run', 'hyper', 'lr'],
    ['run', 'via', 'matmul'],
    ...run.epochs[0].rates.map((_, i) => ['epochs', 0, 'rates', i, 'layers', layer]),
  ]) {
    const text = marker();
    const page = reportPage([put(put(run, path, text, true), ['run', 'given', 0], text)]);
    assert.match(page, TOKEN);
    assertEscaped(page, clean, path.join('.'));
  }
});

test('the name of an optimizer that is not in the list determines its colour; the page’s own colours keep their names', () => {
  for (const key of ['x', 'constructor', 'ink']) {
    assert.is(colourName(key), `optimizer-${key}`);
    const page = reportPage([put(run, ['run', 'optimizer'], key)]);
    assert.match(page, `style="--colour: var(--optimizer-${key})"`);
    assert.match(page, `--optimizer-${key}:${colour(key)[0]};`);
  }
});

test('a text that cannot be an optimizer’s key has a neutral colour; it does not become CSS', () => {
  for (const key of optimizerKeys) assert.match(colourName(key), /^(optimizer-)?[a-z0-9]+$/);
  for (const key of ['', '__proto__', 'adam:red}</style>', 'Adam', 'a b']) {
    assert.is(colourName(key), 'other', key);
    assert.equal(colour(key), colour(''));
    const page = reportPage([put(run, ['run', 'optimizer'], key)]);
    assert.match(page, 'style="--colour: var(--other)"');
    assert.match(page, /<style>.*--other:#[0-9a-f]{6};/s);
  }
});

test('a raw style or script that could end its element is not written', () => {
  for (const text of ['a</style>', 'a</STYLE x', '<!-- a']) assert.throws(() => rawElement('style', text), /raw/);
  for (const text of ['a</script>', 'a</ScRipt\n', '<!--']) assert.throws(() => rawElement('script', text), /raw/);
});

const recipe = quick();
for (const panel of panels) {
  test(`the poster, ${panel.title}: each kind of string in its sessions, tasks and results is escaped`, () => {
    const path = join('docs/poster', `${panel.key}.jsonl`);
    const { sessions, done: all } = parsePanelRecords(readFileSync(path, 'utf8'), path);
    const by = new Map(all.map((d) => [keyOf(d.task), d]));
    const tasks = panel.tasks(recipe);
    const section: Section = { panel, sessions, tasks, done: tasks.flatMap((task) => by.get(keyOf(task)) ?? []) };
    const clean = posterPage([section], recipe, null);
    // One random path of each kind.
    const kinds = grouped(places({ sessions, done: section.done }));
    assert.ok([...kinds.keys()].some((kind) => kind.endsWith('task.optim')));
    for (const [kind, same] of kinds) {
      const at = same[random.below(same.length)];
      const changed = put({ sessions, done: section.done }, at, marker());
      assertEscaped(posterPage([{ ...section, ...changed }], recipe, null), clean, kind);
    }
  });
}

/** Paths by their kind. Paths of one kind are equal except for the indices of lists. */
function grouped(paths: (string | number)[][]): Map<string, (string | number)[][]> {
  const kinds = new Map<string, (string | number)[][]>();
  for (const path of paths) {
    const kind = path.map((key) => (typeof key === 'number' ? '*' : key)).join('.');
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind)!.push(path);
  }
  return kinds;
}

test('the poster: every string of published curves is escaped', () => {
  const panel = panels.find(({ key }) => key === 'accuracy')!;
  const path = 'docs/poster/accuracy.jsonl';
  const { sessions, done } = parsePanelRecords(readFileSync(path, 'utf8'), path);
  const good = { source: 's', curves: [{ model: 'ResNet34', optimizer: 'adam', test_acc: [10, 20] }] };
  const page = (reference: unknown) =>
    posterPage([{ panel, sessions, tasks: panel.tasks(recipe), done }], recipe, asReference(reference));
  for (const at of places(good)) assertEscaped(page(put(good, at, marker())), page(good), at.join('.'));
});
