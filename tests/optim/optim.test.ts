// The optimizers against other programs: trajectories of 60 steps, in float64. Each fixture names its program: PyTorch, the authors' code,
// another library, or a program of the paper's equations.
import { type Tensor, tensor } from '../../core/index.js';
import * as optim from '../../optim/index.js';
import { fixture, fixtureNames } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';

interface Trajectory {
  optimizer: string;
  case: string;
  problem: 'quad6' | 'rosenbrock' | 'seq5x3';
  hyper: Record<string, any>;
  lr: [from: number, value: number][];
  params: number[][];
  clipped_lower?: number[];
  clipped_upper?: number[];
}

interface Problems {
  problems: {
    quad6: { x0: number[]; A: number[][]; b: number[] };
    rosenbrock: { x0: number[] };
    seq5x3: { x0: number[]; shape: number[]; gradients: number[][] };
  };
}

const { problems } = fixture<Problems>('optim-problems.json');
const files = fixtureNames().filter((name) => /^optim-(?!problems).*\.json$/.test(name));
const cases = files.flatMap((f) => fixture<{ cases: Trajectory[] }>(f).cases);

const gradients: Record<Trajectory['problem'], (x: ArrayLike<number>, t: number) => number[]> = {
  quad6: (x) => problems.quad6.A.map((row, i) => row.reduce((s, a, j) => s + a * x[j], 0) - problems.quad6.b[i]),
  rosenbrock: (p) => {
    const [x, y] = [p[0], p[1]];
    return [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)];
  },
  seq5x3: (_, t) => problems.seq5x3.gradients[t - 1],
};

/** Our names of those hyper-parameters whose names differ from the source's by more than camelCase. */
const others: Record<string, string> = { initial_accumulator: 'initialAccumulatorValue', ams_bound: 'amsgrad' };
const nameOf = (name: string) => others[name] ?? name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** Switches of the programs that made the trajectories. With these values they compute the rules as published, so a trajectory
 *  with another value fails. undefined: any value is right. max_grad_norm of LAMB has no effect unless pre_norm is set. */
const switches: Record<string, Record<string, unknown>> = {
  LAMB: {
    ...{ weight_decouple: true, fixed_decay: false, rectify: false, degenerated_to_sgd: false, n_sma_threshold: 5 },
    ...{ grad_averaging: true, max_grad_norm: undefined, adam: false, pre_norm: false },
  },
  AdaBelief: { n_sma_threshold: 5, degenerated_to_sgd: true },
  Adan: { max_grad_norm: 0, weight_decouple: undefined },
  ScheduleFreeAdamW: { decoupling_c: 0, ams_bound: false },
  Prodigy: { weight_decouple: true, fixed_decay: false },
};

/** Our optimizer for a trajectory of another program. */
function build(c: Trajectory, x: Tensor): optim.Optimizer<any> {
  const fixed = switches[c.optimizer] ?? {};
  for (const [k, v] of Object.entries(fixed)) assert.ok(v === undefined || v === c.hyper[k], `${k} ${c.hyper[k]}`);
  const hyper: Record<string, unknown> = Object.fromEntries(
    Object.entries(c.hyper).flatMap(([k, v]) => (k in fixed ? [] : [[nameOf(k), v]])),
  );
  switch (c.optimizer) {
    case 'SGD':
      return new optim.SGDM([x], { momentum: 0, ...hyper });
    case 'Adagrad':
      return new optim.AdaGrad([x], hyper);
    case 'AdaBoundW':
      return new optim.AdaBoundW([x], { ...hyper, decayBy: 'unscaled' });
    case 'Adan':
      return new optim.Adan([x], { ...hyper, decayBy: c.hyper.weight_decouple ? 'scaled' : 'proximal' });
    case 'RMSprop': {
      const { momentum = 0, centered = false, ...own } = hyper;
      const isPlain = momentum === 0 && centered === false;
      return isPlain
        ? new optim.RMSProp([x], own)
        : new optim.RMSPropGraves([x], { ...own, momentum, centered } as object);
    }
    case 'Adam': {
      const { amsgrad, ...own } = hyper;
      return new optim.optimizers[amsgrad ? 'amsgrad' : 'adam']([x], own);
    }
    case 'AdaBound': {
      const { amsbound, ...own } = hyper;
      return new optim.optimizers[amsbound ? 'amsbound' : 'adabound']([x], own);
    }
    case 'AdaBelief':
    case 'Yogi':
    case 'AdaMod':
    case 'PAdam':
    case 'Lion': {
      const { weightDecouple, fixedDecay, ...own } = hyper;
      const decayBy = weightDecouple ? (fixedDecay ? 'unscaled' : 'scaled') : 'coupled';
      return new optim.optimizers[c.optimizer.toLowerCase()]([x], { ...own, decayBy });
    }
    default:
      return new optim.optimizers[c.optimizer.toLowerCase()]([x], hyper);
  }
}

const test = subject('Optimizers against other programs');

test('every optimizer has a trajectory, and there are at least 60', () => {
  const x = tensor([[0]], { dtype: 'float64', requiresGrad: true });
  const covered = new Set(cases.map((c) => build(c, x).constructor));
  const missing = Object.entries(optim.optimizers).filter(([, Class]) => !covered.has(Class));
  assert.equal(
    missing.map(([key]) => key),
    [],
  );
  assert.ok(cases.length >= 60, `${cases.length}`);
});

for (const c of cases) {
  const steps = c.params.length;
  test(`${c.optimizer}, ${c.case}, on ${c.problem}: ${steps} steps agree within ${c.optimizer === 'AdaBelief' ? '1e-7' : '1e-9'}${c.clipped_lower ? ', and the numbers of clipped elements are equal' : ''}`, async () => {
    // Muon steps matrices; the others step each element alone, or sum over all.
    const shape = c.optimizer === 'Muon' ? problems.seq5x3.shape : [problems[c.problem].x0.flat().length];
    const x = tensor(problems[c.problem].x0.flat(), { dtype: 'float64' }).reshape(shape);
    x.requiresGrad = true;
    const optimizer = build(c, x);
    for (let t = 1; t <= steps; t++) {
      for (const [from, lr] of c.lr) if (from === t) optimizer.paramGroups[0].lr = lr;
      x.grad = tensor(gradients[c.problem](x.dataSync(), t).flat(), { dtype: 'float64' }).reshape(shape);
      optimizer.step();
      // 1e-9: the file has ten digits. AdaBelief's program adds another 1e-15 under the root, which matters if (g - m)^2
      // is small: with this term the trajectories agree within 3e-10, without it within 3e-8.
      close(x.dataSync(), c.params[t - 1], c.optimizer === 'AdaBelief' ? 1e-7 : 1e-9, `step ${t}`);
      if (!c.clipped_lower || !c.clipped_upper) continue;
      const { floor, ceiling } = await optimizer.inspect(x);
      assert.equal([floor, ceiling], [c.clipped_lower[t - 1], c.clipped_upper[t - 1]], `clipped at step ${t}`);
    }
  });
}
