// The average a of the weights w along a training.
//
//   ema   a += (1 - d_t) (w - a)   after each step;  d_t = min(decay, (1 + t) / (10 + t))
//   swa   a += (w - a) / (t + 1)   after each epoch: the mean of the weights at the ends of epochs
//
// t is the number of snapshots of w that a already contains: a is a copy of the first w, then t = 1, 2, ..
// Because d_t is smaller at first, the average forgets the weights of the first steps soon. The formula is TensorFlow's.
// Sources: Polyak and Juditsky 1992; Izmailov et al. 2018, arXiv 1803.05407 (swa).
import { checkChoice, checkInteger, checkOptions, isFloat, must, noGrad, overwrite, scope } from '../../core/index.js';
import { checkState } from '../../nn/stateDict.js';
import type { Callback } from '../callback.js';
import { integer, objectOf } from '../validate.js';
import { copyWeights, type Weights } from '../weights.js';
import { checkSame, optionsSaved } from './saved.js';

/** The options of `averageWeights`. */
export interface AverageWeightsOptions {
  /** 'ema': the exponential moving average over steps. 'swa': the equal mean over the ends of epochs. Default: 'ema'. */
  kind?: 'ema' | 'swa';
  /** The limit on d_t, the weight of the previous average, in [0, 1); for 'ema' only. Default: 0.999. */
  decay?: number;
  /** The first epoch that is averaged, from 1. Until then the model's own weights are used. Default: 1. */
  start?: number;
}

const state = objectOf({ count: integer(0), options: optionsSaved });

/** Returns a callback that averages the weights along the training. Evaluations use the average. A checkpoint has it as its `model`, in
 *  addition to the weights from which the training continues. The model gets the average when the training ends, for any reason. The
 *  steps are the same as without the callback. It takes the memory of one more model, and of two
 *  during evaluations.
 *
 *  Buffers of floats are averaged like parameters; buffers of integers are copied. Averaged running statistics of batch normalization
 *  only approximate the statistics of the averaged weights: `updateBatchNorm(model, loader)` recomputes them after the training.
 *  A training resumes only with the same options. Throws ValueError if an option is out of range. `fit` throws ValueError if the epochs end
 *  before the first that is averaged, and warns at its end if nothing was averaged. */
export function averageWeights(options: AverageWeightsOptions = {}): Callback {
  const what = 'averageWeights';
  checkOptions(what, options, ['kind', 'decay', 'start']);
  const { kind = 'ema', decay = 0.999, start = 1 } = options;
  checkChoice(what, 'kind', kind, ['ema', 'swa']);
  must(typeof decay === 'number' && decay >= 0 && decay < 1, `${what}: decay`, 'in [0, 1)', decay);
  if (decay > 0 && decay <= 0.1)
    console.warn(`${what}: decay ${decay} is the weight of the old average, not of the newest weights; give 1 - decay`);
  must(kind === 'ema' || options.decay === undefined, `${what}: decay`, "absent for 'swa'", decay);
  checkInteger(`${what}: start`, start, 1);
  const own = { kind, decay, start };
  let average: Weights | null = null;
  /** How many snapshots of the weights the average contains. */
  let count = 0;
  return {
    name: what,
    firstEpoch: start,
    weights: () => average,
    save: () => ({ count, options: own }),
    saveTensors: () => average ?? {},
    load(saved, { tensors, model }) {
      const found = state(saved, `checkpoint: callbacks.${what}`);
      checkSame(what, found.options, own);
      if (found.count > 0) checkState(model.stateDict(), tensors, true);
      ({ count } = found);
      average = count > 0 ? copyWeights(tensors) : null;
    },
    onStep({ epoch, batch, batches }, { model }) {
      if (epoch < start || (kind === 'swa' && batch < batches)) return;
      const now = model.stateDict();
      if (!average) average = copyWeights(now);
      else if (kind === 'swa') moveTo(average, now, 1 / (count + 1));
      else moveTo(average, now, 1 - Math.min(decay, (1 + count) / (10 + count)));
      count++;
    },
    onEnd({ outcome }) {
      const unit = kind === 'swa' ? 'whole epoch' : 'step';
      if (!average && /^(finished|stopped)$/.test(outcome))
        console.warn(`${what}: no ${unit} from epoch ${start} on: the model has its own weights`);
    },
  };
}

/** a += share (w - a) for floats, a = w for integers. */
function moveTo(average: Weights, now: Weights, share: number): void {
  scope(() =>
    noGrad(() => {
      for (const [path, a] of Object.entries(average)) {
        const w = now[path].detach();
        overwrite(a, isFloat(a.dtype) ? a.add(w.sub(a).mul(share)) : w);
      }
    }),
  );
}
