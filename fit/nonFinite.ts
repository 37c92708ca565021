// Where a number that is none came from: x - x is 0 for finite x and NaN otherwise, and so is its sum.
import { keep, noGrad, scope, type Tensor, ValueError } from '../core/index.js';
import { type Module, type Named, withForwardHook } from '../nn/index.js';

/** A loss or a gradient that is not finite. */
export class Diverged extends ValueError {
  override name = 'Diverged';
  constructor(
    readonly what: string,
    /** `the output of conv1`, `the gradient of fc.weight`; null where nothing was found. */
    readonly where: string | null,
  ) {
    super(where === null ? what : `${what}, first in ${where}`);
  }
}

/** The first layer of a forward whose output is not finite, in the order in which they end; null where all are.
 *  Runs the forward again, without recording it: statistics and random streams move on. */
export async function badOutput(model: Module, x: Tensor): Promise<string | null> {
  const seen: [name: string, sign: Tensor][] = [['the input', signOf(x)]];
  const layers = model.namedModules().filter(([, m]) => m.children().length === 0);
  const look = ([path]: Named<Module>, forward: () => Tensor) => {
    const y = forward();
    seen.push([`the output of ${path || 'the model'}`, signOf(y)]);
    return y;
  };
  withForwardHook(layers, look, () => {
    scope(() => noGrad(() => void seen.push(['the output of the model', signOf(model.forward(x))])));
  });
  return firstBad(seen);
}

/** The parameter with a gradient that is not finite which backward reached first: the last of the model. */
export async function badGradient(model: Module): Promise<string | null> {
  const named = model.namedParameters().filter(([, p]) => p.grad);
  return firstBad(named.reverse().map(([name, p]) => [`the gradient of ${name}`, signOf(p.grad!)]));
}

/** Whether an optimizer has thrown because of such a gradient: at its step, or where a backend can only be awaited later. */
export function isBadGradient(error: unknown): error is ValueError {
  return error instanceof ValueError && /: the gradient of .* is NaN or infinite: /.test(error.message);
}

function signOf(t: Tensor): Tensor {
  return noGrad(() => keep(t.sub(t).sum()));
}

async function firstBad(seen: [name: string, sign: Tensor][]): Promise<string | null> {
  for (const [name, sign] of seen) if ((await sign.item()) !== 0) return name;
  return null;
}
