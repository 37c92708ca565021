// Measures a model on a data set: its loss, and measures of a classifier or of predicted values.
import { checkInteger, checkOptions, noGrad, type Signal, show, sizeOf } from '../core/index.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';
import { accuracy, type Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import { checkOptimizer } from '../optim/optimizer.js';
import { checkData, checkHolder, checkMeasures, checkModel, checkSignal } from './checks.js';
import { type Metric, measure, type Observe, setOf } from './measure.js';
import { type Classification, ClassMeter } from './metrics/classification.js';
import { type Regression, ValueMeter } from './metrics/regression.js';
import { answersCount, defaultLoss, type Forward, type Loss, logitsOf } from './task.js';
import { warnIfOther } from './trainingData.js';
import { warnIfSeen, warnOfWeights } from './trainings.js';
import { inTurn } from './turns.js';

/** Loss, metrics, batch size and abort signal of an evaluation. */
export interface EvaluateOptions<M extends Module<any> = any> {
  /** The loss. Default: the cross-entropy of logits for classes, the mean square error for values. Accuracy, confusion and
   *  classification are measured only with the default or another loss of logits. */
  loss?: Loss;
  /** The whole forward pass in place of `loss`, as in `fit`: only `Evaluation.loss` is measured. Default: the model's output and the
   *  loss. */
  forward?: Forward<M>;
  /** Functions of output and target, by name: the mean over the batch, or a value for each sample [n]. Batches are weighted by their
   *  size. Default: none. */
  metrics?: Readonly<Record<string, Metric>>;
  /** Samples in a batch. Affects the result by rounding only, if each output and metric depends on its own sample alone. Default: the
   *  loader's, or 100 for a data set. */
  batchSize?: number;
  /** The optimizer that trains the model. It is needed if the optimizer keeps separate weights for evaluation, as ScheduleFreeAdamW
   *  does: the model has these weights during the evaluation. Default: none; the model is evaluated as it is. */
  optimizer?: Optimizer<any>;
  /** Stops the evaluation when aborted. */
  signal?: Signal;
}

/** The result of `evaluate`. Plain JSON. */
export interface Evaluation {
  /** Samples in the data set. */
  samples: number;
  /** Mean loss over the samples; of standardized values, if `standardize` made the data. */
  loss: number;
  /** The perplexity of a text, e^loss: the number of equally probable tokens with this loss. Null for other data, and with a `loss` that
   *  is not of logits. */
  perplexity: number | null;
  /** Share of right answers, in [0, 1]; null for values, and with a `loss` that is not of logits. */
  accuracy: number | null;
  /** `confusion[i][j]`: samples of class i that the model assigns to class j; null for values and tokens, and with a `loss`
   *  that is not of logits. */
  confusion: number[][] | null;
  /** The `metrics` by name, each null if it is not finite. */
  metrics: Record<string, number | null>;
  /** Precision, recall, F1, AUC and calibration; null for values and tokens, and with a `loss` that is not of logits. */
  classification: Classification | null;
  /** MAE, RMSE and R2, in the units of the data before `standardize`; null for classes, and if outputs and targets differ in shape. */
  regression: Regression | null;
}

/** Evaluates a model on every sample of a data set, once, without gradients. Modules run in evaluation mode and get their own
 *  mode back. A loader gives only its data set and batch size: nothing is shuffled, augmented or dropped. For the AUC, at most 8 bytes
 *  are kept for each sample and class. Predicted values are not kept.
 *  Throws ValueError if the set is empty, `batchSize` is not a positive integer, the optimizer is of another model, or a
 *  training or evaluation of the model is already running and this call is not in its callback; Diverged if the loss is not finite, and
 *  the signal's reason if that is aborted. */
export async function evaluate<M extends Module<any>>(
  model: M,
  data: AnyDataset | DataLoader<any>,
  options: EvaluateOptions<M> = {},
): Promise<Evaluation> {
  return inTurn('evaluate', model, () => evaluateNow(model, data, options));
}

async function evaluateNow<M extends Module<any>>(
  model: M,
  data: AnyDataset | DataLoader<any>,
  options: EvaluateOptions<M>,
): Promise<Evaluation> {
  checkModel('evaluate', model);
  checkData('evaluate', data);
  checkOptions('evaluate', options, ['loss', 'forward', 'metrics', 'batchSize', 'optimizer', 'signal']);
  checkMeasures('evaluate', options);
  checkSignal('evaluate', options.signal);
  const { optimizer } = options;
  if (optimizer !== undefined) {
    checkOptimizer('evaluate: optimizer', optimizer);
    checkHolder('evaluate: the optimizer is of another model', model, optimizer);
  }
  if (!optimizer?.hasAverage) warnOfWeights('evaluate', model);
  const [set, size] = setOf(data);
  warnIfOther('evaluate', model, set);
  warnIfSeen('evaluate', model, set);
  const { loss = defaultLoss(set), forward, metrics, signal } = options;
  const batchSize = checkInteger('evaluate: batchSize', options.batchSize ?? size, 1);
  const counts = answersCount(options, set);
  const ofTokens = counts && set.labelShape !== undefined;
  const classes = counts && !ofTokens ? new ClassMeter(set.classes, set.length) : null;
  let right = 0;
  let values = set.targetShape && !forward ? new ValueMeter(unitsOf(set)) : null;
  const observe: Observe = async (output, target, n) => {
    await classes?.add(logitsOf(output), target, n);
    if (ofTokens) right += n * (await noGrad(() => accuracy(output, target)).item());
    if (show(output.shape) !== show(target.shape)) values = null;
    await values?.add(output, target, n);
  };
  const wasEval = optimizer?.isEval;
  optimizer?.eval();
  const found = await measure(model, set, { loss, forward, metrics, batchSize, signal }, observe).finally(() => {
    if (!wasEval) optimizer?.train();
  });
  return {
    samples: found.samples,
    loss: found.loss,
    perplexity: ofTokens ? Math.exp(found.loss) : null,
    accuracy: counts ? (classes?.right ?? right) / found.samples : null,
    confusion: classes?.confusion ?? null,
    metrics: found.metrics,
    classification: classes?.measures() ?? null,
    regression: values?.measures() ?? null,
  };
}

/** The standard deviation by which each value of a sample was divided; 1 if they were not standardized. */
function unitsOf({ targetShape = [], preparation }: AnyDataset): number[] {
  const size = sizeOf(targetShape);
  const { std } = preparation?.targets ?? { std: [1] };
  return Array.from({ length: size }, (_, c) => std[Math.floor((c * std.length) / size)]);
}
