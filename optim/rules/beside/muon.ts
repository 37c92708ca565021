// Muon: momentum whose matrix is made nearly orthogonal, so that a step has about the same size in every direction.
//
//   m_t = b m_{t-1} + (1-b) g_t,   d_t = b m_t + (1-b) g_t (Nesterov)   or   m_t
//   X_0 = d_t / (|d_t|_F + 1e-7)
//   A = X X^T,   X <- 3.4445 X + (-4.7750 A + 2.0315 A^2) X             five times
//   W_t = (1 - a wd) W_{t-1} - a sqrt(max(1, rows / columns)) X
//
// The iteration changes singular values only, by q(s) = 3.4445 s - 4.7750 s^3 + 2.0315 s^5. Five steps bring the values from
// about 0.002 to 1 into [0.68, 1.21] (a test measures this); smaller values stay smaller. The weight of a convolution counts as
// a matrix with one filter per row. Vectors, and the parameters that `rest` names, go to another optimizer.
// A matrix has no second moment, so `inspect` shows the one rate a, without the factor of rows and columns.
// Why not the bounded step: an element's step depends on the whole matrix.
// Sources: Jordan 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv 2502.16982. Momentum and decay as in
// KellerJordan/Muon. That code takes the last two sizes of a convolution's weight as rows and columns, so its factor is 1.
import {
  add,
  checkInteger,
  contiguous,
  describeValue,
  div,
  type Kernel,
  matmul,
  mul,
  showValue,
  sqrt,
  square,
  sum,
  type Tensor,
  transpose,
  ValueError,
} from '../../../core/index.js';
import { free } from '../../bounds.js';
import type { Common, Declaration, ParameterGroup } from '../../declaration.js';
import type { OptimizerClass } from '../../optimizer.js';
import { type OwnScalars, ownOptimizer } from '../../own.js';
import { type Beta, nesterov, noProgress, scalarsAt } from '../../rule.js';
import { isRefused, numbers } from '../../step.js';
import { AdamW } from '../adam.js';
import { averaged } from '../sgd.js';

/** Hyper-parameters of Muon. */
export interface MuonOptions extends Common {
  /** The decay rate of the direction, in [0, 1) or a function of the step. Default: 0.95. */
  momentum: Beta;
  /** Whether to use Nesterov momentum. Default: true. */
  nesterov: boolean;
  /** Newton-Schulz steps. Default: 5. */
  steps: number;
  /** Decoupled weight decay: each step also subtracts lr weightDecay x. Default: 0. */
  weightDecay: number;
  /** The optimizer of the vectors, its options, and names of further parameters that it takes: those of embeddings and of the last
   *  layer. A name also stands for all names below it, `head` for `head.weight`. Default: [AdamW, {}, []]. */
  rest?: readonly [OptimizerClass<any>, options?: object, names?: readonly string[]];
}

/** X after some Newton-Schulz steps on a matrix (rows, columns). */
function orthogonalized(d: Tensor, steps: number): Tensor {
  const isTall = d.shape[0] > d.shape[1];
  let x = div(d, add(sqrt(sum(square(d))), 1e-7));
  if (isTall) x = transpose(x);
  for (let i = 0; i < steps; i++) {
    const a = matmul(x, transpose(x));
    x = add(mul(x, 3.4445), matmul(add(mul(a, -4.775), mul(matmul(a, a), 2.0315)), x));
  }
  return isTall ? transpose(x) : x;
}

const muonMomentum: Kernel<OwnScalars<MuonOptions>> = {
  name: 'muonMomentum',
  loop([, ms], [gs, counts], { b1, k }) {
    if (counts && isRefused(counts)) return;
    const [m, g] = [numbers(ms), numbers(gs)];
    for (let i = 0; i < m.length; i++) m[i] = b1 * m[i] + k * g[i];
  },
};

const muonStep: Kernel<OwnScalars<MuonOptions>> = {
  name: 'muonStep',
  loop([xs], [ds, counts], { a, s, keep }) {
    if (counts && isRefused(counts)) return;
    const [x, d] = [numbers(xs), numbers(ds)];
    const by = s * a * Math.sqrt(Math.max(1, xs.shape[0] ** 2 / x.length));
    for (let i = 0; i < x.length; i++) x[i] = keep * x[i] - by * d[i];
  },
};

/** Divides a group into its matrices, for Muon, and its other parameters, for `rest`. all: the names of the parameters of all groups. */
function split(
  { params, ...h }: ParameterGroup<MuonOptions>,
  all: readonly string[],
): (readonly [Declaration<any>, ParameterGroup<any>])[] {
  // Checked here, because a group of vectors alone makes no group of Muon.
  try {
    scalarsAt(Muon.rule(h), noProgress());
  } catch (error) {
    throw new ValueError(`Muon: ${(error as Error).message.replace(/^Muon: /, '')}`, { cause: error });
  }
  const { rest = [AdamW], schedule, nonFinite } = h;
  const common = { ...(schedule && { schedule }), ...(nonFinite && { nonFinite }) };
  const [Class, options = {}, names = []] = Array.isArray(rest) ? rest : [];
  if (!Class?.declaration || !Array.isArray(names))
    throw new ValueError(`Muon: rest must be a list [AdamW, { lr: 0.001 }, ['head']]: got ${describeValue(rest)}`);
  const entries = [...params].map((entry) => (Array.isArray(entry) ? entry : ['', entry]) as [string, Tensor]);
  const isBelow = (name: unknown, top: unknown) => name === top || String(name).startsWith(`${top}.`);
  const odd = names.find((top) => !all.some((name) => isBelow(name, top)));
  if (odd !== undefined) throw new ValueError(`Muon: rest names no parameter: ${showValue(odd)}`);
  const isRest = ([name, p]: [string, Tensor]) => p?.shape?.length < 2 || names.some((top) => isBelow(name, top));
  const of = (rests: boolean) => [...params].filter((_, i) => isRest(entries[i]) === rests);
  const parts = [
    [Muon.declaration, { ...h, rest: undefined, params: of(false) }],
    [Class.declaration, { ...common, ...options, params: of(true) }],
  ] as const;
  // A part without parameters is left out. An empty group stays Muon's, which refuses it.
  return parts.filter(([, part], i) => part.params.length > 0 || (i === 0 && entries.length === 0));
}

/** Muon for matrices, and another optimizer for the rest. Default lr: 0.02. */
export const Muon = /* @__PURE__ */ ownOptimizer<MuonOptions>({
  title: 'Muon',
  about: 'momentum made orthogonal for matrices, AdamW for the rest',
  defaults: { lr: 0.02, momentum: 0.95, nesterov: true, steps: 5, weightDecay: 0, rest: undefined },
  rule(h) {
    checkInteger('steps', h.steps, 1);
    const decoupled = { decay: h.weightDecay, by: 'scaled' } as const;
    return { ...averaged({ ...h, bounds: free }), decoupled, adjust: h.nesterov ? nesterov : undefined };
  },
  own: {
    why: 'the step of an element depends on its whole matrix',
    state: ['m'],
    before: muonMomentum,
    direction(g, { m }, { p, q, steps }) {
      const d = q ? add(mul(m, p), mul(g, q)) : m;
      return d.size === 0
        ? contiguous(d)
        : contiguous(orthogonalized(d.reshape([d.shape[0], d.size / d.shape[0]]), steps));
    },
    kernel: muonStep,
  },
  split,
});
