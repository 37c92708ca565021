// Gradients as mutants: each vjp of core/ops is data of its operation, so one of its parts can be replaced while a program
// runs.
import { readdirSync, readFileSync } from 'node:fs';
import type { Tensor } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { examples, operations, outputs } from '../../tests/core/registry.js';
import type { Mutant } from './schema.js';

/** A mutant for each gradient that some example has, of each operation to each input: it is scaled by 1.01. */
export function gradients(): Mutant[] {
  const files = readdirSync('core/ops').map((f) => ({
    file: `core/ops/${f}`,
    code: readFileSync(`core/ops/${f}`, 'utf8'),
  }));
  const found = new Map<string, Mutant>();
  for (const { call, args } of examples()) {
    const [xs, attrs] = call.op.args(...args);
    const ys = outputs(call, args);
    // Only which parts there are is asked, not what they are.
    call.op.vjp?.(ys, xs, ys, attrs).forEach((part, i) => {
      const [key] = Object.entries(ops).find(([, f]) => f === call)!;
      const declaration = new RegExp(`export const ${key}\\b.*`);
      const { file, code } = files.find((f) => declaration.test(f.code))!;
      const [line] = declaration.exec(code)!;
      const id = `${call.op.name}:${i}`;
      if (part) found.set(id, { id, file, line, what: `gradient to input ${i + 1} scaled by 1.01` });
    });
  }
  return [...found.values()];
}

/** From now on every gradient is what `f` makes of it. id: as in `gradients`. */
export function onGradients(f: (id: string, part: () => Tensor) => Tensor): void {
  for (const { op } of operations) {
    const { name, vjp } = op;
    if (vjp) op.vjp = (...args) => vjp(...args).map((part, i) => part && (() => f(`${name}:${i}`, part)));
  }
}
