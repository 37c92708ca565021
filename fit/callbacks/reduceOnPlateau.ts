// Lowers the lr of a training that no longer improves.
import { checkFiniteNumber, checkInteger, checkOptions, must } from '../../core/index.js';
import type { Callback } from '../callback.js';
import { integer, number, objectOf, orNull } from '../validate.js';
import { MONITOR_OPTIONS, type MonitorOptions, patiences, warnOfPatience, watched } from './monitor.js';
import { checkSame, optionsSaved } from './saved.js';

/** The options of `reduceOnPlateau`. */
export interface ReduceOnPlateauOptions extends MonitorOptions {
  /** The factor on the lr of every group, in (0, 1). Default: 0.1. */
  factor?: number;
  /** The lr is reduced after this many epochs without an improvement. Default: 10. */
  patience?: number;
  /** The number of epochs after a reduction that `patience` does not count. Default: 0. */
  cooldown?: number;
  /** The lr below which it is not reduced. Default: 0. */
  minLr?: number;
}

const state = objectOf({ best: orNull(number), since: integer(0), options: optionsSaved });

/** Returns a callback that multiplies the lr by `factor` if the watched number has not improved for `patience` epochs. Epochs that do
 *  not measure the number count too, but the lr changes only after one that does. A schedule multiplies the reduced lr.
 *  AdaBound's bounds fall with the lr. A training resumes only with the same options. Throws ValueError if an option is out of range. */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Callback {
  const what = 'reduceOnPlateau';
  checkOptions(what, options, [...MONITOR_OPTIONS, 'factor', 'patience', 'cooldown', 'minLr']);
  const { monitor, of, improves, options: watching } = watched(what, options);
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0 } = options;
  must(typeof factor === 'number' && factor > 0 && factor < 1, `${what}: factor`, 'in (0, 1)', factor);
  checkInteger(`${what}: patience`, patience, 1);
  checkInteger(`${what}: cooldown`, cooldown, 0);
  checkFiniteNumber(`${what}: minLr`, minLr, 0);
  const own = { ...watching, factor, patience, cooldown, minLr };
  let best: number | null = null;
  /** The epoch after which epochs without an improvement are counted. */
  let since = 0;
  const callback: Callback = {
    monitor,
    name: what,
    save: () => ({ best, since, options: own }),
    load: (saved) => {
      const found = state(saved, `checkpoint: callbacks.${what}`);
      checkSame(what, found.options, own);
      ({ best, since } = found);
    },
    onEpoch(report, { optimizer, epochs }) {
      warnOfPatience(what, 'acts', patience, report.epoch, epochs);
      const lrs = optimizer.paramGroups.map((group) => group.lr);
      if (report.epoch === 1 && lrs.every((lr) => lr <= minLr))
        console.warn(`${what}: it never acts: minLr is ${minLr}, the lr is ${lrs}`);
      const figure = of(report);
      if (figure === null) return;
      if (improves(figure, best)) [best, since] = [figure, Math.max(since, report.epoch)];
      if (report.epoch - since < patience) return;
      for (const group of optimizer.paramGroups) group.lr = Math.min(group.lr, Math.max(group.lr * factor, minLr));
      since = report.epoch + cooldown;
    },
  };
  patiences.set(callback, { patience, does: 'acts' });
  return callback;
}
