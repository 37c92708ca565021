// Reddi's cycle: the losses C x, -x, -x, repeated, on [-1, 1]. The best point is -1, and Adam ends at +1. Prints the
// regret per step, R_T / T, after 30,000 steps.
// Source: Reddi, Kale and Kumar 2018, openreview ryQu7f-RZ, section 3.
import { AdaBound, Adam, AMSGrad, boundedStep, noProgress, type Rule, SGDM, scalarsAt } from 'boundgrad';

const C = 4;
const T = 30_000;
const paper = { lr: 0.1, form: 'paper', box: [-1, 1] } as const;
const betas = [0, 1 / (1 + C * C)] as const;

const rules: Record<string, Rule> = {
  Adam: Adam.rule({ ...paper, betas }),
  AMSGrad: AMSGrad.rule({ ...paper, betas }),
  AdaBound: AdaBound.rule({ ...paper, betas, finalLr: 0.1, gamma: 1 - betas[1] }),
  SGD: SGDM.rule({ ...paper, momentum: 0 }),
};

for (const [name, rule] of Object.entries(rules)) {
  const [x, g, m, v, u] = Array.from({ length: 5 }, () => new Float64Array(1));
  const progress = noProgress();
  let regret = 0;
  for (let t = 1; t <= T; t++) {
    g[0] = t % 3 === 1 ? C : -1;
    regret += g[0] * (x[0] - -1);
    boundedStep(x, g, m, rule.beta2 === null ? null : v, rule.longMemory ? u : null, scalarsAt(rule, progress, 1));
  }
  console.log(`${name.padEnd(8)}  R/T = ${(regret / T).toFixed(4)}  at x = ${x[0].toFixed(3)}`);
}
