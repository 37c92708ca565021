// The settings of a user's own data that must be equal when a run resumes, as its checkpoints keep them.
import type { Settings as Saved } from '../../fit/index.js';
import { ownData } from '../ownData.js';
import { recordOfSteps } from './steps.js';
import type { Settings } from './training.js';

/** What determines the bits of a run, of the options for a user's own data and losses. Options that do not apply are left out, so that
 *  checkpoints of data sets of the library stay as they are. */
export function settingsOfOwn(settings: Settings): Saved {
  const {
    target,
    columns,
    classes,
    missing,
    fill,
    noStandardize,
    size,
    channels,
    val = 0.2,
    folds,
    fold,
    seed,
  } = settings;
  const kind = ownData(settings.data)?.kind;
  const part = folds ? `fold ${fold} of ${folds}` : `${val}`;
  return {
    ...(kind === 'csv' && {
      target: target!,
      columns: columns ?? 'all',
      classes,
      missing,
      ...(fill !== undefined && { fill }),
      standardize: !noStandardize,
    }),
    ...(kind === 'images' && { size, channels }),
    ...(kind && { 'held out': part, 'split seed': seed }),
    ...(settings.classWeights && { 'class weights': settings.classWeights }),
    ...stepSettings(settings),
  };
}

/** The options for steps and weights. `fit` itself keeps and compares accumulate and the limit of the norm. */
function stepSettings(settings: Settings): Saved {
  const { accumulate, clipNorm, ...rest } = recordOfSteps(settings);
  return rest;
}
