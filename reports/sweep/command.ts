// The command that repeats one run of a sweep. It is a sweep of one configuration and one seed, and its only run has the same id.
import type { Config } from '../../sweep/space.js';
import { kebab } from '../format.js';
import type { TaskSettings } from './record.js';

/** The words of the command line that repeats a run, without the folder of its result. */
export function runWords(settings: TaskSettings, method: string, config: Config, seed: number): string[] {
  const { model, data, augment, val, epochs, trainBatches, batchSize, schedule, milestones } = settings;
  const { lrDecay, labelSmoothing, clipNorm } = settings;
  const given: [name: string, value: unknown, isGiven: boolean][] = [
    ['data', data, true],
    ['train-batches', trainBatches, trainBatches !== null],
    ['model', model, true],
    ['augment', augment.join() || 'none', true],
    ['val', val, true],
    ['epochs', epochs, true],
    ['batch-size', batchSize, batchSize !== null],
    ['schedule', schedule, schedule !== 'constant'],
    ['milestones', milestones, milestones !== null],
    ['lr-decay', lrDecay, milestones !== null],
    ['label-smoothing', labelSmoothing, labelSmoothing !== 0],
    ['clip-norm', clipNorm, clipNorm !== null],
    ['optim', method, true],
    ...Object.entries(config).map(([name, value]): [string, unknown, boolean] => [
      `${method}.${kebab(name)}`,
      value,
      true,
    ]),
    ['trials', 1, true],
    ['seeds', `${seed}-${seed}`, true],
  ];
  // --name=value: a value may begin with a dash.
  return ['boundgrad', 'sweep', ...given.flatMap(([name, value, isGiven]) => (isGiven ? [`--${name}=${value}`] : []))];
}
