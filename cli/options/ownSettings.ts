// The settings of a user's own data that checkpoints store, because they must be the same when a run resumes.
import type { Settings as Saved } from '../../fit/index.js';
import { ownData } from '../ownData.js';
import type { Settings } from './settings.js';
import { recordOfSteps } from './steps.js';

/** Returns the options for a user's own data and losses that determine the bits of a run. Options that do not apply have no entry, so
 *  checkpoints on the library's images and points are the same as before these options existed. */
export function settingsOfOwn(settings: Settings): Saved {
  const {
    target,
    columns,
    classes,
    categories,
    delimiter,
    decimal,
    missingValues,
    missing,
    fill,
    noStandardize,
    size,
    channels,
    level,
    context,
    val = 0.2,
    folds,
    fold,
    seed,
    splitSeed = seed,
  } = settings;
  const kind = ownData(settings.data)?.kind;
  const part = folds ? `fold ${fold} of ${folds}` : `${val}`;
  return {
    ...(kind === 'csv' && {
      target: target!,
      columns: columns ?? 'all',
      classes,
      missing,
      ...(categories && { categories }),
      ...(delimiter !== undefined && { delimiter }),
      ...(decimal !== undefined && { decimal }),
      ...(missingValues && { 'missing values': missingValues }),
      ...(fill !== undefined && { fill }),
      standardize: !noStandardize,
    }),
    ...(kind === 'images' && { size, channels }),
    ...(kind === 'text' && { level, context }),
    ...(kind && { 'held out': part, 'split seed': splitSeed }),
    ...(settings.classWeights && { 'class weights': settings.classWeights }),
    ...stepSettings(settings),
  };
}

/** The options for steps and weights. `fit` itself keeps and compares accumulate and the limit of the norm. */
function stepSettings(settings: Settings): Saved {
  const { accumulate, clipNorm, ...rest } = recordOfSteps(settings);
  return rest;
}
