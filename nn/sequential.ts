// Layers in a row, and layers that only pass on or rearrange.
import { checkTensor, describeValue, flatten, type Tensor, ValueError } from '../core/index.js';
import { Module } from './module.js';
import { written } from './print.js';

/** Applies modules one after another. Its children are named by position: `0.weight`, `2.bias`. */
export class Sequential extends Module {
  readonly [position: number]: Module;

  /** Throws ValueError for what is no module: a list, a class without `new`, a function as `relu`. */
  constructor(...modules: Module[]) {
    super();
    modules.forEach((m, i) => {
      if (!(m instanceof Module))
        throw new ValueError(`Sequential: takes modules: got ${describeValue(m)} at ${i}${remedy(m)}`);
    });
    // As fields 0, 1, .. they are found and named like any other child.
    Object.assign(this, modules);
  }

  forward(x: Tensor): Tensor {
    return this.children().reduce((y, module) => module.forward(y), x);
  }
}

function remedy(given: unknown): string {
  if (Array.isArray(given)) return '; write Sequential(...layers)';
  if (typeof given !== 'function') return '';
  return given.prototype instanceof Module
    ? `; write new ${given.name}()`
    : '; activations are modules too, as new ReLU()';
}

/** x itself: a place where a layer could be. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** All axes from `from` on as one; the batch axis stays where left out. */
export class Flatten extends Module {
  readonly #from: number;

  constructor(from = 1) {
    super();
    this.#from = from;
  }

  forward(x: Tensor): Tensor {
    return flatten(checkTensor('Flatten', x), this.#from);
  }

  override extraRepr(): string {
    return this.#from === 1 ? '' : written([this.#from]);
  }
}
