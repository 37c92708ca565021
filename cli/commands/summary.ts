// `boundgrad summary`: the layers of a net, with their output shapes, parameters and multiply-accumulates.
import { BoundgradError, type Shape, show } from '../../core/index.js';
import { models } from '../../models/index.js';
import { summarize, summary as table } from '../../nn/index.js';
import { chooseBackend } from '../backend.js';
import { dataKeys, dataSources, isText, loadData } from '../datasets.js';
import { Failure, refuse } from '../failure.js';
import { isTokenModel, makeOwn, modelKeys, modelName, modelTitle, outputsOf, unreadable } from '../models.js';
import { dataOption, ownDataOptions } from '../options/data.js';
import { integer, listOf } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import type { OwnOptions } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { command } from './command.js';

const options = {
  model: {
    value: 'MODEL',
    about: `${modelKeys.join(', ')}; or your own, ./net.mjs`,
    required: `one of ${modelKeys.join(', ')}, or your own, ./net.mjs`,
    parse: modelName,
  },
  data: {
    ...dataOption,
    about: `take the shape of a sample, and the number of classes or values, of these data: csv:FILE, images:DIR, text:FILE, ${dataKeys.join(', ')}`,
  },
  target: ownDataOptions.target,
  columns: ownDataOptions.columns,
  categories: ownDataOptions.categories,
  delimiter: ownDataOptions.delimiter,
  decimal: ownDataOptions.decimal,
  missingValues: ownDataOptions.missingValues,
  fill: ownDataOptions.fill,
  missing: ownDataOptions.missing,
  size: ownDataOptions.size,
  channels: ownDataOptions.channels,
  level: ownDataOptions.level,
  context: ownDataOptions.context,
  shape: {
    value: 'C,H,W',
    about: 'the shape of one sample; of a row, its number of inputs; of a text, its number of tokens',
    shownDefault: 'the shape that a built-in model is made for',
    parse: listOf(integer(1)),
    check({ shape, data, model }: { shape?: Shape; data?: string; model: string }) {
      if (!shape && !data && isOwnModel(model))
        throw refuse(
          `--model ${model}: the shape of a sample is missing: give --shape, for example 1,28,28, or --data`,
        );
      if (shape && data) throw refuse('--shape: --data gives the shape: leave out one of the two');
      if (isOwnModel(model)) return;
      if (shape?.length === 3 && shape[0] > 4 && [1, 3].includes(shape[2]))
        throw refuse(
          `--shape: channels come first: ${shape[0]} channels of ${shape[1]} x ${shape[2]} pixels; write ${[shape[2], shape[0], shape[1]]}`,
        );
      const isForTokens = isTokenModel(model);
      if (shape && !isForTokens && model !== 'mlp' && shape.length !== 3)
        throw refuse(
          `--shape: ${model} takes images: give channels, rows and columns: '${shape}'; for grey ones 1,${shape.at(-2) ?? shape[0]},${shape.at(-1)}`,
        );
      if (shape && isForTokens && shape.length > 1)
        throw refuse(`--shape: ${model} reads texts: give one number, the tokens of a sample: '${shape}'`);
      if (data !== undefined && isForTokens !== isText(data)) throw refuse(unreadable(model));
    },
  },
  classes: {
    value: 'N',
    about: 'the number of classes, of values to predict, or of tokens',
    shownDefault: 'as in the data; without data 10, or 65 tokens',
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
  const problem = await problemOf(isOwn ? null : name, own);
  const { unit, positions } = problem;
  const input = shape ?? problem.input;
  const outputs = classes ?? problem.outputs;
  // On other backends a large net takes seconds. They are used only if the wasm backend was deleted.
  await chooseBackend('wasm', 1, true).catch(() => {});
  try {
    const model = isOwn
      ? await makeOwn(name, input, outputs, 0, positions)
      : models[name].build({ input, numClasses: outputs });
    const how = { depth, ...(unit === 'tokens' && { dtype: 'int32' as const }) };
    if (json) {
      const about = { model: modelTitle(name), input, classes: outputs };
      return [JSON.stringify({ ...about, ...summarize(model, input, how) })];
    }
    return [
      isOwn ? modelTitle(name) : `${name}: ${models[name].description}`,
      `input ${input.join(' x ')}, ${outputs} ${unit}; MACs: multiply-accumulates of one sample`,
      '',
      ...table(model, input, how).split('\n'),
    ];
  } catch (error) {
    if (error instanceof Failure || !(error instanceof BoundgradError)) throw error;
    throw refuse(`--model ${name}: does not take samples of shape ${show(input)}: ${error.message}`, error);
  }
}

/** What a net is made for: the shape of a sample, the number of outputs, and for a text the shape of the positions whose next token is
 *  predicted. */
interface Problem {
  input: Shape;
  outputs: number;
  unit: 'classes' | 'values' | 'tokens' | 'outputs';
  positions?: Shape;
}

/** The shapes that the data need; without data, those that a built-in model is designed for. */
async function problemOf(name: string | null, { data, ...own }: { data?: string } & OwnOptions): Promise<Problem> {
  if (data === undefined) {
    // The input of a user's own model is known from --shape or --data.
    if (name === null) return { input: [], outputs: 10, unit: 'outputs' };
    const { input } = models[name];
    return isTokenModel(name) ? { input, outputs: 65, unit: 'tokens' } : { input, outputs: 10, unit: 'classes' };
  }
  // The files need not exist.
  const files = dataSources[data]?.files;
  if (files) return { input: files.shape, outputs: files.classes, unit: 'classes' };
  const { train } = await loadData(data, { own });
  const unit = train.labelShape ? 'tokens' : train.targetShape ? 'values' : 'classes';
  return { input: train.shape, outputs: outputsOf(train), unit, positions: train.labelShape };
}
