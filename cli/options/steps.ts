// The options for the steps of a training and for the weights that it keeps, and the options of `fit` that they become.
import { tensor } from '../../core/index.js';
import {
  averageWeights,
  type Callback,
  earlyStopping,
  type FitOptions,
  keepBest,
  reduceOnPlateau,
} from '../../fit/index.js';
import { optimizers } from '../../optim/index.js';
import type { RunRecord } from '../../reports/record.js';
import { refuse } from '../failure.js';
import { integer, oneOf, positive } from './parsers.js';
import type { Schema, Values } from './schema.js';

/** When the test set is evaluated. */
interface Tests {
  evalEvery: number;
  epochs: number;
}

/** Throws Failure if there is only the test after the last epoch, so that an option has nothing to compare. A run of one epoch is
 *  accepted, as a trial of the command. */
function checkTests(option: string, { evalEvery, epochs }: Tests): void {
  if (evalEvery < epochs || epochs === 1) return;
  const why = 'nothing is tested before the last epoch';
  throw refuse(
    `--${option}: ${why}: --eval-every is ${evalEvery} of ${epochs} epochs; test more often, or leave it out`,
  );
}

export const steps = {
  accumulate: {
    value: 'N',
    about: 'take each step on N batches: the same step as on one joined batch, with the memory of a single one',
    default: '1',
    parse: integer(1),
  },
  clipNorm: {
    value: 'X',
    about: 'scale the gradients down if the norm of all of them is above X',
    shownDefault: 'no limit',
    parse: positive,
  },
  reduceOnPlateau: {
    value: 'N',
    about: 'multiply the rate by --lr-decay after N epochs without a lower test loss',
    parse: integer(1),
    check({ reduceOnPlateau, lrDecay, ...rest }: { reduceOnPlateau?: number; lrDecay: number } & Tests) {
      if (reduceOnPlateau !== undefined) checkTests('reduce-on-plateau', rest);
      if (reduceOnPlateau === undefined || (lrDecay > 0 && lrDecay < 1)) return;
      throw refuse(`--lr-decay: must lie between 0 and 1 for --reduce-on-plateau: '${lrDecay}'`);
    },
  },
  earlyStopping: {
    value: 'N',
    about: 'end after N epochs without a lower test loss; with --keep-best the weights of the best epoch are saved',
    parse: integer(1),
    check({ earlyStopping, ...rest }: { earlyStopping?: number } & Tests) {
      if (earlyStopping !== undefined) checkTests('early-stopping', rest);
    },
  },
  average: {
    value: 'KIND',
    about:
      'test and save averaged weights: ema, their exponential moving average over steps; swa, their mean over the ends of epochs',
    parse: oneOf(['ema', 'swa'] as const),
    check({ average, optim }: { average?: string; optim: string[] }) {
      const own = average === undefined ? undefined : optim.find(hasAverage);
      if (own === undefined) return;
      throw refuse(`--average: ${own} averages its weights itself; leave one of the two out`);
    },
  },
  keepBest: {
    about:
      'save the weights of the epoch with the best test accuracy, or with the lowest test loss for values, for texts and with --class-weights',
    check({ keepBest, ...rest }: { keepBest: boolean } & Tests) {
      if (keepBest) checkTests('keep-best', rest);
    },
  },
} satisfies Schema;

/** Whether an optimizer has separate weights for evaluation. */
function hasAverage(key: string): boolean {
  const made = new optimizers[key]([tensor([0], { requiresGrad: true })]);
  try {
    return made.hasAverage;
  } finally {
    made.dispose();
  }
}

type Steps = Values<typeof steps> & { lrDecay: number };

/** Returns the options of `fit`. monitor: the number in an epoch's report that decides which epoch is the best. */
export function stepOptions(
  { accumulate, clipNorm, reduceOnPlateau: patience, earlyStopping: limit, average, keepBest: keeps, lrDecay }: Steps,
  monitor: 'testAccuracy' | 'testLoss',
): Pick<FitOptions, 'accumulate' | 'clip'> & { callbacks: Callback[] } {
  return {
    accumulate,
    ...(clipNorm !== undefined && { clip: { norm: clipNorm } }),
    callbacks: [
      // Copies, so that `fit` does not warn of their patience: `patienceNotes` does, in the words of the command line and once for all seeds.
      ...(patience === undefined ? [] : [{ ...reduceOnPlateau({ factor: lrDecay, patience }) }]),
      ...(limit === undefined ? [] : [{ ...earlyStopping({ patience: limit }) }]),
      ...(average === undefined ? [] : [averageWeights({ kind: average })]),
      ...(keeps ? [keepBest({ monitor, mode: monitor === 'testLoss' ? 'min' : 'max' })] : []),
    ],
  };
}

/** The names of the options in a run's first record. */
export const STEPS = ['accumulate', 'clipNorm', 'reduceOnPlateau', 'earlyStopping', 'average', 'keepBest'] as const;

/** The options in a run's first record. Options that are not given are left out, as in records of earlier versions. */
export function recordOfSteps(options: Steps): Pick<RunRecord, (typeof STEPS)[number]> {
  const { accumulate, clipNorm, reduceOnPlateau: patience, earlyStopping, average, keepBest, lrDecay } = options;
  return {
    ...(accumulate > 1 && { accumulate }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(patience !== undefined && { reduceOnPlateau: { patience, factor: lrDecay } }),
    ...(earlyStopping !== undefined && { earlyStopping }),
    ...(average !== undefined && { average }),
    ...(keepBest && { keepBest }),
  };
}
