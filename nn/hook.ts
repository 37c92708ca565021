// Observes the layers of a model while it runs.
import { checkFunction, describeValue, type Tensor, ValueError } from '../core/index.js';
import { Module, type Named } from './module.js';

/** Calls `run` and returns its result. Meanwhile each `forward` of the given modules is replaced by `hook`, which calls `forward`
 *  itself and returns the output. The hook also gets the inputs of the call. If a layer also returns its state, as LSTM does, the
 *  hook gets and returns the outputs alone. The modules are restored when `run` returns or throws, or when the promise that it returns
 *  settles.
 *  modules: pairs of path and module, as `model.namedModules()` yields them. */
export function withForwardHook<T>(
  modules: readonly Named<Module>[],
  hook: (named: Named<Module>, forward: () => Tensor, ...inputs: Tensor[]) => Tensor,
  run: () => T,
): T {
  const list: unknown = modules;
  if (!Array.isArray(list) || !list.every((named) => Array.isArray(named) && named[1] instanceof Module)) {
    throw new ValueError(`withForwardHook: takes model.namedModules(): got ${describeValue(modules)}`);
  }
  checkFunction('withForwardHook: hook', hook, 'it returns the output that forward() computes');
  checkFunction('withForwardHook: run', run, 'it runs the model');
  const before = modules.map(([, m]) => Object.getOwnPropertyDescriptor(m, 'forward'));
  for (const named of modules) {
    const [, module] = named;
    const { forward } = module;
    // A property of the instance overrides the method of the class.
    module.forward = (...given: [Tensor]) => {
      let state: unknown[] | undefined;
      const outputs = () => {
        const result: unknown = forward.apply(module, given);
        if (!Array.isArray(result)) return result as Tensor;
        state = result.slice(1);
        return result[0];
      };
      const y = hook(named, outputs, ...given);
      if (y === undefined)
        throw new ValueError(
          `withForwardHook: the hook returned nothing for '${named[0]}'; return what forward() returned`,
        );
      return (state ? [y, ...state] : y) as Tensor;
    };
  }
  const restore = () =>
    modules.forEach(([, module], i) => {
      Reflect.deleteProperty(module, 'forward');
      if (before[i]) Object.defineProperty(module, 'forward', before[i]);
    });
  let result: T | undefined;
  try {
    result = run();
    return result instanceof Promise ? (result.finally(restore) as T) : result;
  } finally {
    if (!(result instanceof Promise)) restore();
  }
}
