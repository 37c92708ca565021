// What a training advises: before it, doubtful settings; at its end, the commands that predict, resume and train longer, and how rough an
// accuracy is.
import { optimizers } from '../optim/index.js';
import type { Run } from '../reports/record.js';
import type { Split } from './datasets.js';
import { nameOf } from './options/schema.js';
import type { Settings } from './options/settings.js';
import { ownData } from './ownData.js';
import { isOwnModel } from './ownModel.js';
import { program, quote } from './shell.js';

/** The command that predicts with the trained net. */
export function predictCommand(settings: Settings, { train }: Split): string {
  const input = train.labelShape ? '' : train.shape.length > 1 ? ' picture.png' : ' new.csv';
  return `${program()} predict --checkpoint ${quote(settings.out)}${ownModel(settings)}${input}`;
}

/** The option that names the file of a user's own net, with a blank before it; empty for a net of the library. */
function ownModel({ model }: Settings): string {
  return isOwnModel(model) ? ` --model ${quote(model)}` : '';
}

/** The command that resumes the run. */
export function resumeCommand(settings: Settings): string {
  return `${program()} ${settings.command} --resume ${quote(settings.out)}${ownModel(settings)}`;
}

/** A net with fewer steps has hardly begun to learn. */
const FEW_STEPS = 200;
/** After fewer steps than FEW_STEPS the command advises this many. */
const MORE_STEPS = 500;
/** With fewer test samples the accuracy says little. */
const FEW_SAMPLES = 100;
/** With fewer test samples the errors of values say little. */
const FEW_VALUES = 10;

/** How to continue after runs of few steps; null after other runs. */
export function longerCommand(settings: Settings, steps: number, runs: readonly Run[]): string | null {
  const { epochs, maxSteps } = settings;
  const areFull = runs.length > 0 && runs.every(({ end }) => end.outcome === 'finished' && end.note === '');
  if (steps >= FEW_STEPS || !areFull || maxSteps !== undefined) return null;
  const more = Math.ceil((MORE_STEPS * epochs) / steps);
  return `only ${steps === 1 ? 'one step' : `${steps} steps`}, few for a net; for ${MORE_STEPS} steps: ${resumeCommand(settings)} --epochs ${more}`;
}

/** The uncertainty of an accuracy, or of errors, on few test samples of a user's own data; null for many samples, texts and folds.
 *  The standard error of a share p of n samples is sqrt(p (1 - p) / n), at most 1 / (2 sqrt n). */
export function roughNote({ data, folds }: Settings, { test }: Split): string | null {
  if (!ownData(data) || folds !== undefined || test.labelShape || test.length >= FEW_SAMPLES) return null;
  if (test.targetShape) {
    const count = test.length === 1 ? 'one test sample' : `${test.length} test samples`;
    return test.length < FEW_VALUES
      ? `only ${count}: their RMSE and R2 say little; --folds N tests on each sample once`
      : null;
  }
  const points = Math.round(50 / Math.sqrt(test.length));
  return `only ${test.length} test samples: the standard error of their accuracy is up to ${points} points; --folds 5 tests on each sample once`;
}

/** Notes on patiences. If early stopping ends the run before the rate can fall, there is a note on that only. Else there is one on each patience
 *  that ends before the next test, because then one test without a lower loss is enough; none if the run has only one test. */
export function patienceNotes({ evalEvery, epochs, ...settings }: Settings): string[] {
  const { earlyStopping = Infinity, reduceOnPlateau = 0 } = settings;
  if (reduceOnPlateau >= earlyStopping && earlyStopping < epochs)
    return [
      `--reduce-on-plateau ${reduceOnPlateau}: --early-stopping ${earlyStopping} ends the run before; give a smaller number`,
    ];
  if (evalEvery >= epochs) return [];
  return (['earlyStopping', 'reduceOnPlateau'] as const).flatMap((key) => {
    const patience = settings[key] ?? evalEvery;
    if (patience >= evalEvery) return [];
    const why = `it counts epochs, and --eval-every is ${evalEvery}: one test without a lower loss is enough`;
    return [`--${nameOf(key)} ${patience}: ${why}; test more often, or give a larger number`];
  });
}

/** What is doubtful in the hyper-parameters of a run of this many steps. With --max-steps a run may end during its warm-up, so there is no note
 *  on that. */
export function hyperNotes({ optim, hyper, maxSteps }: Settings, steps: number): string[] {
  return optim.flatMap((key) => {
    const { betas, warmupSteps } = hyper[key];
    const { title, defaults } = optimizers[key];
    const [first, second] = Array.isArray(betas) ? betas : [];
    const [usualFirst, usualSecond] = (defaults as { betas?: number[] }).betas ?? [];
    const swapped = first > second && usualFirst < usualSecond;
    return [
      ...(swapped
        ? [`${title}: betas ${first},${second}: the first is usually the smaller one; were they swapped?`]
        : []),
      ...(maxSteps === undefined && typeof warmupSteps === 'number' && warmupSteps > steps
        ? [`${title}: warmup-steps ${warmupSteps}: the run has ${steps} steps, so that the rate never reaches lr`]
        : []),
    ];
  });
}
