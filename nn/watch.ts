// Looking on while a model runs.
import type { Tensor } from '../core/index.js';
import type { Module, Named } from './module.js';

/** Runs a function during which each forward of the modules goes through `around`, which calls it and returns what it gives.
 *  Afterwards they are as they were, also where one has thrown. */
export function watching<T>(
  modules: readonly Named<Module>[],
  around: (named: Named<Module>, forward: () => Tensor) => Tensor,
  run: () => T,
): T {
  const before = modules.map(([, m]) => Object.getOwnPropertyDescriptor(m, 'forward'));
  for (const named of modules) {
    const [, module] = named;
    const { forward } = module;
    // An own `forward` hides the class's.
    module.forward = (...given) => around(named, () => forward.apply(module, given));
  }
  try {
    return run();
  } finally {
    modules.forEach(([, module], i) => {
      Reflect.deleteProperty(module, 'forward');
      if (before[i]) Object.defineProperty(module, 'forward', before[i]);
    });
  }
}
