// `boundgrad report`, which writes a report of earlier runs, and --seeds, whose runs share one report.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, readRun, temporary, tiny } from './command.js';

const test = subject('boundgrad report');

const folder = temporary();
const at = (name: string) => join(folder, name);
await boundgradHere(['compare', ...tiny(), '--optim', 'sgdm,adam', '--out', at('a')]);
await boundgradHere(['train', ...tiny(), '--optim', 'adam', '--lr', '0.02', '--batch-size', '32', '--out', at('b')]);
await boundgradHere(['train', '--data', 'spirals', '--epochs', '1', '--backend', 'reference', '--out', at('other')]);

const bodyOf = (name: string) =>
  readFileSync(join(at(name), 'report.html'), 'utf8')
    .split('<body>')[1]
    .split('<script')[0];

test('compares runs of two folders, says which settings differ, and names the folder of each run', async () => {
  const { code, stdout, stderr } = await boundgradHere(['report', at('a'), at('b'), '--out', at('both'), '--csv']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /one standard error|highest test accuracy/);
  const body = bodyOf('both');
  assert.match(body, 'What differs');
  assert.match(body, /<th scope="row">batch size<\/th><td>64<\/td><td>64<\/td><td>32<\/td>/);
  assert.match(body, /<th scope="row">lr<\/th><td>0.01<\/td><td>0.001<\/td><td>0.02<\/td>/);
  assert.match(body, 'Adam (batch size 64, lr 0.001)');
  for (const name of ['a', 'b']) assert.match(body, at(name));
  const lines = readFileSync(join(at('both'), 'epochs.csv'), 'utf8')
    .trim()
    .split('\r\n');
  assert.is(lines.length, 1 + 3 * 2);
  const { loss, testAccuracy } = readRun(at('b'), 'adam').epochs[1];
  const cells = lines.at(-1)!.split(',');
  assert.equal([cells[0], cells[1], Number(cells[5]), Number(cells[8])], [at('b'), 'adam', loss, testAccuracy]);
});

test('rewrites the report of a run in its folder as the run did, and does not change its journal', async () => {
  const [body, journal] = [bodyOf('a'), readFileSync(join(at('a'), 'adam.jsonl'))];
  rmSync(join(at('a'), 'report.html'));
  const { code } = await boundgradHere(['report', at('a')]);
  assert.is(code, 0);
  assert.ok(bodyOf('a') === body);
  assert.ok(readFileSync(join(at('a'), 'adam.jsonl')).equals(journal));
});

test('refuses what cannot be compared, in plain words, and writes nothing', async () => {
  const out = at('refused');
  const cases: [string[], RegExp][] = [
    [[], /usage/],
    [[at('a'), at('b')], /several runs: --out DIR must name the folder/],
    [[at('a'), at('other'), '--out', out], /cannot compare: '.*a' and '.*other': the data differ: blobs and spirals/],
    [[at('a'), join(at('a'), '.'), '--out', out], /is named twice/],
    [[at('none'), '--out', out], /no such folder: '.*none'/],
    [[folder, '--out', out], /no run in '.*': it has no journal, such as adam\.jsonl/],
  ];
  for (const [words, message] of cases) {
    const { stdout, stderr } = await boundgradHere(['report', ...words]);
    assert.match(stdout + stderr, message);
    assert.not(existsSync(join(out, 'report.html')), words.join(' '));
  }
});

test('a copy of a run is not a second seed', async () => {
  await boundgradHere(['train', ...tiny(), '--optim', 'adam', '--out', at('copy')]);
  const { code, stderr } = await boundgradHere(['report', at('a'), at('copy'), '--out', at('no')]);
  assert.is(code, 2);
  assert.match(stderr, /both are Adam with the same settings and seed 7; name one of them/);
});

test('a damaged journal is refused with the number of the line, and one without an end counts as interrupted', async () => {
  await boundgradHere(['train', ...tiny(), '--optim', 'adam', '--out', at('cut')]);
  const path = join(at('cut'), 'adam.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${lines.slice(0, 2).join('\n')}\n`);
  const { stdout } = await boundgradHere(['report', at('cut')]);
  assert.match(stdout, 'The training did not finish. Adam interrupted: the journal ends after step 13.');
  writeFileSync(path, lines.join('\n').replace('"step":13', '"step":14'));
  const damaged = await boundgradHere(['report', at('cut')]);
  assert.is(damaged.code, 2);
  assert.match(damaged.stderr, /adam\.jsonl': line 2: .*--resume of its folder repairs it/);
});

test('a file of another program with the name of the report or the table stays', async () => {
  for (const name of ['report.html', 'epochs.csv']) {
    const out = temporary();
    writeFileSync(join(out, name), 'mine');
    const { code, stderr } = await boundgradHere(['report', at('b'), '--out', out, '--csv']);
    assert.is(code, 2);
    assert.match(stderr, /boundgrad did not write this file; move it elsewhere/);
    assert.is(readFileSync(join(out, name), 'utf8'), 'mine');
  }
});

test('refuses to write into the folder of another run, of a seed or of a sweep, whose report stays', async () => {
  const [seed, sweep] = [join(at('with-seeds'), 'seed-7'), at('a-sweep')];
  for (const [out, file] of [
    [seed, 'adam.jsonl'],
    [sweep, 'run.json'],
  ]) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, file), '{"command":"sweep"}\n');
  }
  const report = readFileSync(join(at('b'), 'report.html'), 'utf8');
  for (const words of [
    [at('a'), '--out', at('b')],
    ...[seed, sweep].flatMap((out) => [
      [at('a'), '--out', out],
      [at('a'), at('b'), '--out', out],
    ]),
  ]) {
    const { code, stderr } = await boundgradHere(['report', ...words, '--csv']);
    assert.is(code, 2, words.join(' '));
    assert.match(stderr, /--out '.*' holds another run or a sweep, whose report would be lost; give another folder/);
  }
  for (const out of [seed, sweep]) assert.not(existsSync(join(out, 'report.html')));
  assert.ok(readFileSync(join(at('b'), 'report.html'), 'utf8') === report);
  const own = await boundgradHere(['report', at('b'), '--out', join(at('b'), '.')]);
  assert.is(own.code, 0, own.stderr);
});

test('a link to the folder of a run is taken as the folder', async () => {
  symlinkSync(at('b'), at('link'), 'junction');
  for (const out of [[], ['--out', at('b')]]) {
    const { code, stderr } = await boundgradHere(['report', at('link'), ...out]);
    assert.is(code, 0, stderr);
  }
  symlinkSync(at('loop'), at('loop'), 'junction');
  assert.match((await boundgradHere(['report', at('loop')])).stderr, /no such folder: '.*loop'/);
});

test('a table that another program changed stays', async () => {
  const [out, table] = [at('table-of-b'), join(at('table-of-b'), 'epochs.csv')];
  const write = () => boundgradHere(['report', at('b'), '--out', out, '--csv']);
  assert.is((await write()).code, 0);
  const text = readFileSync(table, 'utf8');
  const changes = [
    (s: string) => `${s}mean,,,,,0.5\r\n`,
    (s: string) => s.replaceAll('\r\n', '\n'),
    (s: string) => s.replaceAll('\r\n', ',\r\n'),
    (s: string) => s.replace(',loss,', ',my loss,'),
    (s: string) => s.replace(/,(\d\.\d+)/, ',$10'),
    (s: string) => `${s}see my notes`,
  ];
  for (const change of changes) {
    writeFileSync(table, change(text));
    const { code, stderr } = await write();
    assert.is(code, 2, `${change}`);
    assert.match(stderr, /epochs\.csv': boundgrad did not write this file; move it elsewhere/);
    assert.is(readFileSync(table, 'utf8'), change(text));
  }
  writeFileSync(table, text);
  assert.is((await write()).code, 0);
});

test('a table with folders whose names need quotes is replaced', async () => {
  const [one, other] = [at('a, "b"\nc'), at('=d')];
  for (const [out, seed] of [
    [one, '1'],
    [other, '2'],
  ])
    await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--seed', seed, '--out', out]);
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await boundgradHere(['report', one, other, '--out', at('quoted'), '--csv']);
    assert.is(code, 0, stderr);
  }
});

test('a new run removes the table of the run that it replaces', async () => {
  const words = ['train', ...tiny(1), '--optim', 'adam', '--out', at('again')];
  await boundgradHere(words);
  await boundgradHere(['report', at('again'), '--csv']);
  assert.ok(existsSync(join(at('again'), 'epochs.csv')));
  const { code, stderr } = await boundgradHere(words);
  assert.is(code, 0, stderr);
  assert.not(existsSync(join(at('again'), 'epochs.csv')));
});

test('a resumed run and a report without --csv renew the table beside the report', async () => {
  const [run, table] = [at('renewed'), join(at('renewed'), 'epochs.csv')];
  await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--out', run]);
  await boundgradHere(['report', run, '--csv']);
  const rows = () => readFileSync(table, 'utf8').trim().split('\r\n').length - 1;
  assert.is(rows(), 1);
  const old = readFileSync(table);
  assert.is((await boundgradHere(['train', '--resume', run, '--epochs', '3'])).stderr, '');
  assert.is(rows(), 3);
  const renewed = readFileSync(table);
  writeFileSync(table, old);
  assert.is((await boundgradHere(['report', run])).stderr, '');
  assert.ok(readFileSync(table).equals(renewed));
});

test('a table that another program changed stays when the run goes on, and one line says so', async () => {
  const [run, table] = [at('noted'), join(at('noted'), 'epochs.csv')];
  await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--out', run]);
  await boundgradHere(['report', run, '--csv']);
  const text = `${readFileSync(table, 'utf8')}see my notes`;
  writeFileSync(table, text);
  for (const words of [
    ['train', '--resume', run, '--epochs', '2'],
    ['report', run],
  ]) {
    const { code, stderr } = await boundgradHere(words);
    assert.is(code, 0);
    assert.match(
      stderr,
      /^boundgrad: '.*epochs\.csv' stays, without the newest epochs: boundgrad did not write this file; move it .*\n$/,
    );
    assert.is(readFileSync(table, 'utf8'), text);
  }
});

test('an empty journal is left out of the report, and one line says so', async () => {
  await boundgradHere(['compare', ...tiny(1), '--optim', 'sgdm,adam', '--out', at('lost')]);
  writeFileSync(join(at('lost'), 'adam.jsonl'), '');
  const { code, stdout, stderr } = await boundgradHere(['report', at('lost')]);
  assert.is(code, 0);
  assert.match(stdout, /^SGDM /);
  assert.is(stderr, `boundgrad: '${join(at('lost'), 'adam.jsonl')}' is empty: the report leaves it out\n`);
});

test('a page that was changed after `report` wrote it stays', async () => {
  const [run, page] = [at('edited'), join(at('edited'), 'report.html')];
  await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--out', run]);
  await boundgradHere(['report', run]);
  const text = readFileSync(page, 'utf8').replace('<body>', '<body>My notes.');
  writeFileSync(page, text);
  const { code, stderr } = await boundgradHere(['report', run]);
  assert.is(code, 2);
  assert.match(stderr, /report\.html': it was changed after boundgrad wrote it; move it elsewhere/);
  assert.is(readFileSync(page, 'utf8'), text);
});

test('--seeds trains each seed in its own folder, and one report shows their means', async () => {
  const words = ['compare', ...tiny(), '--optim', 'sgdm,adam', '--seeds', '2', '--seed', '-1', '--out', at('seeds')];
  const { code, stdout, stderr } = await boundgradHere(words);
  assert.is(code, 0, stderr);
  assert.match(stdout, /Numbers are means and standard errors over 2 seeds/);
  for (const seed of [-1, 0])
    for (const key of ['sgdm', 'adam']) assert.is(readRun(join(at('seeds'), `seed-${seed}`), key).run.seed, seed);
  const body = bodyOf('seeds');
  assert.match(body, /means over the seeds ± their standard errors/);
  assert.match(body, /bands the range from the lowest to the highest seed/);
  const again = await boundgradHere(['compare', '--resume', at('seeds')]);
  assert.match(again.stdout, /is complete/);
  assert.ok(bodyOf('seeds') === body);
  const alone = await boundgradHere(['report', at('seeds'), '--out', at('seeds-again')]);
  assert.is(alone.code, 0);
  assert.ok(bodyOf('seeds-again') === body);
  // A run with seed 0 alone is the same as the run in the folder of seed 0.
  await boundgradHere(['compare', ...tiny(), '--optim', 'sgdm', '--seed', '0', '--out', at('zero')]);
  const [one, other] = [at('zero'), join(at('seeds'), 'seed-0')].map((of) =>
    readRun(of, 'sgdm').epochs.map((e) => e.loss),
  );
  assert.equal(one, other);
});

test('a resume with --seeds refuses a file of another program in the folder of a later seed before it trains an earlier one', async () => {
  const words = ['compare', ...tiny(1), '--optim', 'sgdm,adam', '--seeds', '2', '--out', at('occupied')];
  assert.is((await boundgradHere(words)).code, 0);
  const [earlier, later] = [7, 8].map((seed) => join(at('occupied'), `seed-${seed}`));
  const before = readFileSync(join(earlier, 'adam.jsonl'), 'utf8');
  writeFileSync(join(later, 'adam.jsonl'), 'my notes\n');
  const { code, stderr } = await boundgradHere(['compare', '--resume', at('occupied'), '--epochs', '2']);
  assert.is(code, 2);
  assert.match(stderr, /^boundgrad: '.*seed-8.adam.jsonl': it is not the journal of a run: .*; move it elsewhere\n$/);
  assert.ok(readFileSync(join(earlier, 'adam.jsonl'), 'utf8') === before);
});

test('with --seeds each seed holds out the same part of a table, and a new run replaces the folders of the seeds of the run before', async () => {
  const file = join(folder, 'table.csv');
  writeFileSync(file, `a,y\n${Array.from({ length: 40 }, (_, i) => `${i},${(i * 37) % 11}`).join('\n')}\n`);
  const words = [
    'train',
    '--data',
    `csv:${file}`,
    '--target',
    'y',
    '--epochs',
    '1',
    '--backend',
    'reference',
    '--out',
    at('table'),
  ];
  const first = await boundgradHere([...words, '--seeds', '3']);
  assert.is(first.code, 0, first.stderr);
  const variances = [7, 8, 9].map((seed) => readRun(join(at('table'), `seed-${seed}`), 'adabound').run.data.variance);
  assert.is(new Set(variances).size, 1);
  assert.match(bodyOf('table'), 'over 3 seeds');
  const { code } = await boundgradHere([...words, '--seeds', '2']);
  assert.is(code, 0);
  assert.not(existsSync(join(at('table'), 'seed-9')), 'its emptied folder is removed, too');
  const refused = await boundgradHere([...words, '--seeds', '2', '--folds', '2']);
  assert.match(refused.stderr, /--seeds: --folds is given too/);
});

const kinds = (name: string, seed: number, shift: number, ...more: string[]) => {
  const file = join(at(`${name}-files`), 'kinds.csv');
  mkdirSync(at(`${name}-files`));
  const rows = Array.from({ length: 40 }, (_, i) => `${((i * 37 + shift) % 41) / 4},${(i * 13) % 17},${'pq'[i % 2]}`);
  writeFileSync(file, `a,b,kind\n${rows.join('\n')}\n`);
  const how = ['--epochs', '1', '--backend', 'reference', '--seed', `${seed}`];
  return boundgradHere(['train', '--data', `csv:${file}`, '--target', 'kind', ...how, ...more, '--out', at(name)]);
};
await kinds('kinds', 7, 0);

test('training data of the same name and size that hold other numbers are named as what differs', async () => {
  await kinds('shifted', 7, 5);
  await kinds('raw', 7, 0, '--no-standardize');
  for (const name of ['shifted', 'raw']) {
    const { code, stdout, stderr } = await boundgradHere([
      'report',
      at('kinds'),
      at(name),
      '--out',
      at(`${name}-both`),
    ]);
    assert.is(code, 0, stderr);
    assert.match(stdout, /AdaBound \(checksum of training data [0-9a-f]{8}\)/);
    assert.match(bodyOf(`${name}-both`), 'The training data differ: other samples');
  }
});

test('another held-out part of balanced classes is refused, though the numbers of samples are the same', async () => {
  await kinds('split', 8, 0);
  const { code, stderr } = await boundgradHere(['report', at('kinds'), at('split'), '--out', at('no')]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /the test sets differ, though both have 8 samples of kinds\.csv: --seed chooses what is held out/,
  );
});

test('a record of an earlier version, without checksums, is compared by its settings alone', async () => {
  await kinds('earlier', 8, 0);
  const path = join(at('earlier'), 'adabound.jsonl');
  const [first, ...others] = readJsonLines(path).map(({ record }) => record as any);
  writeFileSync(path, formatJsonLines([{ ...first, data: { ...first.data, checksums: undefined } }, ...others]));
  const { code, stdout, stderr } = await boundgradHere(['report', at('kinds'), at('earlier'), '--out', at('old')]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /the mean test accuracy over 2 seeds/);
  await kinds('later', 9, 0);
  const all = await boundgradHere(['report', at('earlier'), at('kinds'), at('later'), '--out', at('no')]);
  assert.is(all.code, 2, 'the later runs are compared with each other by their checksums');
  assert.match(all.stderr, /the test sets differ, though both have 8 samples of kinds\.csv/);
});
