// `boundgrad summary`: the layers of a net, with their output shapes, parameters and multiply-accumulates.
import { BoundgradError, type Shape, show } from '../../core/index.js';
import { models } from '../../models/index.js';
import { summarize, summary as table } from '../../nn/index.js';
import { chooseBackend } from '../backend.js';
import { dataKeys, fileKeys, loadData } from '../datasets.js';
import { Failure, refuse } from '../failure.js';
import { isOwnModel, makeOwn, modelKeys, modelName, modelTitle, outputsOf } from '../models.js';
import { integer, listOf } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import type { OwnOptions } from '../ownData.js';
import { command } from './command.js';

const options = {
  model: {
    value: 'MODEL',
    about: `${modelKeys.join(', ')}; or your own, ./net.mjs`,
    required: `one of ${modelKeys.join(', ')}, or your own, ./net.mjs`,
    parse: modelName,
  },
  data: {
    ...shared.data,
    about: `take the shape of a sample, and the number of classes or values, of these data: csv:FILE, images:DIR, ${dataKeys.join(', ')}`,
  },
  target: shared.ownDataOptions.target,
  columns: shared.ownDataOptions.columns,
  categories: shared.ownDataOptions.categories,
  delimiter: shared.ownDataOptions.delimiter,
  decimal: shared.ownDataOptions.decimal,
  missingValues: shared.ownDataOptions.missingValues,
  fill: shared.ownDataOptions.fill,
  missing: shared.ownDataOptions.missing,
  size: shared.ownDataOptions.size,
  channels: shared.ownDataOptions.channels,
  shape: {
    value: 'C,H,W',
    about: 'the shape of one sample; of a row, its number of inputs',
    shownDefault: 'the shape that a built-in model is made for',
    parse: listOf(integer(1)),
    check({ shape, data, model }: { shape?: Shape; data?: string; model: string }) {
      if (!shape && !data && isOwnModel(model))
        throw refuse(`--model ${model}: the shape of a sample is missing: give --shape, as 1,28,28, or --data`);
      if (shape && data) throw refuse('--shape: --data gives the shape: leave out one of the two');
    },
  },
  classes: {
    value: 'N',
    about: 'the number of classes, or of values to predict',
    shownDefault: 'as in the data, or 10',
    parse: integer(1),
  },
  depth: {
    value: 'N',
    about: 'list modules down to this level; 1 lists the stages of a net',
    shownDefault: 'all levels',
    parse: integer(0),
  },
  json: shared.json,
} satisfies Schema;

/** Sample shapes of the data sets that are read from files: the files need not be there. */
const SHAPES: Record<string, Shape> = { cifar10: [3, 32, 32], mnist: [1, 28, 28], 'fashion-mnist': [1, 28, 28] };

export const summary = command({
  usage: '--model MODEL [options]',
  examples: [
    'boundgrad summary --model densenet121',
    'boundgrad summary --model ./net.mjs --shape 3,32,32 --classes 5',
    'boundgrad summary --model ./net.mjs --data csv:houses.csv --target price',
  ],
  options,
  run,
});

async function run({ model: name, shape, classes, depth, json, ...own }: Values<typeof options>): Promise<string[]> {
  const isOwn = isOwnModel(name);
  const problem = await problemOf(isOwn ? null : models[name].input, own);
  const input = shape ?? problem.input;
  const outputs = classes ?? problem.outputs;
  // A large net takes seconds on another backend, which remains if the wasm backend was deleted.
  await chooseBackend('wasm', 1, true).catch(() => {});
  try {
    const model = isOwn ? await makeOwn(name, input, outputs, 0) : models[name].build({ input, numClasses: outputs });
    if (json) {
      const about = { model: modelTitle(name), input, classes: outputs };
      return [JSON.stringify({ ...about, ...summarize(model, input, { depth }) })];
    }
    return [
      isOwn ? modelTitle(name) : `${name}: ${models[name].description}`,
      `input ${input.join(' x ')}, ${outputs} ${problem.unit}; MACs: multiply-accumulates of one sample`,
      '',
      ...table(model, input, { depth }).split('\n'),
    ];
  } catch (error) {
    if (error instanceof Failure || !(error instanceof BoundgradError)) throw error;
    throw refuse(`--model ${name}: does not take samples of shape ${show(input)}: ${error.message}`, error);
  }
}

/** The shape of a sample and the number of outputs for the data, else for the shape that a model is made for. */
async function problemOf(
  made: Shape | null,
  { data, ...own }: { data?: string } & OwnOptions,
): Promise<{ input: Shape; outputs: number; unit: 'classes' | 'values' | 'outputs' }> {
  // The input of a user's own model is known from --shape or --data.
  if (data === undefined) return { input: made ?? [], outputs: 10, unit: made ? 'classes' : 'outputs' };
  if (fileKeys.includes(data)) return { input: SHAPES[data], outputs: 10, unit: 'classes' };
  const { train } = await loadData(data, { own });
  return { input: train.shape, outputs: outputsOf(train), unit: train.targetShape ? 'values' : 'classes' };
}
