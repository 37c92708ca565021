// A list of modules, for a model that calls them itself.
import { describeValue, type Tensor, ValueError } from '../core/index.js';
import { Module, type Named } from './module.js';
import { checkedPositions } from './positions.js';

/** A list of modules, whose parameters are named by position: `0.weight`, `1.weight`. An array in a field of a module does the same.
 *  A module that is listed twice, as by `Array(3).fill(layer)`, is one set of parameters. */
export class ModuleList extends Module<any> implements Iterable<Module<any>> {
  /** The module at a position, from 0. */
  readonly [position: number]: Module<any>;

  /** modules: an array, in its order. Throws ValueError if an entry is not a module. */
  constructor(modules: readonly Module<any>[] = []) {
    super();
    if (!Array.isArray(modules))
      throw new ValueError(`ModuleList: takes a list of modules: got ${describeValue(modules)}`);
    for (const module of modules) this.append(module);
  }

  /** The children with their names. Throws ValueError if something other than a module was assigned to a position. */
  override namedChildren(): Named<Module<any>>[] {
    return checkedPositions('ModuleList', this, super.namedChildren());
  }

  /** The number of modules. */
  get length(): number {
    return this.children().length;
  }

  /** Adds a module at the end. Returns the list. Throws ValueError if it is not a module. */
  append(module: Module<any>): this {
    if (!(module instanceof Module))
      throw new ValueError(`ModuleList: takes modules: got ${describeValue(module)} at ${this.length}`);
    return Object.assign(this, { [this.length]: module });
  }

  /** Visits the modules in order. */
  [Symbol.iterator](): Iterator<Module<any>> {
    return this.children()[Symbol.iterator]();
  }

  /** Throws ValueError: a list has no order of computation. */
  forward(): Tensor {
    throw new ValueError('ModuleList: has no forward: call its modules, or use Sequential');
  }
}
