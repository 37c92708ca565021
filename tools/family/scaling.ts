// How each optimizer reacts to a loss that is multiplied by c. The gradients are drawn once and do not depend on x, so that the steps on
// f and on c f have the same history:
//
//   e_t = log(|x_t - x_{t-1}| on c f / |x_t - x_{t-1}| on f) / log c
//
// If e_t is 0, the step has the same length at every scale; if it is 1, the step is proportional to the gradient. Then the
// hyper-parameters are changed by powers of c until the path on c f is the path on f. c is a power of 16, so that its roots are exact in
// float64.
import { Random, scope, tensor } from '../../core/index.js';
import { type OptimizerClass, optimizers } from '../../optim/index.js';

const C = 256;
const SHAPE = [3, 2];
/** The steps whose exponents the table shows. */
const SHOWN = [1, 10, 30];
const STEPS = Math.max(...SHOWN);
/** The number of steps over which paths are compared: more than RAdam's first five steps, which are CSGD's. */
const COMPARED = 12;
/** Paths differ if their ends are further apart than this share of the distance from the start. */
const NEAR = 1e-3;

/** The changes of hyper-parameters, in the order in which they are tried. A change is tried on the optimizers that have its hyper-parameters. */
const changes: [name: string, of: (defaults: any) => Record<string, number>][] = [
  ['no change needed', () => ({})],
  ['c eps', ({ eps }) => ({ eps: eps * C })],
  ['c² eps', ({ eps }) => ({ eps: eps * C * C })],
  ['lr / c', ({ lr }) => ({ lr: lr / C })],
  ['finalLr / c, c eps', ({ finalLr, eps }) => ({ finalLr: finalLr / C, eps: eps * C })],
  ['lr c^(2p-1), c eps', ({ partial, lr, eps }) => ({ lr: lr * C ** (2 * partial - 1), eps: eps * C, partial })],
];

const random = new Random(18);
const stream = random.stream('scaling');
const draw = () => Array.from({ length: SHAPE[0] * SHAPE[1] }, () => stream.normal());
const start = draw();
const gradients = Array.from({ length: STEPS }, draw);

/** x_0, x_1, .. on c f. plain: the path on f; the path on c f ends once it differs from this one. */
function path(Class: OptimizerClass<any>, c: number, options: object, plain?: Float64Array[]): Float64Array[] {
  return scope(() => {
    const x = tensor(start, { dtype: 'float64' }).reshape(SHAPE);
    x.requiresGrad = true;
    const optimizer = new Class([x], options);
    const found = [Float64Array.from(start)];
    for (const g of plain ? gradients.slice(0, COMPARED) : gradients) {
      x.grad = tensor(
        g.map((gi) => c * gi),
        { dtype: 'float64' },
      ).reshape(SHAPE);
      optimizer.step();
      found.push(Float64Array.from(x.dataSync()));
      if (plain && apart(plain, found) > NEAR) break;
    }
    return found;
  });
}

const length = (a: Float64Array, b: Float64Array) => Math.sqrt(a.reduce((sum, ai, i) => sum + (ai - b[i]) ** 2, 0));

/** The distance of the ends of two paths, as a share of how far the first has come. */
function apart(plain: Float64Array[], other: Float64Array[]): number {
  const t = other.length - 1;
  return length(plain[t], other[t]) / length(plain[t], plain[0]);
}

/** The change of hyper-parameters that restores the path on f: the first one that does so to the bit, else the nearest if it is near. */
function restored(Class: OptimizerClass<any>, plain: Float64Array[]): string {
  const known = changes.filter(([, of]) => Object.values(of(Class.defaults)).every(Number.isFinite));
  const tried: [name: string, distance: number][] = [];
  for (const [name, of] of known) {
    const found = path(Class, C, of(Class.defaults), plain);
    if (found.every((x, t) => x.every((xi, i) => xi === plain[t][i]))) return name;
    tried.push([name, apart(plain, found)]);
  }
  const [name, distance] = tried.reduce((best, each) => (each[1] < best[1] ? each : best));
  return distance <= NEAR ? `${name}, to ${distance.toExponential(0)}` : 'none that was tried';
}

/** The rows of the table: an optimizer's title, the exponents, what restores the path. */
export function scalingRows(): string[][] {
  return Object.values(optimizers).map((Class) => {
    const [plain, scaled] = [path(Class, 1, {}), path(Class, C, {})];
    const exponents = SHOWN.map((t) => {
      const e = Math.log(length(scaled[t], scaled[t - 1]) / length(plain[t], plain[t - 1])) / Math.log(C);
      // No -0.00.
      return (Math.round(100 * e) / 100 + 0).toFixed(2);
    });
    return [Class.title, ...exponents, restored(Class, plain)];
  });
}

/** The head of the table. */
export const scalingHead = ['rule', ...SHOWN.map((t) => `step ${t}`), 'the same path on c f with'];
