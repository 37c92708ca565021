// `boundgrad predict`: predicts for tables and pictures, and continues texts, with the model of a checkpoint.
import { statSync } from 'node:fs';
import { BoundgradError } from '../../core/index.js';
import type { Moments } from '../../datasets/index.js';
import { parseSheet } from '../../datasets/sheet.js';
import type { Description } from '../../fit/description.js';
import { type GenerateOptions, generate, type Prediction, type Samples, type TrainedModel } from '../../fit/index.js';
import { prepare } from '../../fit/samples.js';
import { decodePicture, pictureFile } from '../../node/pictures/readPicture.js';
import { readStream } from '../../node/stream.js';
import { readText, textOf } from '../../node/tables.js';
import { percent } from '../../reports/format.js';
import { alignColumns } from '../../reports/run/results.js';
import { chooseBackend } from '../backend.js';
import { loadTrained, readRun } from '../checkpoint.js';
import { defaultPrompt } from '../continuation.js';
import { Failure, refuse } from '../failure.js';
import { filledNote } from '../missingCells.js';
import { integer, numberWhere, path, text } from '../options/parsers.js';
import { grouped, nameOf, type Schema, type Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { ownData } from '../ownData.js';
import { modelFile } from '../ownModel.js';
import { quote } from '../shell.js';
import { writeLine } from '../terminal.js';
import { command } from './command.js';

/** The largest standard input in bytes. */
const LIMIT = 64 * 1024 * 1024;

/** The options of a model that was trained on a text. */
const writing = {
  prompt: {
    value: 'TEXT',
    about: 'the beginning of the text, in place of a file',
    shownDefault: 'a line break',
    parse: text,
  },
  length: { value: 'N', about: 'the number of new tokens', shownDefault: '200', parse: integer(0) },
  temperature: {
    value: 'X',
    about: 'divides the logits: below 1 probable tokens become more probable, 0 always takes the most probable',
    shownDefault: '1',
    parse: numberWhere((x) => x >= 0, 'be at least 0'),
  },
  topK: {
    value: 'K',
    about: 'draw from the K most probable tokens only',
    shownDefault: 'all',
    parse: integer(1),
  },
  seed: { value: 'N', about: 'determines the draws', shownDefault: '0', parse: integer() },
} satisfies Schema;

const options = {
  checkpoint: {
    value: 'RUN',
    about:
      'the folder of a run, as --out of train; or a folder of checkpoints, whose newest is used, or a checkpoint file',
    required: 'see --help',
    parse: path,
  },
  model: {
    value: 'FILE',
    about: 'the file of your own model that --model of train named: a checkpoint holds only its name',
    parse: modelFile,
  },
  ...shared.computing,
  json: {
    ...shared.json,
    about:
      'print one array in the order of the inputs: { source, row?, label, probabilities }, { source, row?, value } or, of texts, { source, prompt, text }',
  },
  ...grouped('Texts', writing),
} satisfies Schema;

export const predict = command({
  usage: '--checkpoint RUN INPUT.. [options]',
  options,
  kept: Object.keys(shared.ownDataOptions),
  examples: [
    'boundgrad predict --checkpoint runs/houses new.csv',
    'boundgrad predict --checkpoint runs/photos a.png b.jpg --json',
    'boundgrad predict --checkpoint runs/mine --model net.mjs new.csv',
    "boundgrad predict --checkpoint runs/novel --prompt 'Call me' --temperature 0.8 --length 500",
  ],
  notes: [
    {
      title: 'Inputs',
      rows: [
        [
          'FILE.csv',
          'a header, which is row 1, and a row for each sample, with the columns of the training; others are not read; missing cells are filled if the training filled them (--missing fill)',
        ],
        ['FILE.txt', 'a text to continue, for a model that was trained on a text; --prompt gives one without a file'],
        ['FILE.png, FILE.jpg', 'a picture of any size, for a model that was trained on images'],
        ['-', `standard input: a table, a text or one picture as above, at most ${LIMIT / 2 ** 20} MiB`],
      ],
    },
  ],
  run: (values, { operands }) => run(values, operands),
});

/** The prediction for a sample, and the input that it came from. */
type Found = { source: string } & Prediction;

async function run(
  { checkpoint: path, model, json, prompt, length, temperature, topK, seed, ...on }: Values<typeof options>,
  inputs: string[],
): Promise<string[]> {
  const how = { length, temperature, topK, seed };
  if (inputs.indexOf('-') !== inputs.lastIndexOf('-')) throw refuse('predict: -: standard input can be read only once');
  if (inputs.includes('-') && process.stdin.isTTY)
    throw refuse(
      'predict: -: standard input is the keyboard: give a file, or pipe one: boundgrad predict .. - < new.csv',
    );
  const own = inputs.map(ownData).find((data, i) => data !== null && data.path !== inputs[i]);
  if (own) throw refuse(`predict: an input is a path, without ${own.kind}: ${own.path}`);
  if (inputs.length > 0 && prompt !== undefined)
    throw refuse(`predict: --prompt is given, and the input ${inputs[0]}: give one of the two`);
  const run = readRun(path);
  if (inputs.length === 0 && !run.checkpoint.description?.preparation.text)
    throw refuse('predict: an input is missing: a CSV file, a picture, or - for standard input');
  await chooseBackend(on.backend, on.threads, on.noWide);
  const net = await loadTrained(run, model);
  for (const note of net.notes) writeLine(process.stderr, `boundgrad: ${note}`);
  if (net.samples === 'text') return continued(net, { inputs, prompt }, how, json);
  const strange = Object.entries({ prompt, ...how }).find(([, value]) => value !== undefined);
  if (strange)
    throw refuse(
      `--${nameOf(strange[0])}: only a model that was trained on a text takes it; this one was trained on ${net.samples}`,
    );
  const found: Found[] = [];
  for (const source of inputs) found.push(...(await predictFor(net, source, run.checkpoint.description!)));
  return json ? [JSON.stringify(found)] : asText(found, net);
}

/** The prompt, or each input, with the text that follows it. The line break at the end of a file is not part of its prompt. */
async function continued(
  net: TrainedModel,
  { inputs, prompt: typed }: { inputs: readonly string[]; prompt?: string },
  how: Partial<GenerateOptions<string>>,
  json: boolean,
): Promise<string[]> {
  const found: { source: string; prompt: string; text: string }[] = [];
  const options = Object.fromEntries(Object.entries(how).filter(([, value]) => value !== undefined));
  const add = async (source: string, prompt: string) => {
    try {
      found.push({ source, prompt, text: await generate(net, { ...options, prompt }) });
    } catch (error) {
      if (!(error instanceof BoundgradError)) throw error;
      const message = error.message.replace(/^generate: prompt/, source).replace(/; '<unk>' would .*/, '');
      throw refuse(message, error);
    }
  };
  if (inputs.length === 0) await add('--prompt', typed ?? defaultPrompt(net.classes));
  for (const source of inputs) {
    const bytes = source === '-' ? await readStream(process.stdin, LIMIT, '-') : null;
    await add(source, (bytes ? textOf(bytes, source) : readText(source)).replace(/\r?\n$/, ''));
  }
  if (json) return [JSON.stringify(found)];
  const blank = net.level === 'word' ? ' ' : '';
  const whole = found.map(({ prompt, text }) => `${prompt}${blank}${text}`.replace(/^ ?\n ?/, ''));
  return whole.flatMap((text) => text.split('\n'));
}

/** The predictions for the samples of one input. Throws Failure if it cannot be read or the model does not take it. */
async function predictFor(net: TrainedModel, source: string, about: Description): Promise<Found[]> {
  try {
    const samples = await samplesOf(net, source);
    const found = await net.predict(samples);
    const notes = typeof samples === 'string' ? [filled(samples, about), await farNote(samples, about)] : [];
    for (const note of notes) if (note) writeLine(process.stderr, `boundgrad: ${source}: ${note}`);
    return found.map(({ row, ...rest }) => ({ source, ...(row !== undefined && { row }), ...rest }));
  } catch (error) {
    if (error instanceof Failure || !(error instanceof BoundgradError)) throw error;
    const message = error.message.replace("{ missing: 'fill' }", '--missing fill');
    throw refuse(message.startsWith('predict: ') ? message.replace('predict', source) : message, error);
  }
}

/** A note on the missing cells of a table; null if there are none. */
function filled(text: string, { preparation: { table } }: Description): string | null {
  return table ? filledNote(parseSheet('predict', text, table, true), table, 'filled as in training') : null;
}

/** Standard deviations from the mean of the training data, beyond which a number is far: at most 1 training row in 100 was, as
 *  Chebyshev's inequality says. */
const FAR = 10;

/** A note with the first number of a table that is far from the training data, and the number of rows with such numbers. Null if there is
 *  none, or if the training did not standardize the table. Ids that the training did not see are often that far. */
async function farNote(text: string, about: Description): Promise<string | null> {
  const { table, inputs: moments } = about.preparation;
  if (!table || !moments) return null;
  const names = table.columns.flatMap((c) => (c.kind === 'number' ? [c.name] : c.categories.map(() => null)));
  const { inputs, n, rows = [] } = await prepare(text, about, false);
  const valueOf = (z: number, j: number) => z * moments.std[j] + moments.mean[j];
  const isFar = (z: number, j: number) => names[j] !== null && Math.abs(z) > FAR && !isFlag(valueOf(z, j), j, moments);
  const samples = Array.from({ length: n }, (_, i) => inputs[0].subarray(i * names.length, (i + 1) * names.length));
  const far = samples.flatMap((sample, i) => (sample.some(isFar) ? [i] : []));
  if (far.length === 0) return null;
  const [i] = far;
  const j = samples[i].findIndex(isFar);
  const std = moments.std[j];
  // Rounds to three digits of the standard deviation: the others are rounding errors of float32.
  const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(std))));
  const [value, mean] = [valueOf(samples[i][j], j), moments.mean[j]].map((v) => Number(v.toFixed(decimals)));
  // A column that was constant has 1 in place of its deviation.
  const spread = std === 1 ? '' : `, standard deviation ${Number(std.toPrecision(3))}`;
  const others = far.length === 1 ? '' : `; ${far.length} of ${n} rows have such numbers`;
  return (
    `row ${rows[i]}, column '${names[j]}': ${value} is far from the training data (mean ${mean}${spread})${others}: ` +
    'predictions for such rows may be guesses'
  );
}

/** Whether a number is a flag, 0 or 1, however rare: of numbers from 0 to 1, m (1 - m) is the variance only if each is 0 or 1. */
function isFlag(value: number, column: number, { mean, std }: Moments): boolean {
  const [m, variance] = [mean[column], std[column] ** 2];
  const isBit = Math.min(Math.abs(value), Math.abs(value - 1)) < 1e-4;
  return isBit && Math.abs(variance - m * (1 - m)) < 1e-6 * variance;
}

/** The samples of one input: the text of a table, or a picture. */
async function samplesOf(net: TrainedModel, source: string): Promise<Samples> {
  const wrong = net.samples === 'images' ? /\.(csv|tsv|txt)$/i : /\.(png|jpe?g)$/i;
  if (wrong.test(source)) {
    const [given, taken] =
      net.samples === 'images' ? ['a table', 'pictures'] : ['a picture', 'rows of numbers and texts'];
    throw refuse(`${source}: ${given}: the model was trained on ${taken}`);
  }
  if (source !== '-' && statSync(source, { throwIfNoEntry: false })?.isDirectory())
    throw refuse(
      `${source}: a folder; give its files, as ${quote(source)}/*.${net.samples === 'images' ? 'png' : 'csv'}`,
    );
  const bytes = source === '-' ? await readStream(process.stdin, LIMIT, '-') : null;
  if (net.samples === 'images') return decodePicture(bytes ?? pictureFile(source), source);
  const table = bytes ? textOf(bytes, source) : readText(source);
  if (/[\r\n]/.test(table)) return table;
  throw refuse(`${source}: no rows: a table has a header and a row below it`);
}

const ROWS = 'row: its number in the file, as a spreadsheet counts; the header is row 1';

/** A line for each sample: its input, its row, and its class with the probability, or its values. */
function asText(found: readonly Found[], { classes, table: columns }: TrainedModel): string[] {
  const hasRows = found.some(({ row }) => row !== undefined);
  const head = classes.length ? ['class', 'probability'] : [columns?.target.join(', ') ?? 'value'];
  const lines = found.map(({ source, row, ...predicted }) => [
    source,
    ...(hasRows ? [String(row ?? '')] : []),
    ...cellsOf(predicted),
  ]);
  const table = alignColumns([['input', ...(hasRows ? ['row'] : []), ...head], ...lines]);
  return hasRows ? [...table, ROWS] : table;
}

function cellsOf({ label, probabilities, value }: Prediction): string[] {
  if (label !== undefined) return [label, percent(probabilities[label])];
  return [
    [value]
      .flat()
      .map((v) => String(Number(v.toPrecision(7))))
      .join(', '),
  ];
}
