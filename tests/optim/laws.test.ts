// Laws of the rules: when one optimizer equals another exactly, when it does not, and worked examples of each form.
// Sources: Luo et al. 2019, section 4, and Luolc/AdaBound. docs/reading.md leads here from the claims of the poster.
import { Random, type Tensor, tensor } from '../../core/index.js';
import {
  AdaBelief,
  AdaBound,
  AdaBoundW,
  AdaMax,
  AdaMod,
  Adam,
  AMSBound,
  AMSGrad,
  boundedStep,
  CSGD,
  converging,
  fixed,
  free,
  Lion,
  NAdam,
  noProgress,
  type OptimizerClass,
  optimizers,
  Padam,
  RAdam,
  type Rule,
  SGDM,
  scalarsAt,
  Yogi,
} from '../../optim/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Laws of the bounded step');

type Gradient = (x: number, t: number) => number;

/** Runs a rule on one number with plain arrays and returns x after every step. */
function run(
  rule: Rule,
  gradient: Gradient,
  x0: number,
  steps: number,
  until = (_x: number) => false,
  rates?: number[],
): number[] {
  const first = [x0, 0, rule.initial?.m ?? 0, rule.initial?.v ?? 0, 0, 0];
  const [x, g, m, v, u, h] = first.map((a) => Float64Array.of(a));
  const [progress, n] = [noProgress(), new Float64Array(1)];
  const path: number[] = [];
  while (path.length < steps) {
    g[0] = gradient(x[0], progress.t + 1);
    const c = scalarsAt(rule, progress, 1);
    boundedStep(
      x,
      g,
      m,
      rule.beta2 === null ? null : v,
      rule.longMemory ? u : null,
      c,
      n,
      c.b3 === undefined ? null : h,
    );
    path.push(x[0]);
    rates?.push(n[0]);
    if (until(x[0])) break;
  }
  return path;
}

/** The rates n_t of a rule on the gradients at x = 0. */
function ratesOf(rule: Rule, gradient: Gradient, steps: number): number[] {
  const rates: number[] = [];
  run(rule, (_, t) => gradient(0, t), 0, steps, undefined, rates);
  return rates;
}

/** The gradient of x^2/2 with noise whose size varies over six decades. */
function noisy(seed = 3): Gradient {
  const draws = Array.from({ length: 3000 }, () => 0);
  const s = new Random(seed).stream('noise');
  for (let i = 0; i < draws.length; i++) draws[i] = s.normal() * 10 ** (6 * s.uniform() - 3);
  return (x, t) => x + draws[t % draws.length];
}

const relative = (a: number[], b: number[]) => Math.max(...a.map((v, i) => Math.abs(v - b[i]) / (1 + Math.abs(b[i]))));

/** Adam as in a textbook, with eps as a function of the step. It shares no code with optim/. */
function textbookAdam(
  gradient: Gradient,
  x: number,
  steps: number,
  lr: number,
  epsAt: (t: number) => number,
): number[] {
  let m = 0;
  let v = 0;
  const path: number[] = [];
  for (let t = 1; t <= steps; t++) {
    const g = gradient(x, t);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= (lr * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + epsAt(t));
    path.push(x);
  }
  return path;
}

test('Adam equals a textbook Adam over 2,000 steps', () => {
  const ours = run(Adam.rule({ lr: 0.01 }), noisy(), 2, 2000);
  // 1e-11: 2,000 steps with rounding errors of a few 1e-16, and 1 - 0.9 where the textbook has 0.1.
  assert.ok(
    relative(
      ours,
      textbookAdam(noisy(), 2, 2000, 0.01, () => 1e-8),
    ) < 1e-11,
  );
});

test('AdaBound with bounds 0 and infinity is Adam with eps / sqrt(1 - b2^t), 31.6 times larger at t = 1', () => {
  const ours = run(AdaBound.rule({ lr: 0.01, eps: 1, bounds: free }), noisy(), 2, 2000);
  const alike = textbookAdam(noisy(), 2, 2000, 0.01, (t) => 1 / Math.sqrt(1 - 0.999 ** t));
  assert.ok(relative(ours, alike) < 1e-11, `${relative(ours, alike)}`);
  const plain = textbookAdam(noisy(), 2, 2000, 0.01, () => 1);
  assert.ok(relative(ours, plain) > 1e-4, 'this test detects the position of eps');
  assert.ok(Math.abs(1 / Math.sqrt(1 - 0.999) - 31.6) < 0.03);
});

test('AdaBound equals AdaBound without bounds to the bit while no rate is clipped, up to any step K', () => {
  const K = 500;
  const open = (t: number) => (t <= K ? ([0, Infinity] as const) : ([0.01, 0.01] as const));
  const unbounded = run(AdaBound.rule({ lr: 0.01, bounds: free }), noisy(), 2, 1000);
  const bound = run(AdaBound.rule({ lr: 0.01, bounds: open }), noisy(), 2, 1000);
  assert.equal(bound.slice(0, K), unbounded.slice(0, K));
  assert.ok(Math.abs(bound[K] - unbounded[K]) > 1e-9, 'and differs at step K + 1');
});

test('AdaBound with lo = hi = a is SGD with averaged momentum, which is the heavy ball with lr a (1 - b1)', () => {
  const bound = run(AdaBound.rule({ bounds: fixed(0.05) }), noisy(), 2, 1000);
  const averaged = run(SGDM.rule({ lr: 0.05, averaged: true }), noisy(), 2, 1000);
  const heavy = run(SGDM.rule({ lr: 0.05 * (1 - 0.9), momentum: 0.9 }), noisy(), 2, 1000);
  assert.equal(bound, averaged);
  // 4e-13: the heavy ball scales after summing, so it rounds differently.
  assert.ok(relative(bound, heavy) < 4e-13, `${relative(bound, heavy)}`);
});

test('PyTorch’s SGD with dampening = momentum is not averaged momentum: its first gradient is undamped, so its first step is ten times as long', () => {
  const damped = run(SGDM.rule({ lr: 0.05, momentum: 0.9, dampening: 0.9 }), () => 1, 0, 1);
  const averaged = run(SGDM.rule({ lr: 0.05, momentum: 0.9, averaged: true }), () => 1, 0, 1);
  close([damped[0] / averaged[0]], [10], 1e-14);
});

test('CSGD takes full steps from the start: with a constant gradient each step is lr g', () => {
  const path = run(CSGD.rule({ lr: 0.1 }), () => 2, 0, 50);
  // 1e-13: the factor 1 - b1^t cancels up to rounding.
  close(
    path,
    path.map((_, i) => -0.2 * (i + 1)),
    1e-13,
  );
});

test('RAdam’s first five steps are CSGD’s with the same lr, the sixth is not; the paper’s form has four', () => {
  // rho_t is about t - (1 - b2) (t^2 - 1) / 6. At b2 = 0.999 rho_4 = 3.998, rho_5 = 4.996 and rho_6 = 5.994.
  const gradient = noisy();
  const csgd = run(CSGD.rule({ lr: 0.01 }), gradient, 1, 6);
  const equal = (form: 'code' | 'paper') => {
    const path = run(RAdam.rule({ lr: 0.01, form }), gradient, 1, 6);
    // 1e-14: CSGD divides by 1 - b1^t after the clip, RAdam before it.
    return path.filter((x, i) => relative([x], [csgd[i]]) < 1e-14).length;
  };
  assert.equal([equal('code'), equal('paper')], [5, 4]);
});

test('RAdam rectifies from just above rho_t = 5, and in the paper’s form, which has no eps, from just above 4', () => {
  assert.is(RAdam.rule({ form: 'paper' }).eps, 0);
  const rhoOf = (b2: number, t: number) => 2 / (1 - b2) - 1 - (2 * t * b2 ** t) / (1 - b2 ** t);
  for (const [form, least] of [
    ['paper', 4],
    ['code', 5],
  ] as const) {
    // rho_t rises with b2; bisection finds the b2 for which rho_t is just above the limit at step t.
    const t = least + 1;
    let [low, high] = [0.5, 0.9999];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (rhoOf(middle, t) < least + 0.02) low = middle;
      else high = middle;
    }
    const gradient = noisy();
    const csgd = run(CSGD.rule({ lr: 0.01 }), gradient, 1, t);
    const path = run(RAdam.rule({ lr: 0.01, form, betas: [0.9, low] }), gradient, 1, t);
    assert.ok(relative([path[t - 2]], [csgd[t - 2]]) < 1e-14, `${form}: step ${t - 1} is CSGD's`);
    assert.ok(relative([path[t - 1]], [csgd[t - 1]]) > 1e-6, `${form}: step ${t} is not`);
  }
});

test('RAdam within bounds: both phases are clipped, so with lo = hi it is CSGD without bias correction, which is SGD with averaged momentum', () => {
  const gradient = noisy();
  const bounded = run(RAdam.rule({ bounds: fixed(0.1) }), gradient, 1, 40);
  assert.equal(bounded, run(SGDM.rule({ lr: 0.1, averaged: true }), gradient, 1, 40));
});

test('NAdam’s first step along a constant gradient is lr (1 + mu_2 (1 - b1) / (1 - M)), with the form’s product M', () => {
  // v^_1 = g^2, m_1 = (1 - b1) g, and (1 - mu_1) / (1 - M_1) = 1.
  const mu = (t: number) => 0.9 * (1 - 0.96 ** (t * 0.004) / 2);
  for (const form of ['code', 'paper'] as const) {
    const M = mu(1) * mu(2) * (form === 'code' ? mu(1) : 1);
    const [x] = run(NAdam.rule({ form }), () => 3, 0, 1);
    // 1e-8: eps relative to |g| = 3.
    close([x / -0.002], [1 + (mu(2) * 0.1) / (1 - M)], 1e-8);
  }
});

test('AdaMod with b3 = 0 is AdaBound without bounds, to the bit: h_t = n_t, so the minimum changes nothing', () => {
  const gradient = noisy();
  const mod = run(AdaMod.rule({ lr: 0.01, betas: [0.9, 0.999, 0] }), gradient, 2, 1000);
  assert.equal(mod, run(AdaBound.rule({ lr: 0.01, bounds: free }), gradient, 2, 1000));
});

test('AdaMod’s first rate is 1 - b3 times that of AdaBound without bounds: h_1 = (1 - b3) n_1, because h_0 = 0', () => {
  for (const b3 of [0.5, 0.9, 0.999]) {
    const [mod] = run(AdaMod.rule({ betas: [0.9, 0.999, b3] }), () => 2, 0, 1);
    const [free1] = run(AdaBound.rule({ bounds: free }), () => 2, 0, 1);
    close([mod / free1], [1 - b3], 1e-13);
  }
});

test('AdaMod’s paper form corrects m outside the minimum: its first step is (1 - b3) lr m^ / (|g| + eps)', () => {
  const [x] = run(AdaMod.rule({ form: 'paper', betas: [0.9, 0.999, 0.75], eps: 0.5 }), () => 2, 0, 1);
  close([x], [(-0.25 * 1e-3 * 2) / 2.5], 1e-13);
});

test('Padam with p = 1/2 is AdaBound without bounds, to the bit; p -> 0 is CSGD times sqrt(1 - b2^t)', () => {
  const gradient = noisy();
  const half = run(Padam.rule({ lr: 0.01, partial: 0.5 }), gradient, 2, 1000);
  assert.equal(half, run(AdaBound.rule({ lr: 0.01, bounds: free }), gradient, 2, 1000));
  // (sqrt(v) + e)^(2p) -> 1, so the rate is a c_t = lr sqrt(1 - b2^t) / (1 - b1^t). CSGD has the factor 1 / (1 - b1^t) in s.
  const none = run(Padam.rule({ lr: 0.01, partial: 1e-12 }), gradient, 2, 300);
  const csgd = { ...CSGD.rule({ lr: 0.01 }), schedule: (t: number) => Math.sqrt(1 - 0.999 ** t) };
  // 1e-8: 1e8^(2p) - 1 = 4e-11 for the smallest denominator, and steps add up.
  assert.ok(relative(none, run(csgd, gradient, 2, 300)) < 1e-8);
});

test('Padam’s paper form keeps the largest second moment and has no bias correction: x_1 = -lr (1 - b1) g / ((1 - b2) g^2)^p', () => {
  const rule = Padam.rule({ form: 'paper', partial: 0.125 });
  assert.is(rule.longMemory, true);
  close(
    run(rule, () => 3, 0, 1),
    [(-0.1 * 0.1 * 3) / (0.001 * 9) ** 0.125],
    1e-12,
  );
});

test('AdaBelief on a constant gradient: g - m_t = b1^t g, so v_t is a sum of two geometric series', () => {
  // m_t = (1 - b1^t) g. v_t = sum_{i <= t} b2^(t-i) [(1-b2) b1^(2i) g^2 + eps]
  //     = (1-b2) g^2 b1^2 (b2^t - b1^(2t)) / (b2 - b1^2) + eps (1 - b2^t) / (1 - b2)
  const [b1, b2, g, eps, lr] = [0.9, 0.99, 3, 1e-6, 0.01];
  const path = run(AdaBelief.rule({ betas: [b1, b2], eps, lr }), () => g, 0, 100);
  let x = 0;
  for (let t = 1; t <= 100; t++) {
    const series = ((1 - b2) * g * g * b1 ** 2 * (b2 ** t - b1 ** (2 * t))) / (b2 - b1 ** 2);
    const v = series + (eps * (1 - b2 ** t)) / (1 - b2);
    x -= (lr * g) / (Math.sqrt(v / (1 - b2 ** t)) + eps);
    // 1e-9: in (g - m)^2 digits cancel. The relative error is 1e-16 / b1^t, which is 4e-12 at t = 100.
    close([path[t - 1]], [x], 1e-9);
  }
});

test('Yogi’s v moves by exactly (1 - b2) g^2 towards g^2, and Adam’s by (1 - b2) (g^2 - v)', () => {
  const rule = Yogi.rule({ initialAccumulatorValue: 1 });
  const v = (g: number) => {
    const second = Float64Array.of(1);
    boundedStep(
      Float64Array.of(0),
      Float64Array.of(g),
      Float64Array.of(0),
      second,
      null,
      scalarsAt(rule, noProgress()),
    );
    return second[0];
  };
  close([v(2), v(0.5), v(1)], [1 + 0.001 * 4, 1 - 0.001 * 0.25, 1], 1e-15);
  assert.equal([rule.initial, Yogi.rule({ form: 'paper' }).initial], [{ m: 1, v: 1 }, { v: 1e-6 }]);
});

test('Yogi’s paper form has no bias correction: its first step is lr (1 - b1) g / (sqrt(v_1) + eps)', () => {
  const v = 1e-6 + 0.001 * 4;
  close(
    run(Yogi.rule({ form: 'paper' }), () => 2, 0, 1),
    [(-0.01 * 0.1 * 2) / (Math.sqrt(v) + 1e-3)],
    1e-14,
  );
});

test('Lion moves each element by exactly lr, in the direction of sign(b1 m + (1 - b1) g), also if d^2 underflows', () => {
  const gradient = noisy();
  for (const size of [1, 1e-200]) {
    let [m, x] = [0, 0];
    const path = run(Lion.rule({ lr: 0.5 }), (_, t) => size * gradient(0, t), 0, 500);
    path.forEach((at, i) => {
      const g = size * gradient(0, i + 1);
      x -= 0.5 * Math.sign(0.9 * m + (1 - 0.9) * g);
      m = 0.99 * m + (1 - 0.99) * g;
      assert.is(at, x, `step ${i + 1} at size ${size}`);
    });
  }
  assert.equal(
    run(Lion.rule({ lr: 0.5 }), () => 0, 1, 3),
    [1, 1, 1],
    'a zero direction does not move',
  );
});

test('AdaMax on a constant gradient takes steps of lr g / (|g| + eps), because v_t = |g| + eps and m is corrected', () => {
  const path = run(AdaMax.rule({ lr: 0.5, eps: 1 }), () => -3, 0, 20);
  close(
    path,
    path.map((_, i) => 0.5 * 0.75 * (i + 1)),
    1e-13,
  );
});

/** The optimizers whose rules take bounds: all but those with steps of their own. */
const bounded = Object.values(optimizers).filter((Class) => !Class.declaration.own && !Class.declaration.split);

test('every rule of the bounded step takes bounds, and its rates lie within them: AdaBeliefBound is AdaBelief with AdaBound’s bounds', () => {
  assert.ok(bounded.length >= 18, `${bounded.length}`);
  for (const Class of bounded) {
    ratesOf(Class.rule({ bounds: converging(0.1, 1e-3) }), noisy(), 500).forEach((n, i) => {
      const [lo, hi] = converging(0.1, 1e-3)(i + 1);
      // CSGD divides by 1 - b^t after the clip.
      const s = Class === CSGD ? 1 / (1 - 0.9 ** (i + 1)) : 1;
      assert.ok(
        n >= s * lo * (1 - 1e-14) && n <= s * hi * (1 + 1e-14),
        `${Class.title}, step ${i + 1}: ${n} in [${lo}, ${hi}]`,
      );
    });
  }
});

test('with lo = hi every rule of the bounded step but CSGD has this rate at each step; if its direction averages gradients, it is SGD with averaged momentum, to the bit', () => {
  const sgd = run(SGDM.rule({ lr: 0.05, averaged: true }), noisy(), 2, 300);
  const alike = [];
  for (const Class of bounded) {
    const rule = Class.rule({ bounds: fixed(0.05) });
    const steps = ratesOf(rule, noisy(), 300);
    if (Class !== CSGD)
      assert.ok(
        steps.every((n) => n === 0.05),
        Class.title,
      );
    const betas = Array.isArray(Class.defaults.betas)
      ? { betas: Object.assign([...Class.defaults.betas], [0.9, 0.99]) }
      : {};
    const path = run(
      { ...Class.rule({ bounds: fixed(0.05), ...betas }), initial: undefined, decoupled: undefined },
      noisy(),
      2,
      300,
    );
    if (path.every((x, i) => x === sgd[i])) alike.push(Class.title);
  }
  assert.equal(alike, [
    'Adam',
    'AMSGrad',
    'AdaBound',
    'AMSBound',
    'AdamW',
    'AdaBoundW',
    'RAdam',
    'AdaBelief',
    'Yogi',
    'AdaMod',
    'Padam',
    'AdaMax',
  ]);
});

test('AdaBelief with rectify starts with CSGD’s steps, like RAdam; with amsgrad its rate uses the largest v', () => {
  const gradient = noisy();
  const csgd = run(CSGD.rule({ lr: 0.01 }), gradient, 1, 6);
  const path = run(AdaBelief.rule({ lr: 0.01, rectify: true }), gradient, 1, 6);
  assert.is(path.filter((x, i) => relative([x], [csgd[i]]) < 1e-14).length, 5);
  const rates = (amsgrad: boolean) =>
    ratesOf(AdaBelief.rule({ betas: [0.5, 0.5], amsgrad }), (_, t) => (t === 1 ? 1 : 0), 9);
  const [plain, ams] = [rates(false), rates(true)];
  assert.ok(ams.every((n, i) => n <= plain[i]) && ams[8] < plain[8] / 10, `${ams[8]} and ${plain[8]}`);
});

test('weight decay of AdaBelief, Yogi, AdaMod, Padam and Lion, by hand: in the gradient, scaled by lr, or the same at each step', () => {
  for (const Class of [AdaBelief, Yogi, AdaMod, Padam, Lion] as OptimizerClass<any>[]) {
    const own = Class === Yogi ? { initialAccumulatorValue: 0 } : {};
    const x = (decayBy: string) => run(Class.rule({ lr: 0.5, weightDecay: 0.25, decayBy, ...own }), () => 0, 8, 1)[0];
    assert.equal([x('scaled'), x('unscaled')], [7, 6], Class.title);
    assert.ok(x('coupled') < 8, `${Class.title}: ${x('coupled')}`);
    assert.throws(() => x('decoupled'), /unknown decayBy: decoupled; one of coupled, scaled, unscaled$/);
  }
});

test('lo rises and hi falls to finalLr, and the formulas of the code and of the paper agree at the defaults', () => {
  const bounds = converging(0.1, 1e-3);
  let [before, above] = [0, Infinity];
  for (const t of [1, 2, 10, 100, 1e4, 1e6, 1e9]) {
    const [lo, hi] = bounds(t);
    assert.ok(lo > before && hi < above && lo < 0.1 && hi > 0.1, `at ${t}: ${lo} ${hi}`);
    close([lo, hi], [0.1 - 0.1 / ((1 - 0.999) * t + 1), 0.1 + 0.1 / ((1 - 0.999) * t)], 1e-12);
    [before, above] = [lo, hi];
  }
  close(bounds(1e9), [0.1, 0.1], 1e-6);
  close([bounds(1)[1]], [100.1], 1e-12);
});

test('with a constant gradient of 1 the rising floor overtakes Adam’s rate at t = 14', () => {
  // Adam's step is 1e-3; lo(t) (1 - 0.9^t) is 0.64e-3 at t = 10, 0.96e-3 at 13, 1.06e-3 at 14.
  const first = Array.from({ length: 100 }, (_, i) => i + 1).find((t) => {
    const rate = (1e-3 * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t) / Math.sqrt(1 - 0.999 ** t);
    return converging(0.1, 1e-3)(t)[0] > rate;
  });
  const path = run(AdaBound.rule(), () => 1, 0, 100);
  const adam = run(AdaBound.rule({ bounds: free }), () => 1, 0, 100);
  const leaves = path.findIndex((x, i) => x !== adam[i]) + 1;
  assert.is(leaves, first);
  assert.is(leaves, 14);
});

test('on curvature L AdaBound is stable up to finalLr L = 2 (1 + b1) / (1 - b1) = 38: 37.5 converges, 38.5 diverges', () => {
  const on = (product: number, steps: number) =>
    run(
      AdaBound.rule({ finalLr: 0.1 }),
      (x) => (product / 0.1) * x,
      1,
      steps,
      (x) => Math.abs(x) > 1e12,
    );
  const stable = on(37.5, 400_000);
  assert.is(stable.length, 400_000);
  assert.ok(Math.abs(stable.at(-1)!) < 1e-6, `x = ${stable.at(-1)}`);
  assert.is(on(38.5, 100_000).length, 79_976);
  assert.is(on(100, 100_000).length, 751);
});

test('a loss scaled by c, with finalLr / c and c eps, gives the same path, to the bit if c is a power of two', () => {
  const gradient = noisy();
  const path = run(AdaBound.rule({ eps: 1e-6 }), gradient, 2, 2000);
  for (const c of [2 ** -20, 0.5, 1024]) {
    const scaled = run(
      AdaBound.rule({ lr: 1e-3, finalLr: 0.1 / c, eps: 1e-6 * c, bounds: scale(c) }),
      (x, t) => c * gradient(x, t),
      2,
      2000,
    );
    assert.equal(scaled, path, `c = ${c}`);
  }
  // The rate a / sqrt(v) is divided by c, and so are the bounds.
  function scale(c: number) {
    return (t: number) => converging(0.1, 1e-3)(t).map((b) => b / c) as [number, number];
  }
});

test('AdaBound with its defaults depends on the scale of the loss: on curvature 1000 it passes 1e12 at step 751, and Adam converges to 0', () => {
  const bound = run(
    AdaBound.rule(),
    (x) => 1000 * x,
    1,
    2000,
    (x) => Math.abs(x) > 1e12,
  );
  assert.is(bound.length, 751);
  const adam = run(Adam.rule(), (x) => 1000 * x, 1, 20_000);
  assert.ok(Math.abs(adam.at(-1)!) < 1e-12, `${adam.at(-1)}`);
});

test('on Rosenbrock from (-1.2, 1) AdaBound at its defaults passes 1e6 at step 1,366; finalLr 0.01 converges', () => {
  const on = async (finalLr: number, steps: number) => {
    const p = tensor([-1.2, 1], { dtype: 'float64', requiresGrad: true });
    const optimizer = new AdaBound([p], { finalLr, nonFinite: 'allow' });
    for (let t = 1; t <= steps; t++) {
      const [x, y] = p.dataSync();
      p.grad = tensor([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], { dtype: 'float64' });
      optimizer.step();
      if (p.dataSync().some((v) => !(Math.abs(v) < 1e6))) return t;
    }
    return p.dataSync();
  };
  return Promise.all([on(0.1, 3000), on(0.01, 30_000)]).then(([diverged, converged]) => {
    assert.is(diverged, 1366);
    close(converged as Float64Array, [1, 1], 1e-3);
  });
});

test('AMSGrad’s rate never exceeds Adam’s on the same gradients, and its second moment never falls', async () => {
  const make = (Rule: typeof Adam) => {
    const p = tensor([0], { dtype: 'float64', requiresGrad: true });
    return { p, optimizer: new Rule([p], {}) };
  };
  const [adam, ams] = [make(Adam), make(AMSGrad)];
  const gradient = noisy();
  let before = 0;
  for (let t = 1; t <= 500; t++) {
    const rates: number[] = [];
    for (const { p, optimizer } of [adam, ams]) {
      p.grad = tensor([gradient(0, t)], { dtype: 'float64' });
      optimizer.step();
      rates.push((await optimizer.inspect(p)).rate[0]);
    }
    assert.ok(rates[1] <= rates[0], `step ${t}: ${rates}`);
    const u = (await ams.optimizer.inspect(ams.p)).v[0];
    assert.ok(u >= before);
    before = u;
  }
});

test('no step leaves a feasible box, and some steps end on its border', () => {
  for (const rule of [
    AdaBound.rule({ box: [-1, 1], form: 'paper' }),
    SGDM.rule({ box: [-1, 1], lr: 5, form: 'paper' }),
  ]) {
    const path = run(rule, (_x, t) => (t % 3 === 1 ? 40 : -10), 0, 300);
    assert.ok(path.every((x) => x >= -1 && x <= 1));
    assert.ok(
      path.some((x) => Math.abs(x) === 1),
      'some step ends on the border',
    );
  }
});

test('the box, by hand: each side stops a step, and a point inside is not moved', () => {
  const rule = { ...SGDM.rule({ lr: 1, momentum: 0 }), box: [-0.5, 0.25] as const };
  const path = run(rule, (_x, t) => [0.1, 3, -0.6, -9][t - 1], 0, 4);
  close(path, [-0.1, -0.5, 0.1, 0.25], 1e-15);
});

test('paper form, by hand: two steps of AMSBound without bias correction or eps, divided by sqrt(t)', () => {
  // b1 = b2 = 1/2, a = 1, bounds open: g = 2, then 0.
  // m = 1, v = u = 2, x = -1/sqrt(2); m = 1/2, v = 1, u = 2, x -= (1/sqrt 2)(1/sqrt 2)(1/2) = 1/4
  const rule = AMSBound.rule({ lr: 1, betas: [0.5, 0.5], form: 'paper', bounds: free });
  close(
    run(rule, (_x, t) => (t === 1 ? 2 : 0), 0, 2),
    [-Math.SQRT1_2, -Math.SQRT1_2 - 0.25],
    1e-15,
  );
});

test('code form, by hand: the first step of AdaBound is lr g / (|g| + eps / sqrt(1 - b2))', () => {
  // c_1 = sqrt(1 - b2) / (1 - b1), v_1 = (1 - b2) g^2, m_1 = (1 - b1) g: the step is lr g / (|g| + eps / sqrt(1 - b2)).
  const [x] = run(AdaBound.rule({ lr: 0.01, eps: 1e-3 }), () => -3, 0, 1);
  close([x], [(0.01 * 3) / (3 + 1e-3 / Math.sqrt(0.001))], 1e-14);
});

test('if the direction is 0 the step is 0, even if the rate is infinite', () => {
  assert.equal(
    run(Adam.rule({ form: 'paper' }), () => 0, 7, 3),
    [7, 7, 7],
  );
});

test('the schedule is a factor outside the clip: s clip(a, lo, hi) is the step with s a, s lo and s hi', () => {
  const s = 0.25;
  const inside = run(
    {
      ...AdaBound.rule({ lr: 1e-3 * s, bounds: (t) => converging(0.1, 1e-3)(t).map((b) => b * s) as [number, number] }),
    },
    noisy(),
    2,
    500,
  );
  const outside = run({ ...AdaBound.rule(), schedule: () => s }, noisy(), 2, 500);
  assert.equal(inside, outside);
});

test('a beta may be a function of t, such as b1/t, and bias correction then uses the product of its values', () => {
  const beta = (t: number) => 0.9 / t;
  const ours = run(Adam.rule({ betas: [beta, 0.999] }), noisy(), 2, 50);
  let [x, m, v, p1, p2] = [2, 0, 0, 1, 1];
  const gradient = noisy();
  for (let t = 1; t <= 50; t++) {
    const g = gradient(x, t);
    m = beta(t) * m + (1 - beta(t)) * g;
    v = 0.999 * v + 0.001 * g * g;
    p1 *= beta(t);
    p2 *= 0.999;
    x -= (1e-3 * (m / (1 - p1))) / (Math.sqrt(v / (1 - p2)) + 1e-8);
    close([ours[t - 1]], [x], 1e-12);
  }
});

test('AdaBoundW: the authors’ decay of 5e-4 is not scaled by the rate: 1,000 steps of zero gradient leave 0.606 of x; scaled by lr 1e-3 they leave 0.9995', () => {
  const unscaled = run(AdaBoundW.rule({ decayBy: 'unscaled' }), () => 0, 1, 1000).at(-1)!;
  const scaled = run(AdaBoundW.rule(), () => 0, 1, 1000).at(-1)!;
  close([unscaled, scaled], [(1 - 5e-4) ** 1000, (1 - 5e-7) ** 1000], 1e-12);
  assert.is(unscaled.toFixed(3), '0.606');
});

test('the bounded step runs in float32 too: its path agrees with that in float64 within single precision', () => {
  const t32 = (dtype: 'float32' | 'float64') => {
    const p: Tensor = tensor([2, -1], { dtype, requiresGrad: true });
    const optimizer = new AdaBound([p]);
    for (let t = 1; t <= 100; t++) {
      p.grad = p.detach().mul(3);
      optimizer.step();
    }
    return p.dataSync();
  };
  // 1e-5: 100 steps, each with a rounding error of 6e-8.
  close(t32('float32'), t32('float64'), 1e-5);
});
