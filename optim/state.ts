// The state of an optimizer: what it keeps of each parameter, how it is saved, and how it is restored.
import {
  checkFiniteNumber,
  checkInteger,
  checkOverwrite,
  describeValue,
  filled,
  kindOf,
  must,
  overwrite,
  persist,
  Tensor,
  ValueError,
} from '../core/index.js';
import { checkHyperKinds, checkHyperNames, isRecord } from './arguments.js';
import type { Common, Declaration, Group } from './declaration.js';
import { noProgress, type Progress, type Rule, scalarsAt } from './rule.js';
import type { Scalars } from './step.js';

/** The state of one parameter. */
export interface State extends Progress {
  /** m, then v, u and h if the rule has them. An optimizer with a step of its own has others: see `Own.state`. */
  tensors: Record<string, Tensor>;
  /** The scalars of the last step; null before the first one, and after the state was loaded. */
  last: Scalars | null;
}

/** The saved state of an optimizer, as `stateDict` returns it. */
export interface OptimizerState {
  /** The state's tensors by `<parameter>.<name>`, for example `fc.weight.m`. */
  tensors: Record<string, Tensor>;
  /** The rest, as plain JSON. */
  meta: {
    /** The optimizer's title. */
    optimizer: string;
    /** How many steps it has taken. */
    steps: number;
    /** The hyper-parameters and parameter names of each group. */
    groups: Record<string, unknown>[];
    /** The progress of each parameter that has been stepped, by its name. */
    progress: Record<string, Progress>;
    /** 'eval' if the parameters held the weights for evaluation, see `Optimizer.eval`. */
    mode?: 'eval';
  };
}

/** The names of a rule's state, in the order in which the kernel gets it: m, then v, u and h if the rule has them. */
export function stateOf({ beta2, longMemory, ownCeiling }: Rule): string[] {
  return ['m', beta2 !== null && 'v', longMemory && 'u', ownCeiling && 'h'].filter((name) => !!name) as string[];
}

/** The elements of a state before the first step: m_0, v_0, or 0. */
export function initialOf({ initial }: Rule, key: string): number {
  return initial?.[key as 'm'] ?? 0;
}

/** Makes the state before the first step. Its tensors are persistent. others: the states of other parameters; the numbers that
 *  all parameters share are taken from them, if they have any. */
export function newState<H extends Common>(
  { own }: Declaration<H>,
  group: Group<H>,
  rule: Rule,
  p: Tensor,
  others: ReadonlyMap<Tensor, State>,
): State {
  const names = own?.state ?? stateOf(rule);
  const tensors = Object.fromEntries(names.map((n) => [n, persist(filled(p.shape, 0, p.dtype, p))]));
  for (const [key, first] of Object.entries(rule.initial ?? {})) tensors[key].assign(first);
  const numbers = own?.numbers?.(group, p, others.values());
  if (numbers) tensors.numbers = numbers;
  return { ...noProgress(), tensors, last: null };
}

/** Collects the tensors and the progress of all parameters that have been stepped, and the groups as plain JSON. */
export function save<H>(
  groups: readonly Group<H>[],
  states: ReadonlyMap<Tensor, State>,
): Omit<OptimizerState['meta'], 'optimizer' | 'steps'> & Pick<OptimizerState, 'tensors'> {
  const tensors: Record<string, Tensor> = {};
  const progress: Record<string, Progress> = {};
  for (const { params, names } of groups) {
    params.forEach((p, i) => {
      const state = states.get(p);
      if (!state) return;
      const { t, product1, product2 } = state;
      progress[names[i]] = { t, product1, product2 };
      for (const [key, value] of Object.entries(state.tensors)) tensors[`${names[i]}.${key}`] = value;
    });
  }
  const plain = groups.map(({ params, ...rest }) => {
    const entries = Object.entries(rest).filter(([, value]) => isPlain(value));
    return JSON.parse(JSON.stringify(Object.fromEntries(entries)));
  });
  return { tensors, groups: plain, progress };
}

/** The rule of a group. Throws ValueError if a hyper-parameter is outside its domain. begins: whether to refuse also a decoupled weight
 *  decay that would subtract more than the weight itself at the first step. Later steps may do so: a range test raises the lr. */
export function ruleOf<H extends Common>(
  { title, defaults, rule }: Declaration<H>,
  group: Group<H>,
  begins?: boolean,
): Rule {
  checkHyperKinds(title, group, defaults);
  try {
    const found = rule({ ...group, lr: group.baseLr });
    if (begins) {
      const decay = 1 - scalarsAt(found, noProgress()).keep;
      must(!(decay > 1), 'weightDecay per step', 'at most 1', decay);
    }
    return found;
  } catch (error) {
    throw new ValueError(`${title}: ${(error as Error).message}`, { cause: error });
  }
}

/** Makes the groups and states that a saved state describes, and changes nothing else.
 *  Throws ValueError if it is not a state, if it is of another optimizer, if its names or shapes differ, if a tensor is missing or
 *  left over, or if a hyper-parameter is outside its domain; ScopeError or BackendError if a tensor was freed or cannot be read. */
export function restore<H extends Common>(
  title: string,
  declarationOf: (group: Group<H>) => Declaration<H>,
  current: readonly Group<H>[],
  saved: OptimizerState,
): { groups: Group<H>[]; states: Map<Tensor, State> } {
  const check = (fits: boolean, why: string) => {
    if (!fits) throw new ValueError(`${title}: the state does not fit: ${why}`);
  };
  checkSaved(title, saved);
  const { tensors, meta } = saved;
  const names = (groups: { names?: unknown }[]) => JSON.stringify(groups.map((g) => g.names));
  const by = meta.optimizer as unknown;
  check(by === title, `it was saved by ${typeof by === 'string' ? by : describeValue(by)}`);
  const [its, ours] = [meta.groups, [...current]].map(names);
  check(its === ours, `its parameters are ${its}, this optimizer has ${ours}`);
  const groups = current.map((group, i) => {
    const { names: _, baseLr = group.baseLr, ...hyper } = meta.groups[i];
    checkHyperNames(`${title}: the state`, hyper, declarationOf(group).defaults);
    return { ...group, ...(withOwnLists(hyper) as Partial<H>), baseLr: baseLr as number };
  });
  const states = new Map<Tensor, State>();
  const unused = new Set(Object.keys(tensors));
  for (const [at, group] of groups.entries()) {
    const declaration = declarationOf(current[at]);
    checkLr(title, group);
    const rule = ruleOf(declaration, group, true);
    for (const [i, p] of group.params.entries()) {
      const name = group.names[i];
      const progress = meta.progress[name];
      if (!progress) continue;
      const { t, product1, product2 } = progress;
      checkInteger(`${title}: the progress of ${name}`, t, 0);
      for (const product of [product1, product2]) checkFiniteNumber(`${title}: the progress of ${name}`, product, 0, 1);
      const state = newState(declaration, group, rule, p, states);
      for (const [key, to] of Object.entries(state.tensors)) {
        const path = `${name}.${key}`;
        const value: unknown = tensors[path];
        const found = value instanceof Tensor ? kindOf(value) : value === undefined ? 'missing' : describeValue(value);
        check(found === kindOf(to), `${path} is ${found}, not ${kindOf(to)}`);
        checkOverwrite(`${title}: ${path}`, to, value as Tensor);
        overwrite(to, value as Tensor);
        unused.delete(path);
      }
      states.set(p, Object.assign(state, { t, product1, product2 }));
    }
  }
  check(unused.size === 0, `it has tensors that this optimizer does not use: ${[...unused].join(', ')}`);
  return { groups, states };
}

/** Throws ValueError unless lr and baseLr are finite and at least 0, and baseLr positive if lr is. */
export function checkLr(title: string, { lr, baseLr }: { lr: number; baseLr: number }): void {
  for (const [name, value] of Object.entries({ lr, baseLr })) checkFiniteNumber(`${title}: ${name}`, value, 0);
  if (!baseLr && lr) throw new ValueError(`${title}: lr ${lr} is relative to a baseLr of 0`);
}

/** Hyper-parameters with copies of their lists, so that a value assigned in a list of one group changes no other group. */
export function withOwnLists<T extends object>(hyper: T): T {
  const copies = Object.entries(hyper).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]);
  return Object.fromEntries(copies) as T;
}

/** Throws ValueError unless a value has the parts of a saved state. */
function checkSaved(title: string, saved: OptimizerState): void {
  const { tensors, meta } = (saved ?? {}) as Partial<OptimizerState>;
  const { groups, progress, steps } = (meta ?? {}) as Partial<OptimizerState['meta']>;
  const check = (part: string, value: unknown, fits: boolean) =>
    must(fits, `${title}: ${part}`, 'as stateDict() returned it', value);
  check('tensors', tensors ?? saved, isRecord(tensors));
  check('groups', groups, Array.isArray(groups) && groups.every((group) => Array.isArray(group?.names)));
  check('progress', progress, isRecord(progress));
  check('steps', steps, Number.isInteger(steps) && steps! >= 0);
}

/** Whether a value is a text, a boolean, a finite number, or an object or list of these. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isPlain);
  return typeof value === 'number' ? Number.isFinite(value) : /string|boolean/.test(typeof value);
}
