// Theorem 4 of Luo et al. 2019, that the regret is O(sqrt T), and its refutation and correction by Savarese 2019, arXiv
// 1908.04457. docs/reading.md links each claim to its test here and to the lines that compute it.

import { AdaBound, converging, free, type Rule, SGDM } from '../../optim/index.js';
import { online, type RegretResult, regret, theorems } from '../../theory/index.js';
import { assert, close, subject } from '../spec.js';
import { cycleOf, ruleOf, sections, theory } from './theory.js';

const test = subject('Theorem 4: the regret bound');

// The rows have 12 digits; theorems.test.ts has the reason for 1e-10.
const DIGITS = 1e-10;

const upTo = (T: number) => Array.from({ length: T }, (_, i) => i + 1);
const paths = (run: RegretResult) => run.points.map((p) => p.x[0]);

test('the formulas by hand: D = 2, G = 3, b1 = 1/2, d = 2, T = 4, R = 1/2', () => {
  const setting = { D: 2, G: 3, b1: 0.5, d: 2 };
  // (2 2 - 1) 9/2 / (1/2) = 27 is common. 4 [2 3 + 5] = 44;  4 [2 2 7 (2 - 1) + 11 + 5] = 176.
  close([theorems.published(setting, 4, 0.5, 3, 5), theorems.corrected(setting, 4, 0.5, 7, 11, 5)], [71, 203], 1e-15);
  // 5 2 / (1/2) (1 + 2) (2 4 + 9) = 1020; at T = 1 it is 510 = 85 D G, and 85^2 / d = 3612.5.
  close([theorems.corollary(setting, 4, 0.5), theorems.vacuousUntil(setting, 0.5)], [1020, 3612.5], 1e-15);
});

test('the conditions on the bounds, by hand: t/lo(t) - (t-1)/hi(t-1), and lo(t-1)/hi(t) >= sqrt(1 - 1/t)', () => {
  // The lists have no step 0, so gap may not read it.
  const [lo, hi] = [
    [1 / 4, 1 / 2, 1 / 2],
    [1, 2 / 3, 3 / 5],
  ];
  const bounds = (t: number): [number, number] => [lo[t - 1], hi[t - 1]];
  close(
    [1, 2, 3].map((t) => theorems.gap(bounds, t)),
    [4, 4 - 1, 6 - 3],
    1e-15,
  );
  const neverFalls = (lo1: number) => theorems.neverFalls((t) => (t === 1 ? [lo1, 9] : [9, 1]), 2);
  assert.equal([Math.SQRT1_2, Math.SQRT1_2 - 1e-9].map(neverFalls), [true, false]);
});

test('M is the largest gap so far: with lo = 2 and hi = 4 it is 1/2 after one step and 2/2 - 1/4 after two', () => {
  const problem = online.cycle();
  const { points } = regret(problem, AdaBound, 2, { at: [1, 2], hyper: { betas: [0, 0.5], bounds: () => [2, 4] } });
  const setting = { D: problem.set.diameter, G: problem.gradientBound, b1: 0, d: 1 };
  // The rate lr / sqrt(16/2) is below lo(1), so n_1 = 2.
  const expected = [1 / 2, 3 / 4].map((M, i) => theorems.corrected(setting, i + 1, 4, M, 1 / 2, 0));
  close(
    points.map((p) => p.corrected!),
    expected,
    1e-15,
  );
});

test('the published bound holds if 1/n never falls; the corrected one holds whenever the rates are bounded', () => {
  let held = 0;
  for (const { name, section } of [...sections('reddi_mod3'), ...sections('luo_thm1'), ...sections('thm2')]) {
    const { params, rows } = section;
    const problem = name.startsWith('reddi')
      ? online.cycle({ C: params.C, x1: params.x1 })
      : name.startsWith('luo')
        ? online.theorem1({ C: params.C, x1: params.x1 })
        : online.theorem2({ C: params.C, x1: params.x1 });
    const at = [1, 10, 100, 1000, 10_000].filter((t) => t <= params.T);
    for (const row of rows) {
      const run = regret(problem, ruleOf(row, params), params.T, { at });
      const hasCeiling = row.optimizer !== 'adam' && row.optimizer !== 'amsgrad';
      for (const { t, regret: R, published, corrected } of run.points) {
        const what = `${name}, ${row.optimizer} at ${row.alpha}: ${R} by ${published}, ${corrected} at ${t}`;
        assert.equal([published !== null, corrected !== null], [hasCeiling, hasCeiling], what);
        if (!hasCeiling) continue;
        assert.ok(R <= corrected!, what);
        if (run.falls > 0) continue;
        assert.ok(R <= published!, what);
        held++;
      }
    }
  }
  assert.ok(held > 0, 'some row has no fall of 1/n');
});

test('Savarese’s counterexample: every published condition holds, the steps are Adam’s to the bit, and the regret exceeds the bound', () => {
  const { params, rows } = theory.savarese_theorem4_violation;
  for (const row of rows) {
    const { C, x1, alpha, beta1, beta2 } = params;
    const { bounds, ...problem } = online.violation({ C, K: row.K, alpha, beta2 });
    assert.equal(problem.x1, [x1]);
    assert.equal([problem.set.diameter, problem.gradientBound], [params.D_inf, params.G2]);
    const hyper = { lr: alpha, betas: [beta1, beta2] };
    const run = regret(problem, AdaBound, row.K, { at: upTo(row.K), hyper: { ...hyper, bounds } });
    const { regret: R, published, corrected, x } = run.last;
    close([R, published!, ...x], [row.regret, row.theorem4_rhs, row.x_last], DIGITS);
    // Two columns of the file use lo(t) in place of the rates n^_T and n_1, because lo(t) is known before the run.
    const setting = { D: params.D_inf, G: params.G2, b1: beta1, d: 1 };
    const [lo, hi] = bounds(row.K);
    const M = Math.max(...upTo(row.K).map((t) => theorems.gap(bounds, t)));
    const beforehand = theorems.corrected(setting, row.K, hi, M, 1 / lo, 0);
    close(
      [theorems.published(setting, row.K, hi, 1 / lo, 0), beforehand],
      [row.theorem4_rhs_upper, row.corrected_rhs],
      DIGITS,
    );
    assert.ok(R > published! && R > row.theorem4_rhs_upper, `K = ${row.K}: ${R} by ${published}`);
    assert.ok(R < corrected! && corrected! < beforehand, `K = ${row.K}: ${R} by ${corrected}`);
    const adam = regret(problem, AdaBound, row.K, { at: upTo(row.K), hyper: { ...hyper, bounds: free } });
    assert.is(JSON.stringify(paths(run)) === JSON.stringify(paths(adam)), row.identical_to_adam);
    assert.equal([run.raised, run.lowered], [0, 0]);
    assert.ok(run.falls > row.K / 2, '1/n falls at two of three steps');
  }
});

test('Savarese’s bounds meet the published conditions: lo never falls, hi never rises, and both converge to the same limit', () => {
  const K = 100;
  const { bounds } = online.violation({ K });
  for (const t of upTo(2 * K)) {
    const [[lo, hi], [lo2, hi2]] = [bounds(t), bounds(t + 1)];
    assert.ok(lo > 0 && lo2 >= lo && hi2 <= hi && lo <= hi);
  }
  assert.is(bounds(K + 1)[0], bounds(K + 1)[1]);
});

test('Savarese’s first claim: with a small enough gamma AdaBound is Adam to the bit up to any K, and converges only later', () => {
  const { params, rows } = theory.savarese_claim1;
  for (const row of rows) {
    const problem = cycleOf(params.f, 0);
    const C = problem.gradientBound;
    const { alpha, beta2, alpha_star } = params;
    const gamma = Math.min(alpha / (C - alpha), Math.sqrt(1 - beta2) / alpha) / row.K;
    close([gamma / row.gamma], [1], DIGITS);
    const at = Object.keys(row.later_x).map(Number);
    const hyper = { lr: alpha, betas: [0, beta2], finalLr: alpha_star, gamma };
    const run = regret(problem, AdaBound, Math.max(...at), { at, hyper });
    close(
      run.points.map((p) => p.average),
      Object.values(row.later_avg_regret),
      DIGITS,
      `K = ${row.K}: R/T`,
    );
    close(paths(run), Object.values(row.later_x), DIGITS, `K = ${row.K}: x`);
    const early = regret(problem, AdaBound, row.K, { at: upTo(row.K), hyper });
    const adam = regret(problem, AdaBound, row.K, { at: upTo(row.K), hyper: { ...hyper, bounds: free } });
    assert.is(JSON.stringify(paths(early)) === JSON.stringify(paths(adam)), row.identical_to_adam_up_to_K);
    close(early.last.x, [row.x_K], DIGITS);
    // No rate is clipped up to K. Later, the first rate that lo raises is that of the large gradient.
    assert.equal([early.raised, early.lowered], [0, 0]);
    assert.ok(run.raised > 0, 'rates are raised after step K');
  }
});

test('proposition 1: t/lo(t) - (t-1)/hi(t-1) rises to 1 + 2/gamma, so the 3 + 2/gamma of the text is too large by 2', () => {
  for (const [gamma, largest, tight, stated] of theory.savarese_prop1.rows) {
    const bounds = converging(1, gamma);
    close([1 + 2 / gamma, 3 + 2 / gamma], [tight, stated], DIGITS);
    // 2^-52 t is the rounding error of a difference of two numbers of size t: 2.2e-8 at t = 1e8.
    let before = 0;
    for (let t = 1; t <= 1e8; t *= 10) {
      const gap = theorems.gap(bounds, t);
      assert.ok(gap > before - 2 ** -52 * t && gap <= tight + 2 ** -52 * t, `gamma ${gamma}, t = ${t}: ${gap}`);
      before = gap;
    }
    // The distance to the supremum is 1/gamma - s/(gamma s + 1) = 1/(gamma (gamma s + 1)) with s = t-1.
    const left = (t: number) => 1 / (gamma * (gamma * (t - 1) + 1));
    close([theorems.gap(bounds, 1e6)], [tight - left(1e6)], 1e-9);
    // The row has the maximum over an unknown number of steps, at least 10,000.
    assert.ok(largest > tight - left(1e4) && largest < tight + 1e-7, `the row’s maximum ${largest}`);
  }
});

test('1/n can fall with the default bounds, at every t > 1; for gamma >= 4 it cannot, though Savarese writes “not satisfied for any gamma > 0”', () => {
  const { columns, rows } = theory.eta_monotone_requirement;
  // "violating t among 2..4999,1e4,1e5,1e6"
  const [range, ...more] = /among (.*)/.exec(columns[1])![1].split(',');
  const [from, to] = range.split('..').map(Number);
  const steps = [...upTo(to).slice(from - 1), ...more.map(Number)];
  for (const [gamma, count, [first], [last]] of rows) {
    const violating = steps.filter((t) => !theorems.neverFalls(converging(0.1, gamma), t));
    assert.equal([violating.length, violating[0], violating.at(-1)], [count, first, last], `gamma ${gamma}`);
    assert.is(violating.length === 0, gamma >= 4, `gamma ${gamma}`);
  }
  const falls = (gamma: number) =>
    regret(online.theorem1(), AdaBound, 10_000, { hyper: { lr: 0.1, betas: [0, 0.5], gamma } }).falls;
  assert.ok(falls(0.5) > 1000 && falls(4) === 0, `${falls(0.5)}, ${falls(4)}`);
});

test('corollary 2: with a* = 1 and b1t = b1/t AdaBound’s regret is at most 5 sqrt(T)/(1-b1) (1+1/gamma)(D^2+G^2)', () => {
  const { params, columns, rows } = theory.savarese_corollary2;
  assert.equal(columns, ['gamma', 'beta1', 'R_T', 'rhs', 'holds', 'eta inverse decreases']);
  for (const [gamma, b1, R, rhs, holds, falls] of rows) {
    const betas = [(t: number) => b1 / t, params.beta2];
    const hyper = { lr: params.alpha, betas, finalLr: params.alpha_star, gamma };
    const run = regret(cycleOf(params.f, 0), AdaBound, params.T, { hyper });
    close([run.last.regret, run.last.corollary!], [R, rhs], DIGITS, `gamma ${gamma}, b1 ${b1}`);
    assert.is(run.last.regret <= run.last.corollary!, holds);
    assert.is(run.falls, falls);
    // The corollary is an upper bound on the corrected bound.
    assert.ok(run.last.regret < run.last.corrected! && run.last.corrected! < run.last.corollary!);
  }
});

test('a rule given with gamma has the same corollary as the class; without gamma it has none', () => {
  const hyper = { finalLr: 1, gamma: 0.5, betas: [(t: number) => 0.9 / t, 0.999] as const };
  const rule = AdaBound.rule({ ...hyper, form: 'paper' });
  const corollary = regret(online.cycle(), AdaBound, 50, { hyper }).last.corollary!;
  assert.ok(corollary > 0);
  assert.is(regret(online.cycle(), rule, 50, { gamma: 0.5 }).last.corollary, corollary);
  assert.is(regret(online.cycle(), rule, 50).last.corollary, null);
});

test('the corollary is reported for a* = 1 and b1t = b1/t alone, not for other bounds or a constant b1', () => {
  const isReported = (hyper: Record<string, unknown>) =>
    regret(online.cycle(), AdaBound, 50, { hyper }).last.corollary !== null;
  const beta1 = (t: number) => 0.9 / t;
  assert.ok(isReported({ finalLr: 1, betas: [beta1, 0.999] }));
  assert.ok(!isReported({ finalLr: 0.1, betas: [beta1, 0.999] }));
  assert.ok(!isReported({ finalLr: 1, betas: [0.9, 0.999] }));
  assert.ok(!isReported({ finalLr: 1, betas: [beta1, 0.999], bounds: free }));
  const own = converging(1, 1e-3);
  const wider = (t: number) => [own(t)[0], 2 * own(t)[1]];
  const lower = (t: number) => [0.9 * own(t)[0], own(t)[1]];
  const later = (t: number) => (t === 1 ? own(t) : [own(t)[0], own(t)[1] * 0.9]);
  const first = (t: number) => (t === 1 ? wider(t) : own(t));
  for (const bounds of [wider, lower, later, first])
    assert.ok(!isReported({ finalLr: 1, betas: [beta1, 0.999], bounds }));
});

test('the corollary is below D G T, and so not vacuous, after 1.6e8 steps with D = 2, G = 1 and the default gamma, or 1.6e10 with b1 = 0.9', () => {
  for (const [b1, shown] of [
    [0, '1.6e+8'],
    [0.9, '1.6e+10'],
  ] as const) {
    const setting = { D: 2, G: 1, b1, d: 1 };
    const T = theorems.vacuousUntil(setting, AdaBound.defaults.gamma);
    assert.is(T.toExponential(1), shown);
    // 1e-12: three roundings.
    close([theorems.corollary(setting, T, AdaBound.defaults.gamma) / (2 * T)], [1], 1e-12);
    assert.ok(theorems.corollary(setting, 1.01 * T, AdaBound.defaults.gamma) < 2 * 1.01 * T);
  }
});

test('with a constant b1, as in every experiment of the paper, the published bound grows as T^1.5: at T = 1e6 it is 1.2e11, and D G T is 2e6', () => {
  // One slope of size 1, so D = 2 and G = 1. n^ is a* = 0.1 for t >> 1/gamma.
  const problem = online.periodic('slope', [[1]], online.box(-1, 1), [0]);
  const at = [250_000, 1_000_000];
  const bound = (beta1: number | ((t: number) => number)) =>
    regret(problem, AdaBound, 1e6, { at, hyper: { betas: [beta1, 0.999] } }).points.map((p) => p.published!);
  const [quarter, whole] = bound(0.9);
  assert.is(whole.toExponential(1), '1.2e+11');
  // 4^1.5 = 8 and 4^0.5 = 2. The first 1,000 steps leave a difference of 1 % and 5 %.
  assert.ok(Math.abs(whole / quarter - 8) < 0.08, `constant b1: a factor ${whole / quarter}`);
  const [q, w] = bound((t) => 0.9 / t);
  assert.ok(Math.abs(w / q - 2) < 0.1 && w < 1e7, `b1/t: a factor ${w / q} to ${w}`);
});

test('a bound is absent if one of its conditions fails: b1 >= sqrt(b2), lo falls, hi rises, eps, bias correction, an infinite set', () => {
  const isReported = (hyper: Record<string, unknown>, problem: online.Problem = online.cycle()) => {
    const { published, corrected } = regret(problem, AdaBound, 20, { hyper }).last;
    return [published, corrected].map((bound) => bound !== null).join();
  };
  const [both, neither] = ['true,true', 'false,false'];
  assert.is(isReported({}), both);
  assert.is(isReported({ betas: [0.9, 0.82] }), both);
  assert.is(isReported({ betas: [0.9, 0.8] }), 'false,true', 'only the published bound requires b1 < sqrt(b2)');
  assert.is(isReported({ betas: [0.5, 0.25] }), 'false,true', 'b1 = sqrt(b2) does not satisfy it');
  assert.is(isReported({ bounds: (t: number) => [0.1 / t, 1] }), neither, 'lo falls');
  assert.is(isReported({ bounds: (t: number) => [0.1, t] }), neither, 'hi rises');
  assert.is(isReported({ betas: [(t: number) => 0.9 - 0.8 / t, 0.999] }), neither, 'b1t above b1');
  assert.is(isReported({ form: 'code' }), neither, 'eps, bias correction, no 1/sqrt(t)');
  assert.is(isReported({ weightDecay: 0.1 }), neither);
  assert.is(isReported({}, online.quadratic()), neither, 'an infinite set');
});

test('a bound is reported for the paper’s form alone: any other choice in the rule removes it', () => {
  const paper = AdaBound.rule({ form: 'paper' });
  const hasBound = (rule: Rule) => regret(online.cycle(), rule, 20).last.corrected !== null;
  const isReported = (change: Partial<Rule>) => hasBound({ ...paper, ...change });
  assert.ok(isReported({}) && isReported({ beta1: 0 }) && isReported({ beta1: 0, ingest: 1 }));
  assert.ok(hasBound(SGDM.rule({ form: 'paper', averaged: true })), 'SGD in the paper’s form has a bound too');
  const changes: Partial<Rule>[] = [
    { ingest: 1 },
    { corrected: 'both' },
    { corrected: 'first' },
    { eps: 1e-8 },
    { adjust: ({ b1, k }) => ({ p: b1, q: k }) },
    { beta2: 'sum' },
    { decoupled: { decay: 0.1, by: 'scaled' } },
    { weightDecay: 0.1 },
    { schedule: undefined },
  ];
  for (const change of changes) assert.ok(!isReported(change), JSON.stringify(change));
});

test('bounds take D and G from 0 on, b1 in [0, 1), and a positive and finite gamma', () => {
  const { corollary } = theorems;
  const bound = (change: object, gamma = 1) => corollary({ D: 1, G: 1, b1: 0.5, d: 1, ...change }, 4, gamma);
  close(
    [bound({ D: 0 }), bound({ G: 0 }), bound({ b1: 0 }), bound({ D: 0.5 }), bound({ G: 0.5 })],
    [40, 40, 40, 50, 50],
    1e-12,
  );
  for (const change of [{ D: -1e-9 }, { G: -1e-9 }, { b1: -1e-9 }, { b1: 1 }, { b1: 1.005 }])
    assert.throws(() => bound(change), new RegExp(`^corollary: the setting: ${Object.keys(change)} must be`));
  for (const gamma of [0, -1, Infinity])
    assert.throws(() => bound({}, gamma), /^corollary: gamma must be positive and finite/);
});
