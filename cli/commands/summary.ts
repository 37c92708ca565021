// `boundgrad summary`: the layers of a net, with what each puts out, holds and computes.
import { BoundgradError, type Shape, setBackend, show } from '../../core/index.js';
import { models } from '../../models/index.js';
import { summarize, summary } from '../../nn/index.js';
import { dataKeys, fileKeys, loadData } from '../datasets.js';
import { choose, refuse } from '../failure.js';
import { briefHelp } from '../help.js';
import { modelKeys } from '../models.js';
import type { Option } from '../options/options.js';
import { readInteger, readWords } from '../options/words.js';

const OPTIONS: Record<string, Option> = {
  model: { value: 'NAME', about: modelKeys.join(', ') },
  data: { value: 'NAME', about: `take the shape and the classes of this data set: ${dataKeys.join(', ')}` },
  shape: { value: 'C,H,W', about: 'the shape of one sample; that which the model is made for where left out' },
  classes: { value: 'N', about: 'how many there are (10, or those of the data)' },
  depth: {
    value: 'N',
    about: 'list modules down to this level, 1 being the stages of a net; all layers where left out',
  },
  json: { about: 'print one JSON object and nothing else' },
  help: { about: 'print this' },
};

/** Those that are read from files, which need not be there. */
const SHAPES: Record<string, Shape> = { cifar10: [3, 32, 32], mnist: [1, 28, 28], 'fashion-mnist': [1, 28, 28] };

/** Runs `boundgrad summary` with the words after it. Returns what is to be printed. */
export async function summaryOf(words: string[]): Promise<string> {
  const given = readWords(words, OPTIONS);
  if (given.has('help')) return briefHelp('summary', '--model NAME [options]', OPTIONS);
  const name = given.get('model');
  if (name === undefined) throw refuse(`summary: --model NAME is missing; one of ${modelKeys.join(', ')}`);
  choose('--model', name, modelKeys);
  const { input, classes } = await problem(name, given);
  const depth = given.has('depth') ? readInteger('depth', given.get('depth')!, 0) : undefined;
  // The loops take seconds for a large net; where the fast kernels were erased they are what there is.
  await setBackend('wasm').catch(() => setBackend('reference'));
  try {
    const model = models[name].build({ input, numClasses: classes });
    if (given.has('json')) {
      return JSON.stringify({ model: name, input, classes, ...summarize(model, input, { depth }) });
    }
    return [
      `${name}: ${models[name].description}`,
      `input ${input.join(' x ')}, ${classes} classes; MACs: multiply-accumulates of one sample`,
      '',
      summary(model, input, { depth }),
    ].join('\n');
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--model ${name}: does not take samples of shape ${show(input)}: ${error.message}`, error);
  }
}

/** The shape of a sample and the number of classes. */
async function problem(model: string, given: Map<string, string>): Promise<{ input: Shape; classes: number }> {
  const data = given.get('data');
  if (data !== undefined && given.has('shape')) throw refuse('--shape: the data have one: leave out --shape or --data');
  const classes = given.has('classes') ? readInteger('classes', given.get('classes')!, 1) : undefined;
  if (data === undefined) {
    const input = given.has('shape') ? readShape(given.get('shape')!) : models[model].input;
    return { input, classes: classes ?? 10 };
  }
  choose('--data', data, dataKeys);
  if (fileKeys.includes(data)) return { input: SHAPES[data], classes: classes ?? 10 };
  const { train } = await loadData(data);
  return { input: train.shape, classes: classes ?? train.classes.length };
}

function readShape(text: string): Shape {
  return text.split(',').map((size) => readInteger('shape', size.trim(), 1));
}
