// Running sums over the batches of an epoch, and the means that reports show.

/** Sums over the samples so far. */
export interface Sums {
  /** The sum of the samples' losses. */
  loss: number;
  /** The number of right answers. If samples have several answers, as texts have, the sum over the samples of the share of right answers. */
  right: number;
  /** The number of samples. */
  samples: number;
  /** Time spent in steps. */
  milliseconds: number;
  /** Mean loss of the first step. */
  firstLoss: number;
  /** The sum of the steps' gradient norms; null if one is not finite. */
  gradNorm: number | null;
}

/** The figures of one step. */
export interface StepFigures {
  samples: number;
  /** Mean loss of the samples, before the step. */
  loss: number;
  /** Share of right answers, before the step; null if they are not counted. */
  accuracy: number | null;
  /** The norm of the gradients; null if it is not finite. */
  gradNorm: number | null;
  milliseconds: number;
}

/** The sums before the first batch. */
export function zeroSums(): Sums {
  return { loss: 0, right: 0, samples: 0, milliseconds: 0, firstLoss: 0, gradNorm: 0 };
}

/** The sums with one more step. answers: the number of answers of a sample. */
export function addStep(
  sums: Sums,
  { samples, loss, accuracy, gradNorm, milliseconds }: StepFigures,
  answers: number,
): Sums {
  return {
    loss: sums.loss + samples * loss,
    // The share is in float32, the number of right answers is whole.
    right: sums.right + Math.round(samples * answers * (accuracy ?? 0)) / answers,
    samples: sums.samples + samples,
    milliseconds: sums.milliseconds + milliseconds,
    firstLoss: sums.samples === 0 ? loss : sums.firstLoss,
    gradNorm: sums.gradNorm === null || gradNorm === null ? null : sums.gradNorm + gradNorm,
  };
}

/** Means over the samples, and samples per second. `countsRight`: whether right answers are counted. */
export function meansOf({ loss, right, samples, milliseconds }: Sums, countsRight: boolean) {
  return {
    meanLoss: loss / samples,
    accuracy: countsRight ? right / samples : null,
    // A browser's coarse clock may measure 0 ms.
    samplesPerSecond: (1000 * samples) / Math.max(milliseconds, 0.001),
  };
}
