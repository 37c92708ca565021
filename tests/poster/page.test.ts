// The command `poster` and its page: run, stopped, resumed, read without scripts, and computed again from its records.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { readReference } from '../../cli/poster/reference.js';
import type { Heat, Lines } from '../../reports/charts/figure.js';
import { heatMap, shadeOf } from '../../reports/charts/heatMap.js';
import { unbroken } from '../../reports/format.js';
import { escape } from '../../reports/html/html.js';
import type { Figure } from '../../reports/poster/figure.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { overlay } from '../../reports/poster/reference.js';
import { keyOf } from '../../reports/poster/task.js';
import { boundgrad, boundgradHere, temporary } from '../cli/command.js';
import { assert, subject } from '../spec.js';
import { fullForm } from './fullForm.js';

const test = subject('Poster: the command and its page');

const folder = temporary();
// The only panel without training. Its first run is killed once a few tasks are done; the same command resumes it.
const words = ['poster', '--panels', 'theorems', '--out', folder];
const records = join(folder, 'theorems.jsonl');
const killed = await boundgrad([...words, '--workers', '1'], (_, child) => {
  const look = setInterval(() => {
    if (!existsSync(records) || readFileSync(records, 'utf8').split('\n').length < 4) return;
    clearInterval(look);
    child.kill('SIGKILL');
  }, 5);
  child.on('close', () => clearInterval(look));
});
const left = readFileSync(records, 'utf8');
const first = await boundgradHere([...words, '--workers', '1']);
const file = join(folder, 'poster.html');
const page = readFileSync(file, 'utf8');
const theorems = panels.find(({ key }) => key === 'theorems')!;
/** The records of the panel, in the order of its tasks. The workers finish them in any order. */
function recordsIn(from = folder) {
  const path = join(from, 'theorems.jsonl');
  const { sessions, done } = parsePanelRecords(readFileSync(path, 'utf8'), path);
  const order = theorems.tasks(quick()).map(keyOf);
  return { sessions, done: done.sort((a, b) => order.indexOf(keyOf(a.task)) - order.indexOf(keyOf(b.task))) };
}

/** The figures that a page contains for its script. */
function figuresOf(text: string): Figure[] {
  return JSON.parse(/<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(text)![1]);
}

test('a page of one panel says of one claim that it is supported, in the singular', () => {
  assert.match(page, '<p class="lede">One claim is supported, at this small scale.</p>');
});

test('the command prints the estimated time, then one line for each panel with its verdict, and the path of the page', () => {
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /\d+ runs, about .* in (one process|\d processes)/);
  assert.match(first.stdout, /^4 {2}Adam fails on simple convex problems +supported$/m);
  assert.match(first.stdout, `poster: ${file}`);
});

test('a second run executes no task and writes the same page', async () => {
  const again = await boundgradHere(words);
  assert.is(again.code, 0, again.stderr);
  assert.is(readFileSync(file, 'utf8'), page);
});

test('a killed run is resumed from its records: no task is in the file twice, and the verdict is that of the committed run', () => {
  assert.is(killed.code, null);
  assert.ok(readFileSync(records, 'utf8').startsWith(left.slice(0, left.lastIndexOf('\n') + 1)));
  const { done, sessions } = recordsIn();
  assert.equal([done.length, sessions.length], [theorems.tasks(quick()).length, 2]);
  assert.equal(theorems.verdict(done), theorems.verdict(recordsIn(join('docs', 'poster')).done));
});

test('Ctrl-C ends the command with 130 and prints how to resume', async () => {
  const out = temporary();
  const stopped = await boundgrad(
    ['poster', '--panels', 'theorems', '--out', out, '--workers', '1'],
    (stdout, child) => {
      if (stdout.includes('runs, about')) child.kill('SIGINT');
    },
  );
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stdout, `to resume: boundgrad poster --panels theorems --out ${out}`);
});

test('every verdict on the page, and every number behind it, is what its panel computes from the file of records', () => {
  const { done } = recordsIn();
  const { outcome, findings } = theorems.verdict(done);
  assert.match(page, `</span> ${outcome}</strong></p>`);
  for (const f of findings) assert.match(page, `${escape(unbroken(f.numbers))}.`);
  const figures = theorems.figures(done, quick());
  assert.ok(figures.length > 0);
  for (const { id, title, about } of figures) {
    assert.match(page, `id="${id}" role="img" tabindex="0" aria-label="${escape(`${title}. ${about}`)}"`);
    assert.match(page, `<caption>${escape(title)}`);
  }
});

test('the page contains the figures that its panel draws from the file of records, number by number', () => {
  const drawn = theorems.figures(recordsIn().done, quick());
  // As JSON, in which -0 is 0.
  assert.equal(figuresOf(page), JSON.parse(JSON.stringify(drawn)));
});

test('a figure of regret has the records’ values, at the records’ steps', () => {
  const figure = figuresOf(page).find(({ id }) => id === 'cycle-regret') as Lines;
  const adam = recordsIn().done.find(
    ({ task }) => task.kind === 'online' && task.problem === 'cycle' && task.optim === 'adam',
  )!;
  const { points } = adam.result as { points: { t: number; average: number }[] };
  assert.equal(
    figure.x.values,
    points.map(({ t }) => t),
  );
  assert.equal(
    figure.series.find(({ name }) => name === 'Adam')!.y,
    points.map(({ average }) => (average > 0 ? average : null)),
  );
});

test('the page loads nothing, shows command, device and seed, and is smaller than a megabyte', () => {
  // Downloads are made from what the page contains.
  const text = page.replace(/\/\*!.*?\*\//gs, '').replace(/(create|revoke)ObjectURL\(/g, '');
  assert.not.match(text, /https?:|<link|<img|<iframe|@import|url\(| src=| href="[^#]/i);
  const { command, device } = recordsIn().sessions[0];
  for (const said of [command, device.cpu, device.node]) assert.match(page.replace(/<\/?span.*?>/g, ''), escape(said));
  assert.match(page, '<dt>Seed</dt><dd>1</dd>');
  assert.ok(page.length < 1e6, `${page.length}`);
});

const refusals: [words: string[], message: RegExp][] = [
  [['--quick', '--full'], /--quick and --full: give one of the two/],
  [['--full'], /--full: --data-dir DIR must name the folder of CIFAR-10/],
  [['--data-dir', 'x'], /--data-dir: --quick reads no files: 'x'; leave it out/],
  [['--panels', 'theorem'], /--panels: unknown: 'theorem'; .*did you mean theorems\?/],
  [['--model', 'resnet9'], /--model: unknown: 'resnet9'/],
  [['--seeds', '0'], /--seeds: must be an integer of at least 1: '0'/],
  [['--reference', 'none.json'], /--reference: cannot read 'none.json': no such file/],
  [
    ['--full', '--data-dir', 'nowhere', '--panels', 'fast', '--backend', 'reference'],
    /--data cifar10: CIFAR-10: no such file/,
  ],
];

for (const [given, message] of refusals) {
  test(`refuses poster ${given.join(' ')}, in one line and with code 2`, async () => {
    const { code, stderr } = await boundgradHere(['poster', ...given, '--out', temporary()]);
    assert.match(stderr, message);
    assert.equal([code, stderr.trim().split('\n').length], [2, 1]);
  });
}

test('the full form on a few images in CIFAR-10’s layout: a task that two panels share is trained once, and no checkpoint is left', async () => {
  const out = temporary();
  const { code, stdout, stderr } = await boundgradHere(fullForm(out, 2, 'fast,extremes,funnel', 2));
  assert.is(code, 0, stderr);
  assert.match(stdout, /4 runs, about/); // Adam, SGDM, AMSGrad, AdaBound
  const of = (key: string) =>
    parsePanelRecords(readFileSync(join(out, `${key}.jsonl`), 'utf8'), key).done.map(({ task }) => task.optim);
  assert.equal(
    ['fast', 'extremes', 'funnel'].map((key) => of(key).sort()),
    [
      ['adam', 'sgdm'],
      ['adabound', 'adam', 'amsgrad'],
      ['adabound', 'adam'],
    ],
  );
  assert.equal(existsSync(join(out, 'checkpoints')) ? readdirSync(join(out, 'checkpoints')) : [], []);
  const text = readFileSync(join(out, 'poster.html'), 'utf8');
  assert.match(text, 'This is the full form, with the recipe of the authors’ code.');
  assert.match(text, '50 training and 10 test images of cifar10');
  assert.ok(figuresOf(text).some(({ kind }) => kind === 'funnel'));
});

test('--help lists the options', async () => {
  const { code, stdout } = await boundgradHere(['poster', '--help']);
  assert.is(code, 0);
  for (const option of ['quick', 'full', 'panels', 'reference', 'data-dir', 'workers'])
    assert.match(stdout, `--${option} `);
});

const lines: Lines = {
  ...{ kind: 'lines', id: 'accuracy-resnet8', title: 'Test accuracy', about: '', y: { label: '' } },
  x: { label: 'epoch', values: [1, 2] },
  series: [{ name: 'SGDM', colour: 'sgdm', y: [0.5, 0.7], low: [0.4, 0.6], high: [0.6, 0.8] }],
};
const curve = (optimizer: string, test_acc: number[], model = 'ResNet34') => ({ model, optimizer, test_acc });

test('published curves are drawn into the figures of nets of the same family: by epoch if all have the same length, otherwise by the share of the training', () => {
  const reference = { source: '', curves: [curve('sgd', [60, 90]), curve('adam', [10, 20], 'DenseNet121')] };
  const same = overlay(lines, reference) as Lines;
  assert.equal([same.x.label, same.x.values], ['epoch', [1, 2]]);
  assert.equal(
    same.series.map(({ colour, y }) => [colour, y]),
    [
      ['sgdm', [0.5, 0.7]],
      ['sgdm', [0.6, 0.9]],
    ],
  );
  const longer = overlay(lines, { source: '', curves: [curve('adabound', [60, 70, 80, 90])] }) as Lines;
  assert.equal([longer.x.label, longer.x.values], ['share of the training', [0.25, 0.5, 0.75, 1]]);
  assert.equal(
    longer.series.map(({ y }) => y),
    [
      [null, 0.5, null, 0.7],
      [0.6, 0.7, 0.8, 0.9],
    ],
  );
  assert.equal(longer.series[0].low, [null, 0.4, null, 0.6]);
  assert.is(overlay({ ...lines, id: 'fast-accuracy' }, reference).id, 'fast-accuracy');
});

test('a file that does not hold published curves is refused', () => {
  const path = join(temporary(), 'curves.json');
  const good = { source: 's', curves: [curve('adam', [10, 20])] };
  writeFileSync(path, JSON.stringify(good));
  assert.equal(readReference(path), good);
  for (const bad of [
    'null',
    '[]',
    '{}',
    '{"source":"s","curves":[null]}',
    JSON.stringify({ source: 's', curves: [curve('adam', [101])] }),
  ]) {
    writeFileSync(path, bad);
    assert.throws(() => readReference(path), /--reference: '.*': not curves: it takes/, bad);
  }
});

test('a heat map shows values as colours, and marks missing values', () => {
  const scale: Heat['scale'] = {
    from: -4,
    to: 4,
    ticks: [
      { at: -4, text: 'low' },
      { at: 4, text: 'high' },
    ],
    label: '',
  };
  assert.equal(
    [-9, -4, -3.2, 0, 3.9, 4, 9].map((v) => shadeOf(v, scale)),
    [0, 0, 0, 4, 8, 8, 8],
  );
  const rows = [{ name: '<w>', cells: [-4, null] }];
  const { text } = heatMap({
    kind: 'heat',
    id: 'h',
    title: 't',
    about: 'a',
    heads: [{ text: 'Adam', columns: 2 }],
    rows,
    scale,
  });
  assert.match(text, '<bdi>&lt;w&gt;</bdi></th><td class="h0 start"></td><td class="hnone"></td>');
});
