// Runs a rule on an online problem and measures its regret.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)          x* is the best fixed point
//   x_{t+1} = P_{F, diag(1/n)}(x_t - n_t m_t)      the step itself clips to a box; `project` serves other sets
//
// problems.ts defines problems. All arrays are float64.
import { checkOptions, describeValue, must, ValueError } from '../core/index.js';
import { checkNumbers, checkObject, isRecord } from '../optim/arguments.js';
import { checkRule } from '../optim/checked.js';
import type { OptimizerClass } from '../optim/index.js';
import { noProgress, type Rule, scalarsAt } from '../optim/rule.js';
import { boundedStep } from '../optim/step.js';
import { checkProblem } from './arguments.js';
import type { OnlineProblem } from './problems.js';
import { type RegretPoint, RegretSums } from './regretSums.js';

/** What a run of `regret` measured. */
export interface RegretResult {
  /** The regret after each step of `at` and after step T, in ascending order. */
  points: RegretPoint[];
  /** The regret after step T, which is the last of the points. */
  last: RegretPoint;
  /** How many rates were raised to the floor, over all steps and elements. */
  raised: number;
  /** How many rates were lowered to the ceiling, over all steps and elements. */
  lowered: number;
  /** In how many steps 1/n_t fell below 1/n_{t-1} in some element. The published proof of theorem 4 needs 0. */
  falls: number;
}

/** Which steps `regret` reports, and the hyper-parameters of the rule. */
export interface RegretOptions {
  /** The steps to report, in 1..T. T is always reported. Default: T alone. */
  at?: readonly number[];
  /** If an optimizer's class is run: its hyper-parameters. Default form: 'paper'; the rest: the class's defaults. */
  hyper?: Record<string, unknown>;
  /** The gamma of the rule's `converging` bounds, for the corollary. Default: that of `hyper`, else the class's default; without
   *  one, the corollary is not reported. */
  gamma?: number;
}

export type { OnlineProblem } from './problems.js';
export type { RegretPoint } from './regretSums.js';

/** Runs T steps of a rule, or of an optimizer's rule in the paper's form, on a problem and within its feasible set.
 *  Returns the regret, how many rates were clipped, and the theorems' bounds.
 *  Throws ValueError for a wrong problem, rule or option, if the first point lies outside the feasible set, if T or an entry of `at` is not a
 *  step in 1..T, for an unknown hyper-parameter, for `hyper` with a rule, and for a class without a paper form. */
export function regret(
  problem: OnlineProblem,
  rule: Rule | OptimizerClass<any>,
  T: number,
  options: RegretOptions = {},
): RegretResult {
  checkArguments(problem, rule, T, options);
  checkStart(problem);
  const { at = [], hyper = {} } = options;
  let { gamma } = options;
  const due = [...new Set([...at, T])].sort((a, b) => a - b);
  const wrong = due.find((t) => !(Number.isInteger(t) && t >= 1 && t <= T));
  if (wrong !== undefined) throw new ValueError(`regret: steps must be integers in 1..${T}: ${wrong}`);
  const { box, project } = problem.set;
  const own = { ...(typeof rule === 'function' ? paperRule(rule, hyper) : rule), box };
  if (typeof rule === 'function') gamma ??= (hyper.gamma ?? rule.defaults.gamma) as number | undefined;

  const x = Float64Array.from(problem.x1);
  const [g, m, v, u, n, h] = Array.from({ length: 6 }, () => new Float64Array(x.length));
  m.fill(own.initial?.m ?? 0);
  v.fill(own.initial?.v ?? 0);
  const second = own.beta2 === null ? null : v;
  const longest = own.longMemory ? u : null;
  const progress = noProgress();
  const sums = new RegretSums(problem, own, gamma);
  const loss = problem.losses();
  const points: RegretPoint[] = [];
  for (let t = 1; t <= T; t++) {
    if (problem.expected) sums.pseudo += problem.expected(x);
    sums.regret += loss(t, x, g);
    const c = scalarsAt(own, progress);
    boundedStep(x, g, m, second, longest, c, n, own.ownCeiling ? h : null);
    // x_{t+1} = P_{F, diag(1/n)}(x_t - n_t m_t)
    if (!box) project(x, n);
    sums.add(t, c, n, longest ?? second);
    if (t === due[points.length]) points.push(sums.pointAt(t, x, n, c));
  }
  const { raised, lowered, falls } = sums;
  return { points, last: points[points.length - 1], raised, lowered, falls };
}

/** Throws ValueError unless the first point lies in the feasible set, to the rounding of float32: the regret of a point outside means nothing. */
function checkStart({ x1, set: { box, project } }: OnlineProblem): void {
  const x = Float64Array.from(x1);
  if (box) for (const [i, xi] of x.entries()) x[i] = Math.min(Math.max(xi, box[0]), box[1]);
  else project(x, new Float64Array(x.length).fill(1));
  if (x.every((xi, i) => Math.abs(xi - x1[i]) <= 1e-6 * (1 + Math.abs(xi)))) return;
  throw new ValueError(`regret: x1 lies outside the feasible set: [${x1}]; the nearest point is [${[...x]}]`);
}

function checkArguments(problem: OnlineProblem, rule: unknown, T: unknown, options: RegretOptions): void {
  checkProblem('regret', problem);
  const isClass = typeof rule === 'function';
  const isMade = isRecord(rule) && 'paramGroups' in rule;
  if (isMade || (isClass && !('declaration' in rule))) {
    const found = isMade ? 'an optimizer' : describeValue(rule);
    throw new ValueError(`regret: takes a rule or an optimizer's class: got ${found}; pass a class, as AdaBound`);
  }
  if (!isClass) {
    checkRule('regret', rule as Rule);
    if (options?.hyper !== undefined)
      throw new ValueError(
        'regret: hyper is for a class: a rule has its own; pass them to its rule(), as Adam.rule({ lr: 0.1 })',
      );
  }
  must(typeof T === 'number' && !(T >= 2 ** 53), 'regret: T', 'a number of steps, below 2^53', T);
  checkObject('regret: options', options, 'it takes at, hyper, gamma');
  checkOptions('regret', options, ['at', 'hyper', 'gamma']);
  const { at, hyper, gamma } = options;
  if (at !== undefined) checkNumbers('regret: at', at);
  if (hyper !== undefined) checkObject('regret: hyper', hyper, 'pass hyper-parameters, as { lr: 0.1 }');
  must(gamma === undefined || typeof gamma === 'number', 'regret: gamma', 'a number', gamma);
}

function paperRule(Class: OptimizerClass<any>, hyper: Record<string, unknown>): Rule {
  const { title, defaults } = Class;
  if (!('form' in defaults)) throw new ValueError(`regret: ${title} has no paper form; give its rule instead`);
  const unknown = Object.keys(hyper).find((key) => !Object.hasOwn(defaults, key));
  if (unknown === undefined) return Class.rule({ form: 'paper', ...hyper });
  throw new ValueError(`regret: unknown hyper-parameter: ${unknown}; ${title} has ${Object.keys(defaults).join(', ')}`);
}
