// Ends a training that no longer improves.
import { checkInteger, checkOptions } from '../../core/index.js';
import type { Callback, Training } from '../callback.js';
import { MONITOR_OPTIONS, type MonitorOptions, patiences, warnOfPatience, watched } from './monitor.js';

/** The options of `earlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The training ends when the best epoch is this many epochs ago. Default: 5. */
  patience?: number;
}

/** Returns a callback that ends a training if the watched number has not improved for `patience` epochs. Epochs that do not measure the
 *  number count too, but the training ends only at one that does. The end depends only on the history, so a resumed training ends at
 *  the same epoch.
 *  Throws ValueError if an option is out of range. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions('earlyStopping', options, [...MONITOR_OPTIONS, 'patience']);
  const { monitor, of, improves } = watched('earlyStopping', options);
  const { patience = 5 } = options;
  checkInteger('earlyStopping: patience', patience, 1);
  const stopIfStalled = ({ history, stop }: Training) => {
    let best: number | null = null;
    let [bestEpoch, waited] = [0, 0];
    for (const e of history) {
      const figure = of(e);
      if (figure === null) continue;
      if (improves(figure, best)) [best, bestEpoch] = [figure, e.epoch];
      waited = e.epoch - bestEpoch;
    }
    if (waited >= patience) stop(`no better ${monitor} in ${waited} epochs`);
  };
  const callback: Callback = {
    monitor,
    onEpoch({ epoch }, training) {
      warnOfPatience('earlyStopping', 'stops', patience, epoch, training.epochs);
      stopIfStalled(training);
    },
    onResume: (_, training) => stopIfStalled(training),
  };
  patiences.set(callback, { patience, does: 'stops' });
  return callback;
}
