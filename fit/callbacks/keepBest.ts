// Keeps the weights of the best epoch.
import { checkFlag, checkOptions, overwrite, type Tensor } from '../../core/index.js';
import { checkState } from '../../nn/stateDict.js';
import type { Callback } from '../callback.js';
import { integer, number, objectOf, orNull } from '../validate.js';
import { copyWeights, type Weights } from '../weights.js';
import { MONITOR_OPTIONS, type MonitorOptions, watched } from './monitor.js';
import { checkSame, optionsSaved } from './saved.js';

/** The options of `keepBest`. */
export interface KeepBestOptions extends MonitorOptions {
  /** Whether the model has the best weights when the training ends, and in each checkpoint. `weightsOfBest()` returns them in any
   *  case. Default: true. */
  restore?: boolean;
}

/** The callback that `keepBest` returns. */
export interface KeepBest extends Callback {
  /** The best epoch; 0 if there is none yet. */
  readonly epoch: number;
  /** The watched number in the best epoch; null if there is none yet. */
  readonly best: number | null;
  /** The weights of the best epoch by path, for `model.loadStateDict`; null if there is none yet. Not copies: a better epoch
   *  overwrites them. */
  weightsOfBest(): Record<string, Tensor> | null;
}

const state = objectOf({ best: orNull(number), epoch: integer(0), options: optionsSaved });

/** Whether the loss of an epoch is below that of another; false if one was not measured. */
function isLower(loss: number | null, other: number | null | undefined): boolean {
  return loss !== null && typeof other === 'number' && loss < other;
}

/** Returns a callback that keeps a copy of the parameters and buffers of the best epoch by the watched number. If several epochs have the
 *  same number, as is common with accuracies, the lowest test loss decides. With `averageWeights` the averaged weights are kept, because
 *  they were evaluated. The model gets the copy when the training ends for any reason, even a divergence. A checkpoint has the copy as its
 *  `model`, in addition to the weights from which the training continues, so a resumed training is the same as one that never
 *  stopped. The copy takes the memory of one more model.
 *  A training resumes only with the same options; `restore` may differ. Throws ValueError if an option is out of range. */
export function keepBest(options: KeepBestOptions = {}): KeepBest {
  const what = 'keepBest';
  checkOptions(what, options, [...MONITOR_OPTIONS, 'restore']);
  const { monitor, of, improves, options: own } = watched(what, options);
  const { restore = true } = options;
  checkFlag(`${what}: restore`, restore);
  let [epoch, best]: [number, number | null] = [0, null];
  let weights: Weights | null = null;
  return {
    monitor,
    name: what,
    get epoch() {
      return epoch;
    },
    get best() {
      return best;
    },
    weightsOfBest: () => weights,
    ...(restore && { result: () => weights }),
    save: () => ({ best, epoch, options: own }),
    saveTensors: () => weights ?? {},
    load(saved, { tensors, model }) {
      const found = state(saved, `checkpoint: callbacks.${what}`);
      checkSame(what, found.options, own);
      if (found.epoch > 0) checkState(model.stateDict(), tensors, true);
      ({ best, epoch } = found);
      weights = epoch > 0 ? copyWeights(tensors) : null;
    },
    onEpoch(report, training) {
      const figure = of(report);
      if (figure === null) return;
      const ties = figure === best && isLower(report.testLoss, training.history[epoch - 1]?.testLoss);
      if (!ties && !improves(figure, best)) return;
      [best, epoch] = [figure, report.epoch];
      const now = training.weights();
      if (weights) for (const [path, t] of Object.entries(weights)) overwrite(t, now[path]);
      else weights = copyWeights(now);
    },
  };
}
