// The files of a sweep: damaged results, forged results with right checksums, and files for --file.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCall } from '../../../cli/options/parse.js';
import { withFile } from '../../../cli/sweep/describe.js';
import { sweepOptions } from '../../../cli/sweep/options.js';
import { readResults } from '../../../cli/sweep/results.js';
import { checkConfigs, settingsOf, taskSettings } from '../../../cli/sweep/settings.js';
import { VERSION } from '../../../fit/index.js';
import { formatJsonLines } from '../../../node/jsonLines.js';
import { sweepFile } from '../../../reports/sweep/file.js';
import { sweepPage } from '../../../reports/sweep/page.js';
import type { ResultRecord, RunOutcome } from '../../../reports/sweep/record.js';
import { resultLines } from '../../../reports/sweep/text.js';
import { type Result, sweep } from '../../../sweep/sweep.js';
import { trialsOf } from '../../../sweep/task.js';
import { allows, type Format, right } from '../format.js';

const command = { name: 'sweep', options: sweepOptions, operands: ['DIR..'] };
const words = ['--data', 'blobs', '--optim', 'sgdm,adam', '--lr', 'log(1e-3,1)', '--trials', '3', '--seeds', '2'];
const settings = settingsOf(parseCall(command, words)!);
const { space, draw: how, trials, seed, seeds, epochs } = settings;
const options = { space, draw: how, trials, seed, seeds, budget: epochs, settings: taskSettings(settings) };

const session = {
  ...{ kind: 'session', boundgrad: VERSION, command: 'boundgrad sweep', date: '2026-01-01T00:00:00Z' },
  device: { cpu: 'cpu', cores: 1, platform: 'linux', node: 'v20' },
};
const results = trialsOf(space, options).flatMap(({ tasks }) =>
  tasks.map((task, i): ResultRecord => {
    const score = 0.5 + i / 10;
    const epoch = { loss: 1, validationLoss: 1, validationAccuracy: score };
    const outcome = { validation: score, test: score, note: '', epochs: [epoch] };
    return { kind: 'result', ...task, budget: epochs, outcome, build: { backend: 'wasm', via: {} }, seconds: 1 };
  }),
);
const records = [session, ...results];

/** Reads a file with this text. */
function read(folder: string, text: string): ResultRecord[] {
  const path = join(folder, 'results.jsonl');
  rmSync(path, { force: true });
  writeFileSync(path, text, 'latin1');
  return readResults(path);
}

const damaged: Format = {
  name: 'sweep-results',
  prepare(folder) {
    const text = formatJsonLines(records);
    const found = (text: string) => JSON.stringify(read(folder, text));
    // Runs whose lines are missing at the end are computed again.
    const prefixes = new Set(records.map((_, n) => found(formatJsonLines(records.slice(0, n + 1)))).concat('[]'));
    return (draw) => {
      right(
        prefixes.has(found(draw.chance(0.9) ? draw.damageText(text) : text)),
        'its results are the first that were written',
      );
    };
  },
};

const forged: Format = {
  name: 'forged-sweep-results',
  prepare: (folder) => async (draw) => {
    const altered: unknown = draw.chance(0.9) ? draw.alter(records as object[]) : records;
    const list = Array.isArray(altered)
      ? altered.filter((record) => typeof record === 'object' && record !== null)
      : [];
    const done = read(folder, Buffer.from(formatJsonLines(list)).toString('latin1'));
    const found = await sweep<RunOutcome>({ ...options, done: done as Result<RunOutcome>[], run: () => null });
    const about = { ...options, seeds: [...seeds], halving: null };
    allows(() => {
      const builds = done.map(({ build }) => build);
      const file = sweepFile(
        found.trials,
        { boundgrad: VERSION, sweep: about, classes: 3, testSamples: 60, ...found },
        builds,
      );
      return [sweepPage(file), resultLines(file)];
    }, 'its page can be written');
  },
};

const description = {
  ...{ model: 'mlp', data: 'blobs', trials: 3, seeds: '2-3', epochs: 2, val: 0.3, milestones: [1], draw: 'grid' },
  space: {
    sgdm: { lr: { log: [1e-3, 1] }, nesterov: [true, false], momentum: 0.9 },
    adam: { lr: { uniform: [1e-3, 1] }, betas: { values: [[0.9, 0.99]] } },
  },
};

const file: Format = {
  name: 'sweep-file',
  prepare: (folder) => (draw) => {
    const path = join(folder, 'sweep.json');
    const good = JSON.stringify(description);
    const text = draw.chance(0.5) ? JSON.stringify(draw.alter(description)) : draw.damageText(good);
    rmSync(path, { force: true });
    writeFileSync(path, text ?? '', 'latin1');
    const read = settingsOf(withFile(path, parseCall(command, ['--file', path])!));
    const all = trialsOf(read.space, { ...read, settings: taskSettings(read) });
    checkConfigs(all);
    right(all.length > 0, 'it has trials');
  },
};

export const sweeps: Format[] = [damaged, forged, file];
