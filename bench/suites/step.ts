// Whole training steps: forward, backward, update. Models and batches are outside of any scope, as in a user's program.
import {
  Adam,
  AdamW,
  crossEntropy,
  densenetBC,
  gpt,
  Linear,
  LSTM,
  lenet,
  Module,
  mlp,
  type Optimizer,
  randn,
  reshape,
  resnet20,
  resnet34,
  SGDM,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from 'boundgrad';
import { type Suite, timed } from '../case.js';

/** One training step. y: a label for each row of the logits. */
export function step(model: Module, optimizer: Optimizer<any>, x: Tensor, y: Tensor): void {
  scope(() => {
    const logits = model.forward(x);
    const loss = crossEntropy(reshape(logits, [-1, logits.shape.at(-1)!]), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  });
}

/** Labels 0, 1, .. 9, 0, .. */
export function labels(n: number): Tensor {
  return tensor(
    Array.from({ length: n }, (_, i) => i % 10),
    { dtype: 'int32' },
  );
}

interface Net {
  name: string;
  model: Module;
  optimizer: Optimizer<any>;
  /** A batch. */
  x: Tensor;
  /** The number of labels. */
  rows: number;
  unit: 'steps/s' | 'images/s';
}

function perceptron(): Net {
  const model = mlp({ sizes: [784, 128, 10] });
  const optimizer = new Adam(model.namedParameters(), { lr: 1e-4 });
  return { name: 'mlp', model, optimizer, x: randn([64, 784]), rows: 64, unit: 'steps/s' };
}

function classifier(name: string, model: Module, input: Shape): Net {
  const optimizer = new SGDM(model.namedParameters(), { lr: 1e-3, momentum: 0.9 });
  return { name, model, optimizer, x: randn(input), rows: input[0], unit: 'images/s' };
}

/** Two blocks of width 64 with four heads, on 32 texts of 64 characters. */
function decoder(): Net {
  const model = gpt({ vocabulary: 65 });
  const optimizer = new AdamW(model.namedParameters(), { lr: 1e-3 });
  const rows = 32 * 64;
  return { name: 'gpt', model, optimizer, x: reshape(labels(rows), [32, 64]), rows, unit: 'steps/s' };
}

/** Classes of sequences: an LSTM layer, 64 to 128, and a linear map of its last output.  x [n, steps, 64]  -> [n, 10] */
class Sequences extends Module {
  readonly lstm = new LSTM(64, 128, { batchFirst: true });
  readonly head = new Linear(128, 10);
  forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.head.forward(y.slice([null, [-1]]).reshape([y.shape[0], 128]));
  }
}

function sequences(): Net {
  const model = new Sequences();
  const optimizer = new Adam(model.namedParameters(), { lr: 1e-3 });
  return { name: 'lstm', model, optimizer, x: randn([64, 32, 64]), rows: 64, unit: 'steps/s' };
}

/** Creates the nets in turn, so that the memory of one can be freed before the next. */
function* steps(...nets: (() => Net)[]): ReturnType<Suite> {
  for (const net of nets) {
    const { name, model, optimizer, x, rows, unit } = net();
    const y = labels(rows);
    const work = unit === 'steps/s' ? 1 : rows;
    yield [timed(`${name}/step`, unit, work, () => step(model, optimizer, x, y))];
  }
}

export const trainingSteps: Suite = () =>
  steps(
    perceptron,
    sequences,
    () => classifier('lenet', lenet(), [64, 1, 28, 28]),
    () => classifier('resnet20', resnet20(), [32, 3, 32, 32]),
    // DenseNet-BC of 40 layers, growth 12.
    () => classifier('densenet', densenetBC({ depth: 40, growth: 12 }), [32, 3, 32, 32]),
    decoder,
  );

/** For bench/peers alone: on the loops a step takes minutes. */
export const largeSteps: Suite = () => steps(() => classifier('resnet34', resnet34(), [32, 3, 32, 32]));
