// A chain of modules, and two layers without parameters for use in one: Identity and Flatten.

import {
  atMost,
  checkInteger,
  checkTensor,
  DTypeError,
  flatten,
  ShapeError,
  show,
  type Tensor,
} from '../core/index.js';
import { fixedOptions } from './checks.js';
import { Module, type Named } from './module.js';
import { checkedPositions } from './positions.js';
import { formatArguments } from './print.js';

/** A chain of modules: y = f_k(.. f_2(f_1(x))). Children are named by position, so parameters are `0.weight`, `2.bias`. */
export class Sequential extends Module {
  /** The module at a position, from 0. */
  readonly [position: number]: Module;

  /** modules: applied in this order. Throws ValueError if one is not a module:
   *  a list, a class without `new`, or a function. */
  constructor(...modules: Module[]) {
    super();
    checkedPositions('Sequential', modules, null);
    // Fields 0, 1, .. are found and named like any other child.
    Object.assign(this, modules);
  }

  /** The children with their names. Throws ValueError if something other than a module was assigned to a position. */
  override namedChildren(): Named<Module<any>>[] {
    return checkedPositions('Sequential', this, super.namedChildren());
  }

  /** The number of modules. */
  get length(): number {
    return this.children().length;
  }

  /** The output of the last module, or x itself if there is none. */
  forward(x: Tensor): Tensor {
    atMost(1, 'Sequential', arguments);
    return this.children().reduce(
      (y, module, i) => {
        try {
          return module.forward(y);
        } catch (error) {
          // A list is refused only where the next module does not take it.
          if (!(Array.isArray(y) && error instanceof DTypeError)) throw error;
          const remedy = 'a module of your own between them can pass on its first tensor';
          throw new DTypeError(
            `Sequential: module ${i - 1} returns a list, which module ${i} does not take; ${remedy}`,
          );
        }
      },
      checkTensor('Sequential', x),
    );
  }
}

/** Returns its input: y = x. It takes the place of a layer that is optional. */
export class Identity extends Module {
  /** x itself, not a copy. */
  forward(x: Tensor): Tensor {
    return checkTensor('Identity', x);
  }
}

/** Joins the axes from a given one to the last. */
export class Flatten extends Module {
  readonly #from: number;

  /** from: the first axis to join. Default: 1, which keeps the batch axis. */
  constructor(from = 1) {
    super();
    atMost(1, 'Flatten', arguments);
    checkInteger('Flatten: the first axis', from);
    this.#from = from;
    fixedOptions(this, { from });
  }

  /** x [d0, d1, .., dk]  -> [d0, .., d(from-1), n], n the product of the sizes d(from) to dk */
  forward(x: Tensor): Tensor {
    if (checkTensor('Flatten', x).ndim === 1 && this.#from === 1)
      throw new ShapeError(
        `Flatten: takes [n, ..]: ${show(x.shape)}; unsqueeze(x, 0) makes a batch of one sample, unsqueeze(x, 1) of ${x.size} numbers`,
      );
    return flatten(x, this.#from);
  }

  override extraRepr(): string {
    return this.#from === 1 ? '' : formatArguments([this.#from]);
  }
}
