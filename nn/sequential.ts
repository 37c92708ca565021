// Layers in a row, and layers that only pass on or rearrange.
import { flatten, type Tensor } from '../core/index.js';
import { Module } from './module.js';

/** Applies modules one after another. Its children are named by position: `0.weight`, `2.bias`. */
export class Sequential extends Module {
  readonly [position: number]: Module;

  constructor(...modules: Module[]) {
    super();
    // As fields 0, 1, .. they are found and named like any other child.
    Object.assign(this, modules);
  }

  forward(x: Tensor): Tensor {
    return this.children().reduce((y, module) => module.forward(y), x);
  }
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
    return flatten(x, this.#from);
  }
}
