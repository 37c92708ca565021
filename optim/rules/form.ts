// The two forms of AdaBound: the authors' program and the paper's algorithms. Adam, SGDM and their variants have both too.
//
//   code    bias correction, eps, no schedule: the authors' program, which ran the experiments
//   paper   no bias correction, no eps, rates divided by sqrt(t): the paper's algorithms, which the theorems are about
//
// The paper also projects onto a feasible set, unlike the authors' program. `box` adds a projection to either form.
// Source: Luo et al. 2019, algorithms 1 to 3; Luolc/AdaBound.
import { ValueError } from '../../core/index.js';
import { inverseSqrt, type Schedule } from '../schedule.js';

/** Which program an optimizer follows: the authors' code or the paper's algorithm. */
export type Form = 'code' | 'paper';

/** Returns the schedule of a form: 1/sqrt(t) for 'paper', none for 'code'. Throws ValueError for any other form. */
export function scheduleOf(form: Form = 'code'): Schedule | undefined {
  if (form !== 'code' && form !== 'paper') throw new ValueError(`unknown form: ${form}; one of code, paper`);
  return form === 'paper' ? inverseSqrt() : undefined;
}
