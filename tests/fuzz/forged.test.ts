// Records and checkpoints with right checksums and wrong fields, as an attacker would write them. Each is refused by an error of
// boundgrad, or is one that a run could have written: then its report, its figures and its continuation work.
// BOUNDGRAD_FORGED=20000 makes about that many. The default is a short run, and forged.long.ts makes 2,000.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../cli/datasets.js';
import { EXIT, Failure } from '../../cli/failure.js';
import { Journal } from '../../cli/journal.js';
import { parseCall } from '../../cli/options/parse.js';
import { trainingOptions } from '../../cli/options/training.js';
import { parsePanelRecords } from '../../cli/poster/panelRecords.js';
import { trainOne } from '../../cli/trainOne.js';
import { BoundgradError, parseSafetensors, Random, type Stream, serializeSafetensors } from '../../core/index.js';
import { fit, parseCheckpoint } from '../../fit/index.js';
import { type Json, listOf } from '../../fit/validate.js';
import { formatJsonLines, readJsonLines } from '../../node/jsonLines.js';
import { snapshot } from '../../reports/checks.js';
import { posterPage } from '../../reports/poster/page.js';
import type { Section } from '../../reports/poster/panel.js';
import { panels } from '../../reports/poster/panels.js';
import { quick } from '../../reports/poster/recipe.js';
import { keyOf } from '../../reports/poster/task.js';
import type { EpochRecord, LineRecord, Run } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';
import { resultLines } from '../../reports/run/results.js';
import { temporary } from '../cli/command.js';
import { recording, trainSettings } from '../cli/recording.js';
import { sealed } from '../fit/sealed.js';
import { bits, Kept, training } from '../fit/training.js';
import { assert, subject } from '../spec.js';
import { forge } from './forge.js';

const test = subject('Forged files');
const COUNT = Number(process.env.BOUNDGRAD_FORGED ?? 120);
const folder = temporary();
const random = (name: string): Stream => new Random(COUNT).stream(name);

/** Runs the body. Returns whether it ended without an error. Fails if an error is not boundgrad's, or has several lines. */
async function accepts(body: () => unknown, what: string): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    if (error instanceof BoundgradError || error instanceof Failure) {
      assert.match(error.message, /^[^\n]{10,2000}$/, what);
      return false;
    }
    throw new Error(`${what}: ${(error as Error).stack}`);
  }
}

// A run of the command line, with its records and its last checkpoint.
const words = ['--model', 'mlp', '--data', 'blobs', '--backend', 'reference', '--epochs', '2', '--batch-size', '200'];
const settings = trainSettings(words);
const data = await loadData('blobs', {});
const kept = new Kept();
const { place, records } = recording();
await trainOne('adabound', settings, data, { ...place, checkpoints: kept });
const { checkpoint } = (await kept.latest())!;

test('a forged journal that counts as complete can be drawn, and any other is rewritten with the epochs of the checkpoint', async () => {
  const path = join(folder, 'adabound.jsonl');
  let [accepted, refused] = [0, 0];
  for (const { value, what } of forge(records, random('journal'), COUNT / 3)) {
    // formatJsonLines takes objects only.
    const lines = (Array.isArray(value) ? value : [value]).map((r) => Object(r));
    writeFileSync(path, formatJsonLines(lines));
    const isRead = await accepts(() => {
      const journal = new Journal(path, true);
      try {
        if (journal.isDone(10)) {
          assertDrawn(journal.run()!, what);
          accepted++;
          return;
        }
        refused++;
        if (!journal.opening) journal.append(records[0]);
        journal.restore(checkpoint.history, 10);
        journal.append(records.at(-1)!);
        const run = journal.run()!;
        assert.equal(figures(run.epochs), figures(records.filter((r): r is EpochRecord => r.kind === 'epoch')), what);
        assertDrawn(run, what);
      } finally {
        journal.close();
      }
      assert.ok(
        readJsonLines(path).every(({ fault }) => fault === null),
        what,
      );
    }, what);
    if (!isRead) refused++;
  }
  assert.ok(refused > accepted && accepted > 0, `${refused} refused, ${accepted} accepted`);
});

const figures = (epochs: EpochRecord[]) =>
  epochs.map(({ epoch, step, loss, testLoss }) => [epoch, step, loss, testLoss]);

function assertDrawn(run: Run, what: string): void {
  for (const { epochs } of [run]) epochs.forEach((e, i) => assert.is(e.epoch, i + 1, what));
  assert.match(resultLines([run]).join('\n'), run.run.title.slice(0, 1));
  assert.match(reportPage([run]), '</html>');
}

test('a forged record of the poster is refused, or the verdict, figures and page of its panel can be made', async () => {
  const recipe = quick();
  const sources = panels.map((panel) => {
    const path = join('docs/poster', `${panel.key}.jsonl`);
    return { panel, records: readJsonLines(path).map(({ record }) => record as object) };
  });
  let [accepted, refused] = [0, 0];
  for (let round = 0; accepted + refused < COUNT / 3; round++) {
    const { panel, records } = sources[round % sources.length];
    const stream = random(`${panel.key}-${round}`);
    const at = round < sources.length ? 0 : stream.below(records.length);
    const [{ value, what }] = forge(records[at], stream, 1);
    const text = formatJsonLines(records.map((r, i) => (i === at ? Object(value) : r)));
    const isAccepted = await accepts(
      () => {
        const { sessions, done: all } = parsePanelRecords(text, `${panel.key}.jsonl`);
        const by = new Map(all.map((d) => [keyOf(d.task), d]));
        const tasks = panel.tasks(recipe);
        const section: Section = { panel, sessions, tasks, done: tasks.flatMap((t) => by.get(keyOf(t)) ?? []) };
        panel.verdict(section.done);
        panel.figures(section.done, recipe);
        assert.match(posterPage([section], recipe, null), '</html>', what);
      },
      `${panel.key}, line ${at + 1}, ${what}`,
    );
    if (isAccepted) accepted++;
    else refused++;
  }
  assert.ok(refused > 0 && accepted > 0, `${refused} refused, ${accepted} accepted`);
});

/** Forged copies of a checkpoint, each with one change of its texts, and the right checksum. */
async function* forgedCheckpoints(file: Uint8Array, count: number, stream: Stream) {
  const { tensors, metadata } = parseSafetensors(file);
  const { checksum, format, ...texts } = metadata;
  const parsed = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.parse(text)]));
  for (const { value, what } of forge(parsed, stream, count)) {
    // safetensors.ts writes no text with the name __proto__.
    const entries = Object.entries(Object(value)).filter(([key]) => key !== '__proto__');
    const strings = entries.map(([key, v]) => [key, JSON.stringify(v)]);
    const all = { checksum, format, ...(Object.fromEntries(strings) as Record<string, string>) };
    yield { bytes: sealed(await serializeSafetensors(tensors, all)), what };
  }
}

test('a checkpoint is refused with model, optimizer and random streams unchanged, or the training resumes from it', async () => {
  const whole = new Kept();
  const rates = { name: 'rates', save: () => records.flatMap((r) => (r.kind === 'epoch' ? r.rates : [])), load() {} };
  const first = training({ epochs: 2, checkpoints: whole, callbacks: [rates] });
  await fit(first.model, first.options);
  let [accepted, refused] = [0, 0];
  for await (const { bytes, what } of forgedCheckpoints(whole.files.at(-1)!.file, COUNT / 3, random('checkpoint'))) {
    const checkpoints = {
      latest: async () => ({ checkpoint: parseCheckpoint(bytes), notes: [] }),
      save: async () => {},
    };
    const callbacks = [{ ...rates, load: (saved: unknown) => void listOf(snapshot)(saved, 'rates') }];
    const { model, options } = training({ epochs: 2, checkpoints, callbacks });
    const before = bits(model, options.optimizer);
    let resumed = false;
    const isAccepted = await accepts(async () => {
      const history = await fit(model, { ...options, callbacks: [...callbacks, { onResume: () => (resumed = true) }] });
      assert.is(history.outcome, 'finished', what);
      assert.equal(
        history.epochs.map(({ epoch }) => epoch),
        [1, 2],
        what,
      );
    }, what);
    if (isAccepted) accepted++;
    else refused++;
    if (!resumed) assert.equal(bits(model, options.optimizer), before, `${what}: half loaded`);
  }
  assert.ok(refused > 0 && accepted > 0, `${refused} refused, ${accepted} accepted`);
});

test('the rates and losses that a checkpoint keeps for the journal are checked before they are recorded', async () => {
  const within = new Kept();
  const signal = AbortSignal.timeout(1e6);
  await trainOne('adabound', { ...settings, maxSteps: 3 }, data, {
    ...place,
    record() {},
    signal,
    checkpoints: within,
  });
  const { checkpoint } = (await within.latest())!;
  const rates = checkpoint.callbacks.rates as { rates: Json[]; losses: Json };
  assert.ok(rates.rates.length > 0);
  for (const { value, what } of forge(rates, random('rates'), COUNT / 6)) {
    const callbacks = { rates: value };
    const checkpoints = {
      latest: async () => ({ checkpoint: { ...checkpoint, callbacks }, notes: [] }),
      save: async () => {},
    };
    const recorded: LineRecord[] = [];
    const at = { ...place, begun: true, record: (r: LineRecord) => recorded.push(r), checkpoints };
    const isAccepted = await accepts(() => trainOne('adabound', { ...settings, maxSteps: 3 }, data, at), what);
    if (!isAccepted) assert.equal(recorded, [], what);
    else for (const r of recorded) if (r.kind === 'epoch') listOf(snapshot)(r.rates, what);
  }
});

test('keys that every object inherits name no option, no optimizer and no field', async () => {
  const out = join(folder, 'run');
  mkdirSync(out);
  for (const key of ['constructor', 'toString', '__proto__', 'valueOf']) {
    const options = JSON.stringify({ model: 'mlp', data: 'blobs' }).replace('{', `{"${key}":"1",`);
    for (const text of [
      `{"command":"train","options":${options}}`,
      `{"command":"train","options":{"optim":"${key}"}}`,
      `{"command":"${key}","options":{}}`,
      `{"${key}":{"command":"train"}}`,
    ]) {
      writeFileSync(join(out, 'run.json'), text);
      const call = () => parseCall({ name: 'train', options: trainingOptions.train }, ['--resume', out]);
      assert.throws(call, (e: Error) => e instanceof Failure && e.code === EXIT.refused, text);
    }
  }
});

test('run.json cannot name another folder for the results', () => {
  const out = join(folder, 'elsewhere');
  mkdirSync(out);
  for (const name of ['out', 'resume', 'json', 'help']) {
    const text = JSON.stringify({ format: 1, command: 'train', options: { data: 'blobs', [name]: '/tmp/precious' } });
    writeFileSync(join(out, 'run.json'), text);
    assert.throws(
      () => parseCall({ name: 'train', options: trainingOptions.train }, ['--resume', out]),
      new RegExp(`run\\.json' is damaged, or of another version: unknown option: ${name}`),
    );
  }
  writeFileSync(join(out, 'run.json'), JSON.stringify({ format: 2, command: 'train', options: {} }));
  const later = () => parseCall({ name: 'train', options: trainingOptions.train }, ['--resume', out]);
  assert.throws(later, /run\.json' is damaged, or of another version: format 2: this version reads 1/);
  assert.match(readFileSync(join(out, 'run.json'), 'utf8'), '"format":2');
});
