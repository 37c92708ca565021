// Gradients as mutants: the gradient to one input is replaced at run time.
import { readdirSync, readFileSync } from 'node:fs';
import { noGrad, type Tensor } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { examples, outputs } from '../../tests/core/registry.js';
import type { Mutant } from './schema.js';

/** Returns a mutant for each operation and each input with a gradient in some example: the gradient is scaled by
 *  1.01. */
export function gradients(): Mutant[] {
  const files = readdirSync('core/ops').map((f) => ({
    file: `core/ops/${f}`,
    code: readFileSync(`core/ops/${f}`, 'utf8'),
  }));
  const found = new Map<string, Mutant>();
  for (const { call, args } of examples()) {
    const [xs, attrs] = call.op.args(...args);
    const ys = outputs(call, args);
    // This needs to know which gradients exist, not their values. While recording, a composed form would have gradients only for inputs
    // that require one.
    noGrad(() => call.op.vjp?.(ys, xs, ys, attrs) ?? []).forEach((part, i) => {
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

/** From now on `f` computes every gradient. id: as in `gradients`. part: returns the unchanged gradient. schema.ts makes
 *  operations call `f`. */
export function onGradients(f: (id: string, part: () => Tensor) => Tensor): void {
  Object.assign(globalThis, { __onGradient: f });
}
