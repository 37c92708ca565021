// Online problems, projections onto feasible sets, and the regret of rules, compared with values worked out by hand.
// Sources: Luo et al. 2019, sections 2 and 3; Zinkevich 2003. docs/reading.md leads here from the regret and the
// projection.

import { Random } from '../../core/index.js';
import { AdaBound, AdaMod, Adam, AMSGrad, CSGD, fixed, free, RMSProp, SGDM } from '../../optim/index.js';
import { ball, box, type FeasibleSet, simplex } from '../../theory/feasibleSets.js';
import { online, regret } from '../../theory/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Regret on online problems');

function project(set: FeasibleSet, x: number[], n: number[]): number[] {
  const y = Float64Array.from(x);
  set.project(y, Float64Array.from(n));
  return [...y];
}

test('regret, average and x by hand: SGD in paper form on 4x, -x, -x from 0, rate 1/4', () => {
  // The cycle begins with t = 1: g = 4, -1, -1.  x_1 = 0: regret 4 (0+1) = 4, x_2 = 0 - 1/4 4 = -1.
  // t = 2: regret -1 (-1+1) = 0, x_3 = -1 + 1/(4 sqrt 2).  t = 3: regret -1/(4 sqrt 2), x_4 = x_3 + 1/(4 sqrt 3).
  const run = regret(online.cycle(), SGDM, 3, { at: [2, 1], hyper: { lr: 0.25, momentum: 0 } });
  const [a, b] = [1 / (4 * Math.SQRT2), 1 / (4 * Math.sqrt(3))];
  close(
    run.points.map((p) => p.regret),
    [4, 4, 4 - a],
    1e-15,
  );
  close(
    run.points.map((p) => p.average),
    [4, 2, (4 - a) / 3],
    1e-15,
  );
  close(
    run.points.map((p) => p.x[0]),
    [-1, -1 + a, -1 + a + b],
    1e-15,
  );
  assert.equal([run.last, run.raised, run.lowered, run.falls], [run.points[2], 0, 0, 0]);
});

test('raised rates, lowered rates and falls of 1/n by hand: b2 = 0, bounds [1/3, 1/2], gradients 4, -1, -1, 4', () => {
  // r = a/|g| = 1/4, 1, 1, 1/4; clipped 1/3 (raised), 1/2, 1/2 (lowered), 1/3 (raised); divided by sqrt(t) that is
  // 0.333, 0.354, 0.289, 0.167: 1/n falls once, at t = 2.
  const bounds = () => [1 / 3, 1 / 2] as const;
  const { raised, lowered, falls } = regret(online.cycle(), AdaBound, 4, { hyper: { lr: 1, betas: [0, 0], bounds } });
  assert.equal([raised, lowered, falls], [2, 2, 1]);
});

test('AdaMod’s ceilings by hand: b1 = b2 = 0, b3 = 1/2, bounds [0, 1], gradients 4, -1, -1, 4', () => {
  // r = 1/|g| = 1/4, 1, 1, 1/4 and h_t = (h_{t-1} + r_t) / 2 = 1/8, 9/16, 25/32, 33/64, so n = 1/8, 9/16, 25/32, 1/4.
  // x = 0, -1/2, 1/16, 27/32, -5/32.
  const hyper = { lr: 1, betas: [0, 0, 1 / 2], eps: 0, bounds: () => [0, 1] as const };
  const { points, raised, lowered, falls } = regret(online.cycle(), AdaMod, 4, { at: [1, 2, 3], hyper });
  assert.equal(
    points.map((p) => p.x[0]),
    [-1 / 2, 1 / 16, 27 / 32, -5 / 32],
  );
  assert.equal([raised, lowered, falls], [0, 3, 2]);
});

test('both regret bounds by hand in two dimensions: on the disk with b2 = 0, a = 1 and bounds [1/4, 1], where D = 2 and G^2 = 16.25', () => {
  // g = (4, 1/2), then twice (-1, 1/2), and (4, 1/2) again: r = (1/4, 2), (1, 2), (1, 2), (1/4, 2), of which only the 2
  // is clipped. n^ = (1/4, 1) at t = 1 and 4, R = 1, M = 4/(1/4) - 3/1 = 13, and W = 0.
  // published: D^2 2 (4 + 1) / 2 + 3 G^2 = 20 + 48.75.   corrected: 2 [2 2 13 (2 - 1) + (4 + 1)] + 48.75 = 114 + 48.75.
  const hyper = { lr: 1, betas: [0, 0], bounds: () => [1 / 4, 1] as const };
  const { last, raised, lowered, falls } = regret(online.disk(), AdaBound, 4, { hyper });
  close([last.published!, last.corrected!], [68.75, 162.75], 1e-14);
  // n of the first element is 0.25, 0.71, 0.58, 0.125: it grows once.
  assert.equal([raised, lowered, falls], [0, 4, 1]);
  // On the simplex D = 1, so the terms with D^2 are a quarter.
  const shares = regret(online.experts(), AdaBound, 4, { hyper }).last;
  close([shares.published!, shares.corrected!], [5 + 48.75, 28.5 + 48.75], 1e-14);
});

test('1/n never falls if the rate is constant: plain SGD without 1/sqrt(t)', () => {
  assert.is(regret(online.cycle(), SGDM, 10, { hyper: { form: 'code', momentum: 0 } }).falls, 0);
});

test('v starts at the rule’s initial value: with the loss 4x, b2 = 1/2 and v_0 = 9, x moves by 4 a / sqrt(4.5 + 8)', () => {
  const rule = { ...Adam.rule({ lr: 0.5, betas: [0, 0.5], form: 'paper' }), initial: { v: 9 } };
  close(regret(online.cycle(), rule, 1).last.x, [-2 / Math.sqrt(12.5)], 1e-15);
});

test('a box clips each element, whatever the rates are', () => {
  assert.equal(project(box(-1, 1), [-3, 0.5, 2], [Infinity, 0, 1]), [-1, 0.5, 1]);
  assert.equal([box(-1, 1).diameter, box(-1, 1).box], [2, [-1, 1]]);
});

test('the simplex by hand: with rates 1 and 3, the second element of (1, 1) moves three times as far as the first: (3/4, 1/4)', () => {
  // y = x - l n, l = (sum x - 1) / sum n = 1/4.
  close(project(simplex(), [1, 1], [1, 3]), [0.75, 0.25], 1e-15);
  // With equal rates the norm is Euclidean, and the nearest point is (1/2, 1/2).
  close(project(simplex(), [1, 1], [1, 1]), [0.5, 0.5], 1e-15);
  // (2, 0.1): l = 0.55 would make the second element negative; without this element l = 1.
  close(project(simplex(), [2, 0.1], [1, 1]), [1, 0], 1e-15);
  close(project(simplex(), [0.2, 0.3, 0.5], [1, 2, 3]), [0.2, 0.3, 0.5], 1e-15);
});

test('the ball by hand: with rates 1 and 3, (1.2, 3.2) moves to (0.6, 0.8), because (1.2/(1+1), 3.2/(1+3)) has length 1', () => {
  // 1e-14: Newton's method stops at rounding.
  close(project(ball(1), [1.2, 3.2], [1, 3]), [0.6, 0.8], 1e-14);
  close(project(ball(1), [3, 4], [2, 2]), [0.6, 0.8], 1e-14);
  assert.equal(project(ball(1), [0.6, 0.7], [1, 3]), [0.6, 0.7]);
  assert.equal([ball(1).diameter, simplex().diameter, ball(1).least([0, 0])], [2, 1, [0, 0]]);
  // From a distant point and with rates six decades apart the iteration still ends, on the sphere.
  close([Math.hypot(...project(ball(2), [1e6, -3, 1e-3], [1e3, 1e-3, 1]))], [2], 1e-14);
});

test('the projection y of x is the nearest point in the norm of diag(1/n): sum (x-y)(z-y)/n <= 0 for every z of F', () => {
  const s = new Random(4).stream('projection');
  const inside: [FeasibleSet, (z: number[]) => number[]][] = [
    [ball(1.5), (z) => z.map((v) => (1.5 * s.uniform() * v) / Math.hypot(...z))],
    [simplex(), (z) => z.map((v) => Math.abs(v) / z.reduce((sum, w) => sum + Math.abs(w), 0))],
    [box(-1, 1), (z) => z.map((v) => Math.tanh(v))],
  ];
  let moved = 0;
  for (const [set, point] of inside) {
    for (let k = 0; k < 300; k++) {
      const draw = () => [s.normal(), s.normal(), s.normal()];
      const [x, n] = [draw().map((v) => 2 * v), draw().map(Math.exp)];
      const y = project(set, x, n);
      if (y.some((v, i) => v !== x[i])) moved++;
      for (let j = 0; j < 10; j++) {
        const z = point(draw());
        const inner = x.reduce((sum, v, i) => sum + ((v - y[i]) * (z[i] - y[i])) / n[i], 0);
        // 1e-11: rounding of terms of size |x||z|/n, with n >= 0.02 here.
        assert.ok(inner < 1e-11, `x ${x}, n ${n}: y ${y}, z ${z}: ${inner}`);
      }
    }
  }
  assert.ok(moved > 600, `${moved} of 900 lay outside`);
});

test('one step on the simplex by hand: rates 1/16 and 1/2 move (1/2, 1/2) to (1/4, 1/4), and the projection moves this to (11/36, 25/36)', () => {
  // g = (4, 1/2), b = 0, a = 1/4: n = a/|g| = (1/16, 1/2), n g = (1/4, 1/4).
  // l = (1/2 - 1) / (9/16) = -8/9: y = (1/4 + 8/144, 1/4 + 8/18) = (11/36, 25/36).
  const { last } = regret(online.experts(), Adam, 1, { hyper: { lr: 0.25, betas: [0, 0] } });
  close(last.x, [11 / 36, 25 / 36], 1e-15);
  // 4 (1/2 - 0) + 1/2 (1/2 - 1)
  close([last.regret], [1.75], 1e-15);
});

test('Adam also fails if F is not a box: it chooses the wrong expert and the wrong side of the disk', () => {
  const hyper = { lr: 0.1, betas: [0, 1 / 17] };
  for (const [problem, best, loss] of [
    [online.experts(), [0, 1], 2 / 3 - 1 / 2],
    [online.disk(), [-0.8, -0.6], 0.7],
  ] as const) {
    close(problem.best, best, 1e-15);
    const adam = regret(problem, Adam, 30_000, { hyper });
    assert.ok(adam.last.average > 0.99 * loss, `${problem.title}: Adam ${adam.last.average}`);
    assert.ok(Math.hypot(...adam.last.x.map((v, i) => v - best[i])) > 1, `at ${adam.last.x}`);
    for (const Class of [AMSGrad, AdaBound]) {
      const closing = Class === AdaBound ? { gamma: 16 / 17 } : {};
      const { last } = regret(problem, Class, 30_000, { hyper: { ...hyper, ...closing } });
      assert.ok(last.average < 0.01, `${problem.title}: ${Class.title} ${last.average}`);
      assert.ok(Math.hypot(...last.x.map((v, i) => v - best[i])) < 0.01, `${Class.title} at ${last.x}`);
    }
  }
});

test('every point stays in F: on the disk its length is at most 1, on the simplex its sum is 1', () => {
  const hyper = { lr: 5, betas: [0.5, 0.5] };
  const at = Array.from({ length: 300 }, (_, i) => i + 1);
  for (const { x } of regret(online.disk(), AdaBound, 300, { at, hyper }).points)
    assert.ok(Math.hypot(...x) < 1 + 1e-14);
  for (const { x } of regret(online.experts(), AdaBound, 300, { at, hyper }).points) {
    assert.ok(x.every((v) => v >= 0));
    close([x[0] + x[1]], [1], 1e-14);
  }
});

test('on L x^2/2 with L = 1000 AdaBound with its defaults passes 1e12 at step 751, and Adam converges to 0; with finalLr / L AdaBound also converges', () => {
  // Source: Luolc/AdaBound, issue 12. The form is 'code', without a box.
  const problem = online.quadratic();
  const bound = regret(problem, AdaBound, 751, { at: [750], hyper: { form: 'code' } });
  const size = bound.points.map((p) => Math.abs(p.x[0]));
  assert.ok(size[0] <= 1e12 && size[1] > 1e12, `${size}`);
  const adam = regret(problem, Adam, 20_000, { hyper: { form: 'code' } });
  assert.ok(Math.abs(adam.last.x[0]) < 1e-12, `${adam.last.x}`);
  const scaled = regret(problem, AdaBound, 20_000, { hyper: { form: 'code', finalLr: 0.1 / 1000 } });
  assert.ok(Math.abs(scaled.last.x[0]) < 1e-6, `${scaled.last.x}`);
});

test('random losses depend on the seed alone: the same seed gives the same regret; pseudo-regret is null without random losses', () => {
  const run = (seed: number) => regret(online.theorem3({ seed }), AdaBound, 500).last;
  assert.equal(run(1), run(1));
  assert.is.not(run(1).regret, run(2).regret);
  assert.is.not(run(1).pseudo, null);
  assert.is(regret(online.cycle(), AdaBound, 5).last.pseudo, null);
});

test('a class runs as its rule in paper form, and the problem’s set replaces the rule’s box', () => {
  const hyper = { lr: 0.1, betas: [0.5, 0.9] as const };
  const byClass = regret(online.cycle(), AMSGrad, 500, { hyper });
  const byRule = regret(online.cycle(), AMSGrad.rule({ ...hyper, form: 'paper', box: [5, 6] }), 500);
  assert.equal(byClass, byRule);
  assert.is.not(regret(online.cycle(), AMSGrad.rule(hyper), 500).last.regret, byClass.last.regret);
});

test('the best point of each problem with linear losses has the least mean loss, and the gradient bound is the length of the longest gradient', () => {
  const { cycle, theorem1, theorem2, theorem3, rare, rareDrawn, violation, experts, disk } = online;
  for (const make of [cycle, theorem1, theorem2, theorem3, rare, rareDrawn, violation, experts, disk]) {
    const { title, set, x1, best, gradientBound, losses, expected } = make();
    const s = new Random(8).stream('points');
    const next = losses();
    const [x, g] = [new Float64Array(x1.length), new Float64Array(x1.length)];
    // x is one point of F, the same at each step of a whole number of periods: 3, 8, 20 and 101 divide 60,600.
    x.forEach((_, i) => (x[i] = 0.3 * s.normal()));
    set.project(x, new Float64Array(x1.length).fill(1));
    let sum = 0;
    let longest = 0;
    for (let t = 1; t <= 60_600; t++) {
      sum += next(t, x, g);
      longest = Math.max(longest, Math.hypot(...g));
    }
    assert.ok((expected?.(x) ?? sum) > 0, `${title}: ${best} against ${x}: ${sum}`);
    close([longest], [gradientBound], 1e-15, title);
  }
});

test('refused: steps outside 1..T, unknown hyper-parameters, a class without a paper form, rates that are 0 or infinite, invalid sets', () => {
  const problem = online.cycle();
  assert.throws(() => regret(problem, Adam, 0), /steps must be integers in 1..0: 0/);
  assert.throws(() => regret(problem, Adam, 2.5), /steps must be integers/);
  assert.throws(() => regret(problem, Adam, 2 ** 53), /T must be a number of steps, below 2\^53: 9007199254740992/);
  const half = Object.assign(() => {}, { defaults: {} });
  assert.throws(() => regret(problem, half as never, 10), /takes a rule or an optimizer's class: got function; /);
  const made = { paramGroups: [] };
  assert.throws(() => regret(problem, made as never, 10), /takes a rule or an optimizer's class: got an optimizer; /);
  assert.throws(() => regret(problem, Adam.declaration as never, 10), /^regret: unknown option: title; it has rate, /);
  assert.throws(
    () => regret(problem, { beta1: 0.9 } as never, 10),
    /^regret: the rule's rate must be a number: undefined$/,
  );
  assert.throws(
    () => regret(problem, Adam, 10, { gamma: '1' as never }),
    /^regret: gamma must be a number: string "1"$/,
  );
  assert.throws(() => regret(problem, Adam, 10, { at: [11] }), /in 1..10: 11/);
  assert.throws(
    () => regret(problem, AdaBound, 10, { hyper: { gama: 1 } }),
    /unknown hyper-parameter: gama; AdaBound has/,
  );
  for (const Class of [RMSProp, CSGD]) assert.throws(() => regret(problem, Class, 10), /has no paper form/);
  // Expert 2 costs nothing here, so its v is 0 and its rate infinite.
  const costless = online.experts({ h: 0 });
  assert.throws(() => regret(costless, Adam, 10), /needs rates 0 < n < infinity: n\[1\] is Infinity/);
  assert.throws(() => regret(costless, AdaBound, 10, { hyper: { bounds: free } }), /n\[1\] is Infinity/);
  assert.throws(() => regret(costless, AdaBound, 10, { hyper: { bounds: fixed(0) } }), /n\[0\] is 0/);
  assert.throws(() => ball(0), /radius must be positive/);
  assert.throws(() => box(1, -1), /lower must not exceed upper: \[1, -1\]/);
  assert.throws(() => online.theorem3({ C: 2, delta: 3 }), /a probability must lie in \[0, 1\]/);
  assert.throws(() => online.periodic('p', [[1], [1, 2]], box(0, 1), [0]), /must have the same length: 1,2, 1/);
});

test('a first point may lie outside the feasible set by 1e-6 (1 + |x|), which is more than rounding to float32 moves it, and by no more', () => {
  const from = (x1: number) => () =>
    regret(online.periodic('p', [[1]], box(-1, 1), [x1]), SGDM, 1, { hyper: { lr: 0.1 } });
  from(1 + 1.995e-6)();
  for (const x1 of [1 + 2.005e-6, -1 - 2.005e-6]) assert.throws(from(x1), /^regret: x1 lies outside the feasible set/);
});
