// Running sums over the batches of an epoch, and the figures that are made of them.

/** Of the batches so far: the samples' losses, right answers, samples, milliseconds; and the first batch's loss. */
export interface Sums {
  loss: number;
  right: number;
  samples: number;
  milliseconds: number;
  firstLoss: number;
}

/** Of a step: the samples of its batch, their mean loss and share of right answers before it, and how long it took. */
export interface Taken {
  samples: number;
  loss: number;
  accuracy: number | null;
  milliseconds: number;
}

export function noSums(): Sums {
  return { loss: 0, right: 0, samples: 0, milliseconds: 0, firstLoss: 0 };
}

/** The sums with one more batch in them. */
export function plus(sums: Sums, { samples, loss, accuracy, milliseconds }: Taken): Sums {
  return {
    loss: sums.loss + samples * loss,
    right: sums.right + Math.round(samples * (accuracy ?? 0)),
    samples: sums.samples + samples,
    milliseconds: sums.milliseconds + milliseconds,
    firstLoss: sums.samples === 0 ? loss : sums.firstLoss,
  };
}

/** Means over the samples. counts: whether right answers are counted. */
export function figures({ loss, right, samples, milliseconds }: Sums, counts: boolean) {
  return {
    meanLoss: loss / samples,
    accuracy: counts ? right / samples : null,
    // A browser's clock may say that it took no time.
    samplesPerSecond: (1000 * samples) / Math.max(milliseconds, 0.001),
  };
}
