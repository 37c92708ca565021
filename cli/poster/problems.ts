// Runs the tasks of kind `online`: a rule on an online problem, or on a fixed function.

import { optimizers, type Rule } from '../../optim/index.js';
import { type Online, type OnlineResult, type Point, stepsTo } from '../../reports/poster/task.js';
import { type OnlineProblem, online, type RegretPoint, regret } from '../../theory/index.js';

/** 100 (y - x^2)^2 + (1 - x)^2 from (-1.2, 1). The minimum (1, 1) lies in a bent valley. (Rosenbrock 1960) */
function rosenbrock(): OnlineProblem {
  const losses = () => (_t: number, x: Float64Array, g: Float64Array) => {
    g[0] = -2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] * x[0]);
    g[1] = 200 * (x[1] - x[0] * x[0]);
    return 100 * (x[1] - x[0] * x[0]) ** 2 + (1 - x[0]) ** 2;
  };
  return { set: online.box(-Infinity, Infinity), x1: [-1.2, 1], gradientBound: Infinity, losses };
}

/** Makes each problem from its parameters. */
const problems: Record<string, (params: any) => OnlineProblem & { bounds?: Rule['bounds'] }> = {
  cycle: online.cycle,
  theorem1: online.theorem1,
  theorem2: online.theorem2,
  theorem3: online.theorem3,
  violation: online.violation,
  quadratic: online.quadratic,
  rosenbrock,
};

/** Runs the task. The recorded points are evenly spaced in log t, as in the plot. */
export function runOnline({ problem, params, optim, hyper, T }: Online): OnlineResult {
  const { bounds, ...what } = problems[problem](params);
  const rule = optimizers[optim].rule({ form: 'paper', ...hyper, ...(bounds && { bounds }) });
  return { points: regret(what, rule, T, { at: stepsTo(T) }).points.map(pointOf) };
}

function pointOf({ t, x, regret, average, averagePseudo, published, corrected }: RegretPoint): Point {
  const values = { regret, average: averagePseudo ?? average, published, corrected };
  const entries = Object.entries(values).map(([name, value]) => [name, finite(value)]);
  return { t, x: x.map(finite), ...(Object.fromEntries(entries) as Omit<Point, 't' | 'x'>) };
}

function finite(x: number | null): number | null {
  return x !== null && Number.isFinite(x) ? Number(x.toPrecision(6)) : null;
}
