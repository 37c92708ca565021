// The modules at positions 0, 1, .. of Sequential and ModuleList.
import { describeValue, ValueError } from '../core/index.js';
import { Module } from './module.js';

/** Returns the children of a list of modules. Throws ValueError if a position holds something other than a module. */
export function checkedPositions<T>(what: string, list: object, children: T): T {
  for (const [at, m] of Object.entries(list))
    if (Number(at) >= 0 && !(m instanceof Module))
      throw new ValueError(`${what}: takes modules: got ${describeValue(m)} at ${at}${remedy(m)}`);
  return children;
}

function remedy(argument: unknown): string {
  if (Array.isArray(argument)) return '; write Sequential(...layers)';
  if (typeof argument !== 'function') return '';
  return argument.prototype instanceof Module ? `; write new ${argument.name}()` : '; use a module: new ReLU()';
}
