// The check of a callback, before the training begins.
import { describeValue, isCallable, nearestName, ValueError } from '../core/index.js';
import type { Callback } from './callback.js';
import { patiences } from './callbacks/monitor.js';
import type { FitOptions } from './options.js';

const HANDLERS = ['onResume', 'onStep', 'onEpoch', 'onEnd'] as const;
const FUNCTIONS = [...HANDLERS, 'weights', 'result', 'save', 'saveTensors', 'load'] as const;
const MEMBERS = [...FUNCTIONS, 'monitor', 'name', 'firstEpoch'];

/** Throws ValueError if the callback is not an object, has nothing to call or a function that nothing calls, begins after the last epoch,
 *  or watches what is not measured. what: the beginning of the message. Warns if its patience is shorter than the interval of the tests. */
export function checkCallback(callback: Callback, what: string, options: FitOptions): void {
  const { train, test, loss, forward, metrics } = options;
  if (typeof callback !== 'object' || callback === null) {
    const remedy = typeof callback === 'function' ? 'call it if it makes one' : 'give { onEpoch(report) { .. } }';
    throw new ValueError(
      `${what} must be an object with ${HANDLERS.join(', ')}: got ${describeValue(callback)}; ${remedy}`,
    );
  }
  for (const name of functionsOf(callback)) {
    if (MEMBERS.includes(name)) continue;
    const near = nearestName(name, MEMBERS);
    // Other functions may be a program's own.
    if (!near && !/^on[A-Z]/.test(name)) continue;
    throw new ValueError(
      `${what}: never called: ${name}; a callback has ${MEMBERS.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  for (const name of FUNCTIONS) {
    const value = callback[name];
    if (value !== undefined && !isCallable(value))
      throw new ValueError(`${what}: ${name} must be a function: got ${describeValue(value)}`);
  }
  if (callback.saveTensors && !callback.save) throw new ValueError(`${what}: saveTensors without save; add save`);
  if (!FUNCTIONS.some((name) => name !== 'load' && callback[name]))
    throw new ValueError(`${what}: nothing to call: it has none of ${HANDLERS.join(', ')}`);
  const { monitor, firstEpoch = 1, name = 'it' } = callback;
  const { epochs, maxSteps = Infinity, accumulate = 1, evalEvery = 1 } = options;
  const last = Math.min(epochs, Math.ceil(maxSteps / Math.ceil(train.length / accumulate)));
  if (firstEpoch > last)
    throw new ValueError(`${what}: ${name} begins in epoch ${firstEpoch}, the last one is ${last}`);
  if (monitor?.startsWith('metrics.')) {
    const names = Object.keys(metrics ?? {});
    if (!names.includes(monitor.slice('metrics.'.length)))
      throw new ValueError(`${what} watches ${monitor}: not one of the metrics: [${names}]; pass it in metrics`);
  }
  if (monitor?.startsWith('test') && !test)
    throw new ValueError(`${what} watches ${monitor}: there is no test set; pass test, or watch 'loss'`);
  if (/^(testA|a)ccuracy$/.test(monitor ?? '') && (loss || forward || train?.dataset.targetShape))
    throw new ValueError(
      `${what} watches ${monitor}: it is counted with the default loss of classes only; watch 'testLoss' or 'loss'`,
    );
  const { patience = Infinity } = patiences.get(callback) ?? {};
  // Losses and accuracies of the training are measured in each epoch.
  if (patience < evalEvery && evalEvery < last && /^(test|metrics)/.test(monitor ?? ''))
    console.warn(
      `${what}: patience ${patience} counts epochs, evalEvery is ${evalEvery}: it acts after one test without a better ${monitor}`,
    );
}

/** The names of an object's functions, inherited ones too. */
function functionsOf(value: object): string[] {
  const names: string[] = [];
  for (let at = value; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof member === 'function' && name !== 'constructor') names.push(name);
  }
  return names;
}
