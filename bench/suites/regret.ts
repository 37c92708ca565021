// `regret` of problems with one variable in float64, with the bounds on the regret: 20,000 steps a run. It uses no backend.
import { AdaBound, Adam, online, regret } from 'boundgrad';
import { type Suite, timed } from '../case.js';

const STEPS = 20_000;
const hyper = { lr: 0.1, betas: [0, 1 / 17] };
const problems = [
  ['adam/cycle', Adam, online.cycle()],
  ['adabound/cycle', AdaBound, online.cycle()],
  ['adabound/drawn', AdaBound, online.theorem3()],
] as const;

export const regrets: Suite = function* () {
  yield problems.map(([name, Class, problem]) =>
    timed(`regret/${name}`, 'M steps/s', STEPS / 1e6, () => void regret(problem, Class, STEPS, { hyper })),
  );
};
