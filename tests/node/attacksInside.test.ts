// Files of other programs inside a run folder: they appear during a run, begin like boundgrad's files, or have names like its
// temporary files. Each is refused or left unchanged, and the run loses nothing.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseForeign, withChecksum } from '../../cli/foreignFiles.js';
import { Journal } from '../../cli/journal.js';
import { openFolder, replacePage } from '../../cli/runFolder.js';
import { fetchFiles } from '../../node/download/fetchDataset.js';
import { lockFolder } from '../../node/lock.js';
import { reportPage } from '../../reports/run/page.js';
import { boundgradHere, readRun, temporary, tiny } from '../cli/command.js';
import { epochsOf, final, journal } from '../cli/killing.js';
import { assert, subject } from '../spec.js';

const test = subject("Other programs' files in a run folder");
const space = temporary();
let count = 0;
const folder = () => {
  const path = join(space, `f${count++}`);
  mkdirSync(path);
  return path;
};
/** A process id that no process has: it is above the largest id that Linux gives. */
const GONE = 2 ** 22;
const HEX = '00112233445566ff';
const read = (path: string) => readFileSync(path, 'utf8');

/** Calls `act` once, as soon as a file exists, while the command runs. */
async function during(words: string[], file: string, act: () => void) {
  const running = boundgradHere(words);
  let isOver = false;
  void running.finally(() => (isOver = true));
  while (!existsSync(file) && !isOver) await new Promise((resolve) => setImmediate(resolve));
  assert.not.ok(isOver, 'the run has not ended');
  act();
  return running;
}

test('if another program writes the journal of a later optimizer during a run, the run is refused, and resumes once that file is gone', async () => {
  const out = folder();
  const [first, second] = ['sgdm', 'adam'].map((key) => join(out, `${key}.jsonl`));
  const words = ['compare', ...tiny(4), '--optim', 'sgdm,adam', '--out', out];
  const { code, stderr } = await during(words, first, () => writeFileSync(second, 'mine\n'));
  assert.match(
    stderr,
    /^boundgrad: cannot write '.*adam\.jsonl': a file of that name came after the run began; move it elsewhere, and continue with --resume\n$/,
  );
  assert.equal([code, read(second)], [1, 'mine\n']);
  const before = read(first);
  assert.match(
    (await boundgradHere(['compare', '--resume', out])).stderr,
    /adam\.jsonl': it is not the journal of a run/,
  );
  assert.is(read(second), 'mine\n');
  renameSync(second, `${second}.mine`);
  const resumed = await boundgradHere(['compare', '--resume', out]);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.is(read(first), before);
  assert.is(readRun(out, 'adam').end.outcome, 'finished');
});

test('a journal that was replaced during the run is refused, and the checkpoint of the epoch that was not recorded is kept', async () => {
  const [whole, out] = [folder(), folder()];
  await boundgradHere(['train', ...tiny(6), '--optim', 'adam', '--out', whole]);
  const path = join(out, 'adam.jsonl');
  const words = ['train', ...tiny(6), '--optim', 'adam', '--out', out];
  const { code, stderr } = await during(words, join(out, 'adam', 'step-13.safetensors'), () => {
    rmSync(path);
    writeFileSync(path, 'mine\n');
  });
  assert.match(stderr, /^boundgrad: cannot write '.*adam\.jsonl': another file has taken its place\n$/);
  assert.equal([code, read(path)], [1, 'mine\n']);
  // The record of the second epoch could not be written; its checkpoint was.
  assert.ok(readdirSync(join(out, 'adam')).includes('step-26.safetensors'));
  renameSync(path, `${path}.mine`);
  assert.is((await boundgradHere(['train', '--resume', out])).code, 0);
  assert.equal(final(out, 'adam'), final(whole, 'adam'));
  assert.is(epochsOf(journal(out, 'adam')).length, 6);
});

test('temporary files are removed only if their process has ended and their bytes are ours', async () => {
  const out = folder();
  const stays: Record<string, string> = {
    [`lion.jsonl.${GONE}.${HEX}.tmp`]: 'mine',
    [`adam.jsonl.${GONE}.${HEX}.tmp`]: '{"kind":"note"}',
    [`adam.jsonl.${process.ppid}.${HEX}.tmp`]: '{"kind":"run","boundgrad":"0.1.0"',
    [`sgdm.jsonl.${GONE}.0011.tmp`]: '',
    [`report.html.${GONE}.${HEX}.tmp`]: '<!doctype html><p>mine',
    [`run.json.${GONE}.${HEX}.tmp`]: '{"mine":1}',
    [`.writable.${GONE}.${HEX}.tmp`]: 'mine',
    [`lock.${GONE}.${HEX}.tmp`]: 'mine',
    [`lock.${GONE}.${HEX}.stale`]: 'mine',
    [`notes.${GONE}.${HEX}.tmp`]: '',
    [`adam/step-1.safetensors.${GONE}.${HEX}.tmp`]: '12345678{"__metadata__":{"checksum":"00000000',
    [`adam/lock.${GONE}.${HEX}.tmp`]: '{"pid":1,"mine":1}',
  };
  const goes: Record<string, string> = {
    [`lion.jsonl.${GONE}.${HEX}.tmp`.replace('lion', 'yogi')]: '{"kind":"run","boundgrad":"0.1.0"',
    [`adam.jsonl.${GONE}.${HEX.replace('f', 'e')}.tmp`]: '',
    [`report.html.${GONE}.${HEX.replace('f', 'e')}.tmp`]: '<!doctype html>\n<html',
    [`run.json.${GONE}.${HEX.replace('f', 'e')}.tmp`]: '{\n  "format": 1,\n  "boundgrad": "0.1.0"',
    [`lock.${GONE}.${HEX.replace('f', 'e')}.tmp`]: `{"pid":${GONE},"began":null}`,
    [`adam/step-1.safetensors.${GONE}.${HEX.replace('f', 'e')}.tmp`]:
      '\x10\x0e\0\0\0\0\0\0{"__metadata__":{"checksum":"00000',
  };
  mkdirSync(join(out, 'adam'));
  for (const [name, text] of Object.entries({ ...stays, ...goes })) writeFileSync(join(out, name), text);
  assert.is((await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--out', out])).code, 0);
  for (const [name, text] of Object.entries(stays)) assert.is(read(join(out, name)), text, name);
  for (const name of Object.keys(goes)) assert.not.ok(existsSync(join(out, name)), name);
});

test('files that begin like ours and continue otherwise are not replaced: a page, the options of a run', async () => {
  const out = folder();
  assert.is((await boundgradHere(['train', ...tiny(1), '--optim', 'adam', '--out', out])).code, 0);
  const [report, options] = [join(out, 'report.html'), join(out, 'run.json')];
  const [page, given] = [read(report), read(options)];
  for (const [path, text] of [
    [report, `${page}<p>mine`],
    [report, page.replace('</main>', '<p>mine</main>')],
    [report, page.slice(0, 2000)],
    [report, '<!doctype html>\n<meta name="generator" content="boundgrad 0.1.0"><p>mine'],
    [options, given.replace('}', '}, "mine": 1')],
    [options, '{"command": "train", "options": {}}'],
    [options, '{"boundgrad": "0.1.0", "command": "make", "options": { "depth": 3 }}'],
  ] as const) {
    writeFileSync(path, text);
    const { code, stderr } = await boundgradHere(['train', ...tiny(1), '--out', out]);
    assert.match(stderr, /^boundgrad: --out: cannot write to '.*(report\.html|run\.json)': .*; move it elsewhere\n$/);
    assert.equal([code, read(path)], [2, text]);
    writeFileSync(report, page);
    writeFileSync(options, given);
  }
  // A page of 0.1.0 has no checksum.
  const { run, epochs, end } = readRun(out, 'adam');
  writeFileSync(report, reportPage([{ run, epochs, end }]));
  refuseForeign(report);
  assert.is((await boundgradHere(['train', ...tiny(1), '--out', out])).code, 0);
});

test('a page of the poster that another program writes between two panels is not replaced', () => {
  const out = folder();
  const page = join(out, 'poster.html');
  const text =
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="boundgrad 0.1.0">';
  const made = `${text}</head>\n<body></body>\n</html>\n`;
  replacePage(page, made);
  replacePage(page, made);
  assert.is(read(page), withChecksum(made));
  writeFileSync(page, 'mine');
  assert.throws(() => replacePage(page, made), /poster\.html': boundgrad did not write this file; move it elsewhere$/);
  assert.is(read(page), 'mine');
});

test('a part of a download that does not begin like a .gz file is refused and stays', async () => {
  const dir = folder();
  const remote = { title: 'n', from: '', files: [{ name: 'n.gz', bytes: 5, md5: '827ccb0eea8a706c4c34a16891f84e7b' }] };
  writeFileSync(join(dir, 'n.gz.part'), 'mine');
  const error = await fetchFiles(remote, { dir, from: 'http://127.0.0.1:1/' }).catch((e) => e);
  assert.match(
    error.message,
    /n\.gz\.part: there is another file of this name: it does not begin like a \.gz file; remove it/,
  );
  assert.is(read(join(dir, 'n.gz.part')), 'mine');
});

test('a claim to a stale lock that boundgrad did not write is refused by name and stays', async () => {
  const { createHash } = await import('node:crypto');
  const { hostname } = await import('node:os');
  const out = folder();
  const stale = JSON.stringify({ pid: GONE, began: null, host: hostname(), since: '2025-01-01' });
  const claim = join(out, `lock.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}.claim`);
  writeFileSync(join(out, 'lock'), stale);
  writeFileSync(claim, 'mine');
  assert.throws(() => lockFolder(out), /boundgrad did not write '.*\.claim'; move it elsewhere$/);
  assert.equal([read(claim), read(join(out, 'lock'))], ['mine', stale]);
});

test('a new journal is created, and an existing file of its name is not opened', () => {
  const out = folder();
  openFolder(out);
  const path = join(out, 'adam.jsonl');
  writeFileSync(path, '');
  assert.throws(() => new Journal(path, false), /a file of that name came after the run began/);
  new Journal(path, true).close();
});
