// docs/start: the records and the report of one `npm start`. After a change of the page run `node build.mjs run cli/main.ts report docs/start`,
// which renders it without training.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readRunOf } from '../../cli/journalRecords.js';
import { reportPage } from '../../reports/run/page.js';
import { assert, subject } from '../spec.js';
import { comparable } from './comparable.js';

const test = subject('The committed report of npm start');

const FOLDER = 'docs/start';
const page = readFileSync(join(FOLDER, 'report.html'), 'utf8');
const runs = ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound'].map((key) => readRunOf(join(FOLDER, `${key}.jsonl`))!);

test('the page is rendered from its records: text, tables and figures are the same', () => {
  assert.ok(
    comparable(page) === comparable(reportPage(runs)),
    'render it: node build.mjs run cli/main.ts report docs/start',
  );
});

test('every run is complete, by the command and the defaults of npm start', () => {
  for (const { run, epochs, end } of runs) {
    assert.is(run.command, 'boundgrad compare --out runs/start --sgdm.lr 0.02');
    assert.is(epochs.length, run.epochs);
    assert.is(end.outcome, 'finished');
  }
});

test('README shows the picture of the page; the page is under 600 kB, and the picture under 300 kB', () => {
  assert.match(readFileSync('README.md', 'utf8'), '(docs/report.png)');
  assert.ok(statSync(join(FOLDER, 'report.html')).size < 600e3);
  assert.ok(statSync('docs/report.png').size < 300e3);
});
