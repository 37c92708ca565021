// What the files of a run reveal about the machine and its user, and that --private leaves it out.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, hostname, release, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseCall } from '../../cli/options/parse.js';
import { posterOptions, settingsOf } from '../../cli/poster/options.js';
import { PanelRecords } from '../../cli/poster/panelRecords.js';
import { sessionOf } from '../../cli/session.js';
import { sweepOptions } from '../../cli/sweep/options.js';
import { Results } from '../../cli/sweep/results.js';
import { VERSION } from '../../fit/index.js';
import { machine } from '../../node/machine.js';
import { posterPage } from '../../reports/poster/page.js';
import { panels } from '../../reports/poster/panels.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, mnistFiles, temporary } from './command.js';

const test = subject('--private');

const TOKEN = 'qzxfolder';
/** A folder whose name is found in every path below it. */
const secret = mkdtempSync(join(temporary(), `${TOKEN}-`));

/** Texts about the machine that a file may reveal. Short ones, such as a user name `me`, also occur within other words, so they are left
 *  out. */
const MACHINE = [cpus()[0]?.model.trim(), release(), hostname(), userInfo().username].filter((t) => t && t.length > 5);

/** Every file below a folder, except its lock, as text. */
function textsOf(folder: string): [name: string, text: string][] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.filter((path) => !path.endsWith('lock')).map((path) => [path, readFileSync(path, 'latin1')]);
}

const dataDir = join(secret, 'data');
mnistFiles(dataDir, 8);

/** Trains for an epoch, then resumes for another. In between, the journal is damaged, which the records note. */
async function trainTwice(out: string, ...more: string[]): Promise<void> {
  const small = ['--data', 'mnist', '--model', 'mlp', '--backend', 'reference', '--batch-size', '4', '--optim', 'adam'];
  const first = await boundgradHere([
    'train',
    ...small,
    '--epochs',
    '1',
    '--data-dir',
    dataDir,
    `--out=${out}`,
    ...more,
  ]);
  assert.is(first.code, 0, first.stderr);
  const journal = join(out, 'adam.jsonl');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace(/"loss":(?=\d)/, '"loss":1'));
  const again = await boundgradHere(['train', '--resume', out, '--epochs', '2', '--data-dir', dataDir]);
  assert.is(again.code, 0, again.stderr);
}

test('without it, journal, run.json and report name the folders, and the journal names the processor', async () => {
  const out = join(secret, 'public');
  await trainTwice(out);
  for (const name of ['adam.jsonl', 'run.json', 'report.html'])
    assert.match(readFileSync(join(out, name), 'utf8'), TOKEN);
  assert.match(readFileSync(join(out, 'adam.jsonl'), 'utf8'), JSON.stringify(cpus()[0]?.model.trim() ?? 'unknown'));
});

test('with it, no file of a run names a folder, the processor, the release of the system, the host or the user', async () => {
  const out = join(secret, 'private');
  await trainTwice(out, '--private');
  const texts = textsOf(out);
  assert.ok(
    texts.some(([name]) => name.endsWith('report.html')) && texts.some(([name]) => /step-\d+\.safe/.test(name)),
  );
  for (const [name, text] of texts)
    for (const word of [TOKEN, ...MACHINE]) assert.not.match(text, word!, `${name}: ${word}`);
  const journal = readFileSync(join(out, 'adam.jsonl'), 'utf8');
  assert.match(journal, '--data-dir DIR --out=DIR --private');
  assert.match(journal, 'boundgrad train --resume DIR --epochs 2 --data-dir DIR');
  assert.match(journal, /"notes":\["'adam\.jsonl': /);
});

test('a run stays private when it resumes, and a public one cannot become private', async () => {
  const resumed = (folder: string, ...more: string[]) =>
    boundgradHere(['train', '--resume', join(secret, folder), '--data-dir', dataDir, ...more]);
  const { code, stderr } = await resumed('public', '--private');
  assert.is(code, 2);
  assert.match(stderr, /--private/);
  assert.is(JSON.parse(readFileSync(join(secret, 'private', 'run.json'), 'utf8')).options.private, '');
});

test("the poster's records and page name neither the folders nor the host", () => {
  const words = ['--out', join(secret, 'poster'), '--reference', join(secret, 'curves.json'), '--private'];
  const call = parseCall({ name: 'poster', options: posterOptions }, words)!;
  const settings = settingsOf(call.values as never, call);
  const path = join(temporary(), 'fast.jsonl');
  const panel = panels.find(({ key }) => key === 'fast')!;
  const [task] = panel.tasks(settings.recipe);
  const session = sessionOf(settings.recorded, settings.private);
  const records = new PanelRecords(path, session);
  records.add({ kind: 'task', task, result: { points: [] }, seconds: 1 } as never);
  records.close();
  const page = posterPage([{ panel, sessions: [session], tasks: [task], done: [] }], settings.recipe, null);
  for (const text of [readFileSync(path, 'utf8'), page]) {
    assert.match(text.replace(/<[^>]*>/g, ''), 'boundgrad poster --out DIR --reference FILE --private');
    for (const word of [TOKEN, ...MACHINE]) assert.not.match(text, word!, word);
  }
});

test('a private sweep records neither the folders that --collect reads nor the machine of a worker', () => {
  const words = [
    '--data',
    'blobs',
    '--collect',
    join(secret, 'a'),
    '--private',
    '--out',
    join(secret, 's'),
    join(secret, 'b'),
  ];
  const { recorded } = parseCall({ name: 'sweep', options: sweepOptions, operands: ['DIR..'] }, words)!;
  assert.is(recorded, 'boundgrad sweep --data blobs --collect DIR --private --out DIR DIR');
  const path = join(temporary(), 'results.jsonl');
  const results = new Results(path, recorded, true);
  results.add({ kind: 'result', id: 'run-1', by: { boundgrad: VERSION, device: machine() } } as never);
  results.close();
  const text = readFileSync(path, 'utf8');
  assert.match(text, '"by":{"boundgrad"');
  for (const word of [TOKEN, ...MACHINE]) assert.not.match(text, word!, word);
});
