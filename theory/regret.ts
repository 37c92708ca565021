// Runs a rule on an online problem; books.ts keeps what the theorems speak of.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)
//   x_{t+1} = P_{F, diag(1/n)}(x_t - n_t m_t)      a box is part of the step; any other F is projected onto after it
//
// The problem is taken by its structure (datasets/online.ts has some). All is float64; the loop allocates nothing but the
// scalars of the step.
import { ValueError } from '../core/index.js';
import type { OptimizerClass } from '../optim/optimizer.js';
import { noProgress, type Rule, scalarsAt } from '../optim/rule.js';
import { boundedStep } from '../optim/step.js';
import { Books, type OnlineProblem, type RegretPoint } from './books.js';

export interface RegretResult {
  /** One for each of `at`, ascending. */
  points: RegretPoint[];
  /** The last of them, at T. */
  last: RegretPoint;
  /** How often an element's rate was raised to the floor, or lowered to the ceiling. */
  raised: number;
  lowered: number;
  /** Steps where 1/n_t fell below 1/n_{t-1} in some element. */
  falls: number;
}

export interface RegretOptions {
  /** Steps to report, in 1..T; T is always among them. */
  at?: readonly number[];
  /** Where a class is given: its hyper-parameters, in paper form unless they say otherwise. */
  hyper?: Record<string, unknown>;
  /** The gamma of `converging` bounds, for the corollary; a class's own where it has one. */
  gamma?: number;
}

export type { OnlineProblem, RegretPoint } from './books.js';

/** Takes T steps of a rule, or of an optimizer's rule in paper form, on a problem, within its feasible set.
 *  Throws ValueError for a T or `at` that is no step, an unknown hyper-parameter, and a class without a paper form. */
export function regret(
  problem: OnlineProblem,
  rule: Rule | OptimizerClass<any>,
  T: number,
  { at = [], hyper = {}, gamma }: RegretOptions = {},
): RegretResult {
  const due = [...new Set([...at, T])].sort((a, b) => a - b);
  const wrong = due.find((t) => !(Number.isInteger(t) && t >= 1 && t <= T));
  if (wrong !== undefined) throw new ValueError(`regret: steps must be integers in 1..${T}: ${wrong}`);
  const { box, project } = problem.set;
  const own = { ...(typeof rule === 'function' ? paperRule(rule, hyper) : rule), box };
  if (typeof rule === 'function') gamma ??= (hyper.gamma ?? rule.defaults.gamma) as number | undefined;

  const x = Float64Array.from(problem.x1);
  const [g, m, v, u, n] = Array.from({ length: 5 }, () => new Float64Array(x.length));
  v.fill(own.initial ?? 0);
  const second = own.beta2 === null ? null : v;
  const longest = own.longMemory ? u : null;
  const progress = noProgress();
  const books = new Books(problem, own, gamma);
  const loss = problem.losses();
  const points: RegretPoint[] = [];
  for (let t = 1; t <= T; t++) {
    if (problem.expected) books.pseudo += problem.expected(x);
    books.regret += loss(t, x, g);
    const c = scalarsAt(own, progress);
    boundedStep(x, g, m, second, longest, c, n);
    if (!box) project(x, n);
    books.enter(t, c, n, longest ?? second);
    if (t === due[points.length]) points.push(books.at(t, x, n, c));
  }
  const { raised, lowered, falls } = books;
  return { points, last: points[points.length - 1], raised, lowered, falls };
}

function paperRule(Class: OptimizerClass<any>, hyper: Record<string, unknown>): Rule {
  const { title, defaults } = Class;
  if (!('form' in defaults)) throw new ValueError(`regret: ${title} has no paper form; give its rule instead`);
  const unknown = Object.keys(hyper).find((key) => !(key in defaults));
  if (unknown === undefined) return Class.rule({ form: 'paper', ...hyper });
  throw new ValueError(`regret: unknown hyper-parameter: ${unknown}; ${title} has ${Object.keys(defaults).join(', ')}`);
}
