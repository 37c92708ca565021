// `boundgrad summary`: the layers of a net, with their output shapes, parameters and multiply-accumulates.
import { BoundgradError, type Shape, setBackend, show } from '../../core/index.js';
import { models } from '../../models/index.js';
import { summarize, summary as table } from '../../nn/index.js';
import { dataKeys, fileKeys, loadData } from '../datasets.js';
import { refuse } from '../failure.js';
import { modelKeys } from '../models.js';
import { integer, listOf, oneOf } from '../options/parsers.js';
import type { Schema, Values } from '../options/schema.js';
import * as shared from '../options/shared.js';
import { command } from './command.js';

const options = {
  model: {
    value: 'NAME',
    about: modelKeys.join(', '),
    required: `one of ${modelKeys.join(', ')}`,
    parse: oneOf(modelKeys),
  },
  data: {
    value: 'NAME',
    about: `take the sample shape and the classes of this data set: ${dataKeys.join(', ')}`,
    parse: oneOf(dataKeys),
  },
  shape: {
    value: 'C,H,W',
    about: 'the shape of one sample',
    shownDefault: 'the shape that the model is made for',
    parse: listOf(integer(1)),
    check({ shape, data }: { shape?: Shape; data?: string }) {
      if (shape && data) throw refuse('--shape: --data gives the shape: leave out one of the two');
    },
  },
  classes: {
    value: 'N',
    about: 'the number of classes',
    shownDefault: 'as many as the data have, or 10',
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
  name: 'summary',
  about: 'list the layers of a net: shapes, parameters, multiply-accumulates',
  usage: '--model NAME [options]',
  options,
  run,
});

async function run({ model: name, data, shape, classes, depth, json }: Values<typeof options>): Promise<string[]> {
  const problem = data === undefined ? { input: models[name].input, classes: 10 } : await problemOf(data);
  const input = shape ?? problem.input;
  const numClasses = classes ?? problem.classes;
  // A large net takes seconds on the reference backend, which remains if the wasm backend was deleted.
  await setBackend('wasm').catch(() => setBackend('reference'));
  try {
    const model = models[name].build({ input, numClasses });
    if (json) {
      return [JSON.stringify({ model: name, input, classes: numClasses, ...summarize(model, input, { depth }) })];
    }
    return [
      `${name}: ${models[name].description}`,
      `input ${input.join(' x ')}, ${numClasses} classes; MACs: multiply-accumulates of one sample`,
      '',
      ...table(model, input, { depth }).split('\n'),
    ];
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--model ${name}: does not take samples of shape ${show(input)}: ${error.message}`, error);
  }
}

/** The sample shape and the number of classes of a data set. */
async function problemOf(data: string): Promise<{ input: Shape; classes: number }> {
  if (fileKeys.includes(data)) return { input: SHAPES[data], classes: 10 };
  const { train } = await loadData(data);
  return { input: train.shape, classes: train.classes.length };
}
