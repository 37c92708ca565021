// A journal that was deleted, edited, shortened or mixed up: the run that resumes rewrites it from its checkpoint.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../cli/journal.js';
import { Random } from '../../core/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import type { EpochRecord, LineRecord } from '../../reports/record.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary, tiny } from './command.js';
import { epochsOf, final, journal, killed } from './killing.js';

const test = subject('A journal');
const folder = temporary();
const random = new Random(4).stream('damage');
/** A run of two epochs with sgdm, then two more, so that its journal has every kind of line. */
const whole = join(folder, 'whole');
await boundgradHere(['train', ...tiny(2), '--optim', 'sgdm', '--out', whole]);
await boundgradHere(['train', '--resume', whole, '--epochs', '4']);
const NAME = 'sgdm.jsonl';
const lines = readFileSync(join(whole, NAME), 'utf8').trimEnd().split('\n');
const expected = epochsOf(journal(whole, 'sgdm'));
let copies = 0;

/** A copy of the run with this text as its journal, or without a journal. */
function damaged(text: string | null): string {
  const out = join(folder, `copy-${copies++}`);
  cpSync(whole, out, { recursive: true });
  rmSync(join(out, 'report.html'));
  if (text === null) rmSync(join(out, NAME));
  else writeFileSync(join(out, NAME), text);
  return out;
}

const textOf = (chosen: readonly string[]) => chosen.map((line) => `${line}\n`).join('');
/** The lines with some replaced. The arguments are those of Array.splice. */
const spliced = (at: number, count: number, ...more: string[]) => [
  ...lines.slice(0, at),
  ...more,
  ...lines.slice(at + count),
];
/** The parts of an epoch that do not depend on the time and are in every checkpoint. */
const figures = (epochs: readonly EpochRecord[]) =>
  epochs.map(({ epoch, step, firstLoss, loss, trainAccuracy, testLoss, testAccuracy }) => {
    return { epoch, step, firstLoss, loss, trainAccuracy, testLoss, testAccuracy };
  });

/** Asserts that the journal and the report have the run's four epochs with the right figures. */
function assertRight(out: string, what: string): EpochRecord[] {
  const records = journal(out, 'sgdm');
  for (const { fault } of readJsonLines(join(out, NAME))) assert.is(fault, null, what);
  const found = epochsOf(records);
  assert.equal(figures(found), figures(expected), what);
  found.forEach(({ rates }, i) => assert.ok(!rates.length || same(rates, expected[i].rates), `${what}: rates`));
  assert.equal([records[0].kind, records.at(-1)!.kind], ['run', 'end'], what);
  const [, report] = readFileSync(join(out, 'report.html'), 'utf8').split('<caption>Training loss, means of epochs');
  const cells = [...report.matchAll(/<tr><th scope="row">(\d+)<\/th><td>(\d\.\d{4})<\/td>/g)].map(([, n, loss]) => [
    n,
    loss,
  ]);
  assert.equal(
    cells.slice(0, 4),
    expected.map(({ epoch, loss }) => [String(epoch), loss.toFixed(4)]),
    what,
  );
  return found;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

test('has a line of each kind, each with its checksum, and the keys of a record in their order', () => {
  const kinds = ['run', 'epoch', 'epoch', 'end', 'resume', 'epoch', 'epoch', 'end'];
  assert.equal(
    journal(whole, 'sgdm').map((r) => r.kind),
    kinds,
  );
  assertKeys(
    lines[1],
    'kind,epoch,step,firstLoss,loss,trainAccuracy,testLoss,testAccuracy,seconds,imagesPerSecond,rates,lr,gradNorm,losses,sum',
  );
  assert.match(lines[0], /"hyper":\{.*\},"given":\[.*"format":2,"sum":"\w{8}"\}$/);
  assert.equal(JSON.parse(readFileSync(join(whole, 'run.json'), 'utf8')).format, 1);
});

function assertKeys(line: string, keys: string): void {
  assert.is(Object.keys(JSON.parse(line)).join(), keys);
}

test('that was deleted is rewritten with every epoch, without their rates, and the run prints a note', async () => {
  const out = damaged(null);
  const { code, stdout } = await boundgradHere(['train', '--resume', out]);
  assert.is(code, 0);
  assert.match(
    stdout,
    /note: '.*sgdm\.jsonl': the records of epochs 1 to 4 are missing; rewritten from the checkpoint, without the rates of epochs 1 to 4\n/,
  );
  const found = assertRight(out, 'deleted');
  assert.ok(found.every(({ rates }) => rates.length === 0));
  assert.equal(final(out, 'sgdm'), final(whole, 'sgdm'));
  // Apart from the number of epochs, the first line is as the first process wrote it, with the evaluation before the first step.
  assert.equal({ ...journal(out, 'sgdm')[0], epochs: 2 }, journal(whole, 'sgdm')[0]);
});

test('that is deleted before its run continues ends with the epochs of the checkpoint and the later ones', async () => {
  const out = join(folder, 'short');
  await boundgradHere(['train', ...tiny(2), '--optim', 'sgdm', '--out', out]);
  rmSync(join(out, NAME));
  assert.is((await boundgradHere(['train', '--resume', out, '--epochs', '4'])).code, 0);
  const found = assertRight(out, 'short');
  assert.equal(
    found.map(({ rates }) => rates.length > 0),
    [false, false, true, true],
  );
  assert.equal(final(out, 'sgdm'), final(whole, 'sgdm'));
});

test('whose process is killed while it rewrites the journal keeps its old content, and the next run rewrites it', async () => {
  const text = textOf(spliced(2, 1));
  const out = damaged(text);
  assert.is((await killed(['train', '--resume', out], { at: 'rewritten', times: 1 })).signal, 'SIGKILL');
  assert.is(readFileSync(join(out, NAME), 'utf8'), text);
  assert.is((await boundgradHere(['train', '--resume', out])).code, 0);
  assertRight(out, 'killed');
  assert.is(readFileSync(join(out, `${NAME}.1.old`), 'utf8'), text, 'what was replaced');
  assert.equal(readdirSync(out).sort(), ['report.html', 'run.json', 'sgdm', NAME, `${NAME}.1.old`]);
});

test('in which any line is edited, removed or doubled, two are swapped, or which is cut after any line, gets the epochs of the checkpoint', () => {
  const cases: [what: string, lines: string[]][] = [];
  for (let i = 0; i < lines.length; i++) {
    // A later format is refused, so the digit of the format stays.
    const digits = [...lines[i].matchAll(/(?<=[:,[])(?<!"format":)\d/g)].map(({ index }) => index!);
    const at = digits[random.below(digits.length)];
    const edited = `${lines[i].slice(0, at)}${(Number(lines[i][at]) + 1) % 10}${lines[i].slice(at + 1)}`;
    cases.push([`line ${i + 1} edited`, spliced(i, 1, edited)]);
    cases.push([`line ${i + 1} doubled`, spliced(i, 0, lines[i])]);
    if (i < lines.length - 1) cases.push([`line ${i + 1} removed`, spliced(i, 1)]);
    if (i > 0) cases.push([`lines ${i} and ${i + 1} swapped`, spliced(i - 1, 2, lines[i], lines[i - 1])]);
    if (i > 0) cases.push([`cut before line ${i + 1}`, lines.slice(0, i)]);
  }
  const { checkpoint } = readCheckpoint(join(whole, 'sgdm'));
  const path = join(folder, NAME);
  for (const [what, chosen] of cases) {
    writeFileSync(path, textOf(chosen));
    const file = new Journal(path, true);
    const isCut = what.startsWith('cut');
    if (!isCut) assert.not.ok(file.isDone(52), what);
    if (!file.opening) file.append(JSON.parse(lines[0]));
    const note = file.restore(checkpoint.history, 52);
    file.append({ kind: 'end', outcome: 'finished', note: '', where: null, step: 52, seconds: 1 });
    const { epochs } = file.run()!;
    file.close();
    assert.ok(
      readJsonLines(path).every(({ fault }) => fault === null),
      what,
    );
    const written = epochsOf(readJsonLines(path).map(({ record }) => record as LineRecord));
    assert.equal(written, epochs, what);
    assert.equal(figures(epochs), figures(expected), what);
    const bare = epochs.filter(({ rates }) => rates.length === 0);
    epochs.forEach((e, i) => assert.ok(bare.includes(e) || same(e.rates, expected[i].rates), `${what}: rates`));
    // At most the changed line and the one after it lose their rates; after a swap, at most three lines.
    if (!isCut) assert.ok(bare.length <= (what.includes('swapped') ? 3 : 2), `${what}: ${bare.length} without rates`);
    if (!isCut) assert.match(note!, /^'.*sgdm\.jsonl': line \d: .*; rewritten from the checkpoint/, what);
    else assert.is(note === null, bare.length === 0, what);
  }
});

test('with a damaged line gives the right table and report when the run is resumed', async () => {
  for (const at of [0, 2, 5]) {
    const out = damaged(textOf(spliced(at, 1, lines[at].replace(/"(seed|loss)":[\d.]+/, '"$1":9'))));
    const { code, stdout, stderr } = await boundgradHere(['train', '--resume', out]);
    assert.is(code, 0, stderr);
    assert.match(stdout, new RegExp(`note: '.*sgdm\\.jsonl': line ${at + 1}: .*; rewritten from the checkpoint`));
    assertRight(out, `line ${at + 1}`);
  }
});

test('of another run with the same optimizer, or of another optimizer, is replaced by the records of its own run', async () => {
  for (const words of [
    ['--optim', 'sgdm', '--seed', '5'],
    ['--optim', 'adam'],
  ]) {
    const other = join(folder, `other-${copies++}`);
    await boundgradHere(['train', ...tiny(4), ...words, '--out', other]);
    const out = damaged(readFileSync(join(other, words[1] === 'adam' ? 'adam.jsonl' : NAME), 'utf8'));
    const { code, stdout, stderr } = await boundgradHere(['train', '--resume', out]);
    assert.is(code, 0, stderr);
    assert.match(stdout, /line 1: it is of (a run with other settings|another optimizer: adam)/);
    assertRight(out, words.join(' '));
    assert.is(JSON.parse(readFileSync(join(out, NAME), 'utf8').split('\n')[0]).optimizer, 'sgdm');
  }
});

test('of a complete run with right checksums and wrong figures is replaced by the figures of the checkpoint', async () => {
  const records = lines.map((line) => JSON.parse(line)).map(({ sum: _, format: __, ...record }) => record);
  for (const forged of [
    records.map((r) => (r.kind === 'epoch' ? { ...r, testAccuracy: 1 } : r)),
    records.filter((r) => r.epoch !== 4),
  ]) {
    const out = damaged(formatJsonLines(forged));
    const { code, stdout } = await boundgradHere(['train', '--resume', out]);
    assert.is(code, 0);
    assert.match(stdout, /note: '.*sgdm\.jsonl': epoch \d differs from the checkpoint; rewritten from the checkpoint/);
    assertRight(out, 'forged');
  }
});

test('that is damaged, and whose run has no checkpoint, is refused and stays; without it the run starts over', async () => {
  const text = textOf(spliced(2, 1));
  const out = damaged(text);
  rmSync(join(out, 'sgdm'), { recursive: true });
  const { code, stderr } = await boundgradHere(['train', '--resume', out]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /^boundgrad: '.*sgdm\.jsonl': line 3: .* was changed after it was written; remove the file to start over\n$/,
  );
  assert.is(readFileSync(join(out, NAME), 'utf8'), text);
  rmSync(join(out, NAME));
  assert.is((await boundgradHere(['train', '--resume', out])).code, 0);
  assertRight(out, 'started over');
});

test('without a record of a run is refused and stays, with a checkpoint or without', async () => {
  for (const text of ['notes\n', '{"kind":"run"}\n', '[]\n{"kind":"epoch"}\n', `${lines[1].replace(/,"sum.*/, '')}\n`])
    for (const hasCheckpoint of [true, false]) {
      const out = damaged(text);
      if (!hasCheckpoint) rmSync(join(out, 'sgdm'), { recursive: true });
      const { code, stderr } = await boundgradHere(['train', '--resume', out]);
      assert.is(code, 2, text);
      assert.match(
        stderr,
        /^boundgrad: '.*sgdm\.jsonl': it is not the journal of a run: line 1: .*; move it elsewhere\n$/,
      );
      assert.is(readFileSync(join(out, NAME), 'utf8'), text);
    }
});

test('of format 1, which has no checksums, is read; missing and edited lines are found by the checkpoint', async () => {
  const old = lines.map((line) => line.replace(/(,"format":2)?,"sum":"\w+"\}$/, '}'));
  const complete = damaged(textOf(old));
  const { stdout } = await boundgradHere(['train', '--resume', complete]);
  assert.match(stdout, /SGDM is complete: 4 epochs(; give --epochs N to go on)?\n/);
  assert.is(readFileSync(join(complete, NAME), 'utf8'), textOf(old));
  for (const [what, chosen] of [
    ['cut', old.slice(0, 3)],
    ['removed', [...old.slice(0, 2), ...old.slice(3)]],
    [
      'edited, and without its end',
      [...old.slice(0, 2), old[2].replace(/"loss":[\d.]+/, '"loss":9'), ...old.slice(3, -1)],
    ],
  ] as const) {
    const out = damaged(textOf(chosen));
    assert.is((await boundgradHere(['train', '--resume', out])).code, 0, what);
    assertRight(out, what);
  }
});

test('with the name of another optimizer is a user’s copy: a new run refuses it and leaves it', async () => {
  const out = damaged(textOf(lines));
  const copy = join(out, 'adam.jsonl');
  cpSync(join(out, NAME), copy);
  const { code, stderr } = await boundgradHere(['train', ...tiny(1), '--out', out]);
  assert.match(stderr, /--out: cannot .*adam\.jsonl': it is a copy of the journal sgdm\.jsonl; move it elsewhere/);
  assert.equal([code, readFileSync(copy, 'utf8')], [2, textOf(lines)]);
});

test('with lines of another program is kept beside the rewritten one, and a new run refuses it; if such a line is the last and does not end, the resumed run refuses it too', async () => {
  const foreign = ['precious', '{"mine":1}', '{"kind":"note","text":"precious"}', lines[1].replace(/,"sum.*/, '}'), ''];
  for (const [i, line] of foreign.entries())
    for (const at of [1, lines.length]) {
      const text = textOf(spliced(at, 0, line));
      const out = damaged(text);
      const again = await boundgradHere(['train', ...tiny(1), '--out', out]);
      assert.match(again.stderr, new RegExp(`--out: .*sgdm\\.jsonl': boundgrad did not write line ${at + 1}; move it`));
      assert.equal([again.code, readFileSync(join(out, NAME), 'utf8')], [2, text]);
      if (i > 1) continue;
      const { code, stdout } = await boundgradHere(['train', '--resume', out]);
      assert.is(code, 0);
      assert.match(stdout, /; the old file is kept as '.*sgdm\.jsonl\.1\.old'\n/);
      assert.is(readFileSync(join(out, `${NAME}.1.old`), 'utf8'), text);
      assertRight(out, line);
    }
  for (const rest of ['precious', '{"kind":"note","te', '{"kind":"run"}', '{"kind":"epoch","mine":1']) {
    const text = `${textOf(lines)}${rest}`;
    const out = damaged(text);
    for (const words of [
      ['--out', out, ...tiny(1)],
      ['--resume', out],
    ]) {
      const { code, stderr } = await boundgradHere(['train', ...words]);
      assert.is(code === 0, false, stderr);
      assert.match(stderr, /^boundgrad: [^\n]*last line[^\n]*\n$/);
      assert.is(readFileSync(join(out, NAME), 'utf8'), text);
    }
  }
});

const start = subject('A new run in the folder of another');

start('refuses to replace a file that boundgrad did not write, and removes nothing', async () => {
  for (const [name, text] of [
    ['adam.jsonl', 'precious\n'],
    ['adam.jsonl', 'precious'],
    ['sgdm.jsonl', '{"kind":"log"}\n'],
    ['run.json', '{"name":"my run"}'],
    ['run.json', 'x'],
    ['report.html', '<!doctype html><p>my report</p>'],
    [join('adam', 'step-3.safetensors'), '12345678{"weight":{}}'],
    [join('sgdm', 'step-3.safetensors'), 'precious'],
  ]) {
    const out = damaged(textOf(lines));
    mkdirSync(join(out, name, '..'), { recursive: true });
    writeFileSync(join(out, name), text);
    const { code, stderr } = await boundgradHere(['train', ...tiny(1), '--out', out]);
    assert.is(code, 2, text);
    assert.match(stderr, new RegExp(`--out: .*'.*${name}'.*; move it elsewhere`));
    assert.is(readFileSync(join(out, name), 'utf8'), text);
    assert.ok(existsSync(join(out, 'sgdm', 'step-52.safetensors')) && existsSync(join(out, NAME)), name);
  }
});

start('replaces files that a killed or damaged run left', async () => {
  for (const text of ['', '{"kind":"r', textOf(spliced(0, 1)), formatJsonLines([JSON.parse(lines[0])])]) {
    const out = damaged(text);
    const { code, stderr } = await boundgradHere(['train', ...tiny(1), '--out', out]);
    assert.is(code, 0, stderr);
    assert.not.ok(existsSync(join(out, NAME)));
  }
});

start('overwrites no report and no poster that boundgrad did not write, not even if the run resumes', async () => {
  const out = damaged(textOf(lines));
  writeFileSync(join(out, 'report.html'), 'mine');
  writeFileSync(join(out, 'poster.html'), 'mine');
  for (const words of [
    ['train', '--resume', out],
    ['poster', '--panels', 'theorems', '--out', out],
  ]) {
    const { code, stderr } = await boundgradHere(words);
    assert.is(code, 2);
    assert.match(
      stderr,
      /cannot write to '.*(report|poster)\.html': boundgrad did not write this file; move it elsewhere/,
    );
  }
  assert.equal(
    [readFileSync(join(out, 'report.html'), 'utf8'), readFileSync(join(out, 'poster.html'), 'utf8')],
    ['mine', 'mine'],
  );
});
