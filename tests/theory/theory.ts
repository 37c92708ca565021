// The rows of theory.json, and the rules and problems of each row.
import { AdaBound, Adam, AMSBound, AMSGrad, type Rule, SGDM } from '../../optim/index.js';
import { online } from '../../theory/index.js';
import { fixture } from '../fixtures.js';

/** One run: average regret, pseudo-regret and x by the number of steps, and counts over the whole run. */
export interface Row {
  optimizer: string;
  alpha: number;
  avg_regret: Record<string, number>;
  avg_pseudo_regret?: Record<string, number>;
  x: Record<string, number>;
  clip_lower: number;
  clip_upper: number;
  inverse_eta_decreases: number;
}

/** Rows with the same problem. */
export interface Section {
  params: {
    T: number;
    x1: number;
    beta1: number;
    beta2: number;
    alpha_star: number;
    f: string;
    C: number;
    delta: number;
    rng: string;
    limit_at_plus1: number;
  };
  rows: Row[];
}

export const theory = fixture<Record<string, any>>('theory.json');

/** The sections whose name begins with `prefix`, and the seed at the end of each name. Default seed: 1. Throws if there
 *  is no section. */
export function sections(prefix: string): { name: string; seed: number; section: Section }[] {
  const names = Object.keys(theory).filter((name) => name.startsWith(prefix));
  if (!names.length) throw new Error(`theory.json: no section ${prefix}`);
  return names.map((name) => ({ name, seed: Number(/seed(\d+)$/.exec(name)?.[1] ?? 1), section: theory[name] }));
}

/** Whether a section runs in `npm test`: random losses run there with the first seed only, and in the long tests with every seed. */
export const isChosen = ({ seed }: { seed: number }) => seed === 1 || process.env.BOUNDGRAD_SEEDS === 'all';

/** Parses the three numbers of `4x if t mod 3 = 1 else -x`, or of `1010 x w.p. 0.01 else -10 x`. */
export function parse(f: string): { big: number; when: number; small: number } {
  const found = /^(\d+) ?x (?:if t mod (\d+) = 1|w\.p\. ([\d.]+)) else (-\d*) ?x$/.exec(f);
  if (!found) throw new Error(`theory.json: unknown loss: ${f}`);
  const [, big, period, p, small] = found;
  return { big: Number(big), when: Number(period ?? p), small: small === '-' ? -1 : Number(small) };
}

/** Reddi's cycle with the loss `<C>x if t mod 3 = 1 else -x`. */
export function cycleOf(f: string, x1: number): online.Problem {
  return online.cycle({ C: parse(f).big, x1 });
}

/** The rule of a row, in the paper's form. gamma is 1 - b2, and SGD's learning rate is the row's alpha. */
export function ruleOf({ optimizer, alpha }: Row, { beta1, beta2, alpha_star }: Section['params']): Rule {
  const adaptive = { lr: alpha, betas: [beta1, beta2] as const, form: 'paper' as const };
  const bounded = { ...adaptive, finalLr: alpha_star, gamma: 1 - beta2 };
  const rules: Record<string, () => Rule> = {
    adam: () => Adam.rule(adaptive),
    amsgrad: () => AMSGrad.rule(adaptive),
    adabound_paper: () => AdaBound.rule(bounded),
    amsbound_paper: () => AMSBound.rule(bounded),
    sgd: () => SGDM.rule({ lr: alpha, momentum: 0, form: 'paper' }),
    sgdm_ema: () => SGDM.rule({ lr: alpha, momentum: beta1, averaged: true, form: 'paper' }),
  };
  return rules[optimizer]();
}
