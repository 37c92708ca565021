// The problems on which Adam is proved to fail, with every rule of the registry: which fail as Adam does, and which do not. On each,
// the losses are linear on [-1, 1], the best point is -1, and a run starts at 0; on Savarese's problem it starts at 1.
//
//   fails          x_T > 0, and at every step shown the regret per step is above its value at x = 0
//   falls          x_T < 0, and the regret per step falls and ends below its value at x = 0
//   inconclusive   neither
//
// Each rule has the paper's form, if it has one, and no weight decay; all rates are divided by sqrt(t). The problem sets lr, the
// betas and the final rate, under the names that the rule gives them; a rule whose default lr is 1 takes lr as a factor and keeps 1.
// On Savarese's problem the rules that have a final rate get its bounds; the others have no bounds there.
// After an optimizer's own step, x is clipped to the set. The bounded step does so itself.
import { tensor } from '../../core/index.js';
import { inverseSqrt, noProgress, type OptimizerClass, optimizers, type Rule, scalarsAt } from '../../optim/index.js';
import { online, regret } from '../../theory/index.js';

/** A problem, and the hyper-parameters of the rules. */
interface Trial {
  /** The head of its column. */
  title: string;
  problem: online.Problem;
  /** The number of steps, a multiple of 10. */
  T: number;
  lr: number;
  betas: readonly [b1: number, b2: number];
  finalLr: number;
}

// The settings of tests/fixtures/theory.json.
const trials: Trial[] = [
  { title: 'cycle', problem: online.cycle(), T: 30_000, lr: 0.1, betas: [0, 1 / 17], finalLr: 0.1 },
  { title: 'theorem 1', problem: online.theorem1(), T: 32_000, lr: 0.1, betas: [0, 0.5], finalLr: 0.1 },
  { title: 'theorem 2', problem: online.theorem2(), T: 40_000, lr: 0.1, betas: [0.5, 0.5], finalLr: 0.1 },
  { title: 'theorem 3', problem: online.theorem3(), T: 40_000, lr: 0.1, betas: [0, 0.9], finalLr: 0.1 },
];

/** Savarese's counterexample to theorem 4: its bounds are the problem's. */
const [K, alpha, beta2] = [10_000, 0.5624, 0.1];
const { bounds, ...violation } = online.violation({ K, alpha, beta2 });
const savarese: Trial = { title: '', problem: violation, T: K, lr: alpha, betas: [0, beta2], finalLr: alpha };

/** The state of a run after T/10 steps, or after T. */
interface Point {
  /** The regret per step; the pseudo-regret if the losses are random. */
  average: number;
  x: number;
  /** The regret; for an optimizer's own step on random losses, the pseudo-regret. */
  regret: number;
  /** Theorem 4's bound on the regret, if its conditions hold. */
  bound?: number | null;
}

/** The hyper-parameters of a trial, under the names that an optimizer gives them. */
function hyperOf({ defaults, rule }: OptimizerClass<any>, { lr, betas: [b1, b2], finalLr }: Trial) {
  const named: Record<string, unknown> = {
    lr: defaults.lr === 1 ? 1 : lr,
    form: 'paper',
    weightDecay: 0,
    finalLr,
    gamma: 1 - b2,
    momentum: b1,
    alpha: b2,
    rho: b2,
  };
  if (defaults.betas) {
    // The rule says which of the betas averages squares, if one does.
    const at = Math.max(1, defaults.betas.indexOf(rule().beta2));
    named.betas = defaults.betas.map((b: number, i: number) => (i === 0 ? b1 : i === at ? b2 : b));
  }
  return Object.fromEntries(Object.entries(named).filter(([name]) => name in defaults));
}

/** The rule of an optimizer, with rates divided by sqrt(t). AdaGrad's sum of squares does so by itself. */
function ruleOf(Class: OptimizerClass<any>, hyper: object): Rule {
  const rule = Class.rule(hyper);
  const isDivided = rule.beta2 === 'sum' || rule.schedule?.(4) === 0.5;
  return isDivided ? rule : Class.rule({ ...hyper, schedule: inverseSqrt() });
}

/** Runs an optimizer's own step, as `regret` runs a rule. */
function besideRun(Class: OptimizerClass<any>, { problem }: Trial, hyper: any, at: number[]): Point[] {
  const own = Class.declaration.own!;
  const rule = ruleOf(Class, hyper);
  // A kernel takes the subarray that a view shows. Here that is the whole array, so no step allocates one.
  const view = (values: Float64Array) => {
    const data = Object.assign(values, { subarray: () => values });
    return { data, shape: [data.length], stride: [1], offset: 0 };
  };
  const [x, g] = [Float64Array.from(problem.x1), new Float64Array(problem.x1.length)];
  const attributes = { ...Class.defaults, ...hyper, baseLr: hyper.lr, isFirst: true, isLast: true };
  const numbers = own.numbers?.(attributes, tensor([...x], { dtype: 'float64' }), []);
  const state = own.state.map(() => new Float64Array(x.length));
  const outs = [x, ...state, ...(numbers ? [Float64Array.from(numbers.dataSync())] : [])].map(view);
  const ins = [view(g)];
  const [loss, progress, points] = [problem.losses(), noProgress(), [] as Point[]];
  let sum = 0;
  for (let t = 1; t <= at[at.length - 1]; t++) {
    const expected = problem.expected?.(x);
    const excess = loss(t, x, g);
    sum += expected ?? excess;
    Object.assign(attributes, scalarsAt(rule, progress), { t });
    own.before?.loop(outs, ins, attributes);
    own.kernel.loop(outs, ins, attributes);
    problem.set.project(x, g);
    if (at.includes(t)) points.push({ average: sum / t, x: x[0], regret: sum });
  }
  return points;
}

/** Runs an optimizer on a problem, and returns its points at these steps. */
function run(Class: OptimizerClass<any>, trial: Trial, at: number[], own: object = {}): Point[] {
  const hyper = { ...hyperOf(Class, trial), ...own };
  if (Class.declaration.own) return besideRun(Class, trial, hyper, at);
  const { points } = regret(trial.problem, ruleOf(Class, hyper), at[at.length - 1], { at });
  return points.map((p) => {
    return { average: p.averagePseudo ?? p.average, x: p.x[0], regret: p.regret, bound: p.published };
  });
}

/** The regret per step at a fixed x = 0. */
function atStart({ expected, losses }: online.Problem, T: number): number {
  const zero = Float64Array.of(0);
  if (expected) return expected(zero);
  const [loss, g] = [losses(), Float64Array.of(0)];
  let sum = 0;
  for (let t = 1; t <= T; t++) sum += loss(t, zero, g);
  return sum / T;
}

/** Why a rule cannot run on these problems; undefined if it can. */
function unfit({ declaration: { own } }: OptimizerClass<any>): string | undefined {
  return own?.direction ? 'matrix' : own?.swap && 'averages';
}

/** A cell: the regret per step after T/10 and T steps, and the verdict. isEarly: the first number alone. */
function cell(Class: OptimizerClass<any>, trial: Trial, isEarly: boolean): string {
  const [early, late] = run(Class, trial, isEarly ? [trial.T / 10] : [trial.T / 10, trial.T]);
  if (isEarly) return early.average.toPrecision(3);
  const start = atStart(trial.problem, trial.T);
  const fails = late.x > 0 && early.average > start && late.average > start;
  const falls = late.x < 0 && late.average < early.average && late.average < start;
  const verdict = fails ? '**fails**' : falls ? 'falls' : 'inconclusive';
  return `${early.average.toPrecision(3)} → ${late.average.toPrecision(3)} ${verdict}`;
}

/** The cell of Savarese's problem: the regret after T/10 and T steps, and theorem 4's bound, if it states one for the rule. */
function violationCell(Class: OptimizerClass<any>, isEarly: boolean): string {
  const own = 'finalLr' in Class.defaults ? { bounds } : {};
  const [early, late] = run(Class, savarese, isEarly ? [K / 10] : [K / 10, K], own);
  const shown = ({ regret }: Point) => regret.toFixed(0);
  if (isEarly) return shown(early);
  const { bound, regret } = late;
  const against = bound == null ? '' : regret > bound ? ` **>** ${bound.toFixed(0)}` : ` ≤ ${bound.toFixed(0)}`;
  return `${shown(early)} → ${shown(late)}${against}`;
}

/** The head of the table. */
export const theoremsHead = [
  'rule',
  ...trials.map(({ title, T }) => `${title}, T = ${T.toLocaleString('en')}`),
  'Savarese: regret, bound',
];

/** The rows of the table: an optimizer's title, and a cell for each problem. isEarly: only the numbers after T/10 steps. */
export function theoremsRows(isEarly = false): string[][] {
  return Object.values(optimizers).map((Class) => {
    const reason = unfit(Class);
    const cells = [...trials.map((trial) => () => cell(Class, trial, isEarly)), () => violationCell(Class, isEarly)];
    return [Class.title, ...cells.map((of) => reason ?? of())];
  });
}
