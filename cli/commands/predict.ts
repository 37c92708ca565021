// `boundgrad predict`: predicts for tables and pictures, and continues texts, with the model of a checkpoint.
import { existsSync, statSync } from 'node:fs';
import { BoundgradError } from '../../core/index.js';
import { parseSheet } from '../../datasets/sheet.js';
import type { Description } from '../../fit/description.js';
import { type GenerateOptions, generate, type Samples, type TrainedModel } from '../../fit/index.js';
import { decodePicture, pictureFile } from '../../node/pictures/readPicture.js';
import { readStream } from '../../node/stream.js';
import { readText, textOf } from '../../node/tables.js';
import { chooseBackend } from '../backend.js';
import { loadTrained, readRun } from '../checkpoint.js';
import { defaultPrompt } from '../continuation.js';
import { EXIT, Failure, refuse } from '../failure.js';
import { farNote } from '../farNumbers.js';
import { filledNote } from '../missingCells.js';
import { ownDataOptions } from '../options/data.js';
import { integer, numberWhere, path, text } from '../options/parsers.js';
import { grouped, nameOf, type Schema, type Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { ownData } from '../ownData.js';
import { modelFile } from '../ownModel.js';
import { asCsv, asText, type Found, linesOf } from '../predictions.js';
import { quote } from '../shell.js';
import { writeContent, writeLine, writeText } from '../terminal.js';
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
      'the folder of a run (--out of train); or a folder of checkpoints, whose newest is used, or a checkpoint file',
    required: 'see --help',
    parse: path,
  },
  model: {
    value: 'FILE',
    about: 'the file of your own model, as given to train --model: a checkpoint holds only its name',
    parse: modelFile,
  },
  ...shared.computing,
  json: {
    ...shared.json,
    about:
      'print one array in the order of the inputs: { source, row?, label, probabilities }, { source, row?, value } or, of texts, { source, prompt, text }',
  },
  csv: {
    about:
      'print CSV: input, row, and the class with the probability of each class, or the value; of texts: input, prompt, text',
  },
  ...grouped('Texts', writing),
} satisfies Schema;

export const predict = command({
  usage: '--checkpoint RUN INPUT.. [options]',
  options,
  kept: Object.keys(ownDataOptions),
  examples: [
    'boundgrad predict --checkpoint runs/houses new.csv',
    'boundgrad predict --checkpoint runs/houses new.csv --csv > predicted.csv',
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

async function run(
  { checkpoint: path, model, json, csv, prompt, length, temperature, topK, seed, ...on }: Values<typeof options>,
  inputs: string[],
): Promise<number | string[]> {
  const how = { length, temperature, topK, seed };
  if (json && csv) throw refuse('predict: --json and --csv are given: give one of the two');
  if (inputs.indexOf('-') !== inputs.lastIndexOf('-')) throw refuse('predict: -: standard input can be read only once');
  if (inputs.includes('-') && process.stdin.isTTY)
    throw refuse(
      'predict: -: standard input is the keyboard: give a file, or pipe one: boundgrad predict .. - < new.csv',
    );
  const own = inputs.map(ownData).find((data, i) => data !== null && data.path !== inputs[i]);
  if (own) throw refuse(`predict: write an input as a path alone, without '${own.kind}:': ${own.path}`);
  if (inputs.length > 0 && prompt !== undefined)
    throw refuse(`predict: --prompt is given, and the input ${inputs[0]}: give one of the two`);
  const run = readRun(path);
  const isOfText = run.checkpoint.description?.preparation.text !== undefined;
  if (prompt !== undefined && !isOfText)
    throw refuse('predict: --prompt is for a model of texts, which this one is not: give a CSV file or a picture');
  const twice = inputs.find((input, i) => inputs.indexOf(input) !== i);
  if (twice !== undefined) throw refuse(`predict: '${twice}' is named twice`);
  if (inputs.length === 0 && !isOfText)
    throw refuse('predict: an input is missing: a CSV file, a picture, or - for standard input');
  await chooseBackend(on.backend, on.threads, on.noWide);
  const net = await loadTrained(run, model);
  for (const note of net.notes) writeLine(process.stderr, `boundgrad: ${note}`);
  if (net.samples === 'text') return continued(net, { inputs, prompt }, how, { json, csv });
  const strange = Object.entries({ prompt, ...how }).find(([, value]) => value !== undefined);
  if (strange)
    throw refuse(
      `--${nameOf(strange[0])}: only a model that was trained on a text takes it; this one was trained on ${net.samples}`,
    );
  const found: Found[] = [];
  for (const source of inputs) found.push(...(await predictFor(net, source, run.checkpoint.description!)));
  if (json) return [JSON.stringify(found)];
  return csv ? print(asCsv(found, net)) : asText(found, net);
}

/** Prints records of CSV. Returns the exit code. */
function print(pieces: readonly string[]): number {
  for (const piece of pieces) writeContent(process.stdout, piece);
  return EXIT.ok;
}

/** The prompt, or each input, with the text that follows it. The line break at the end of a file is not part of its prompt. */
async function continued(
  net: TrainedModel,
  { inputs, prompt: typed }: { inputs: readonly string[]; prompt?: string },
  how: Partial<GenerateOptions<string>>,
  { json, csv }: { json: boolean; csv: boolean },
): Promise<number | string[]> {
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
    if (source !== '-' && !existsSync(source)) {
      const remedy = /^[^./]+$/.test(source) ? `; for a text that is no file: --prompt ${quote(source)}` : '';
      throw refuse(`predict: cannot read '${source}': no such file${remedy}`);
    }
    const bytes = source === '-' ? await readStream(process.stdin, LIMIT, '-') : null;
    await add(source, (bytes ? textOf(bytes, source) : readText(source)).replace(/\r?\n$/, ''));
  }
  if (json) return [JSON.stringify(found)];
  if (csv) {
    const input = (source: string) => (inputs.length ? source : null);
    return print(linesOf([['input', 'prompt', 'text'], ...found.map((f) => [input(f.source), f.prompt, f.text])]));
  }
  const blank = net.level === 'word' ? ' ' : '';
  const whole = found.map(({ prompt, text }) => `${prompt}${blank}${text}`.replace(/^ ?\n ?/, ''));
  for (const text of whole) writeText(process.stdout, text);
  return EXIT.ok;
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

/** The samples of one input: the text of a table, or a picture. */
async function samplesOf(net: TrainedModel, source: string): Promise<Samples> {
  const wrong = net.samples === 'images' ? /\.(csv|tsv|txt)$/i : /\.(png|jpe?g)$/i;
  if (wrong.test(source)) {
    const [given, taken] =
      net.samples === 'images' ? ['a table', 'pictures'] : ['a picture', 'rows of numbers and texts'];
    throw refuse(`${source}: ${given}: the model was trained on ${taken}`);
  }
  if (source !== '-' && existsSync(source) && statSync(source).isDirectory())
    throw refuse(`${source}: a folder; give its files: ${quote(source)}/*.${net.samples === 'images' ? 'png' : 'csv'}`);
  const bytes = source === '-' ? await readStream(process.stdin, LIMIT, '-') : null;
  if (net.samples === 'images') return decodePicture(bytes ?? pictureFile(source), source);
  const table = bytes ? textOf(bytes, source) : readText(source);
  if (/[\r\n]/.test(table)) return table;
  throw refuse(`${source}: no rows: a table has a header and a row below it`);
}
