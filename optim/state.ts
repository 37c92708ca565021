// The state of an optimizer: what it keeps of each parameter, how it is saved, and how it is restored.
import { describeValue, filled, persist, sameShape, show, type Tensor, ValueError } from '../core/index.js';
import type { Common, Declaration, Group } from './declaration.js';
import { noProgress, type Progress, type Rule } from './rule.js';
import type { Scalars } from './step.js';

/** The state of one parameter. */
export interface State extends Progress {
  /** m, then v and u if the rule has them. */
  tensors: Record<string, Tensor>;
  /** The scalars of the last step; null before the first one. */
  last: Scalars | null;
}

/** The saved state of an optimizer, as `stateDict` returns it. */
export interface OptimizerState {
  /** The state's tensors by `<parameter>.<m|v|u>`. */
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
  };
}

/** Makes the state before the first step. Its tensors are persistent. */
export function newState<H extends Common>({ own }: Declaration<H>, rule: Rule, p: Tensor): State {
  const moments = ['m', ...(rule.beta2 === null ? [] : ['v']), ...(rule.longMemory ? ['u'] : [])];
  const names = own?.state ?? moments;
  const tensors = Object.fromEntries(names.map((n) => [n, persist(filled(p.shape, 0, p.dtype, p))]));
  if (rule.initial) tensors.v.assign(rule.initial);
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

/** Makes the groups and states that a saved state describes, and changes nothing else.
 *  Throws ValueError if the state is of another optimizer, if its names or shapes differ, or if a tensor is missing or
 *  left over. */
export function restore<H extends Common>(
  declaration: Declaration<H>,
  current: readonly Group<H>[],
  { tensors, meta }: OptimizerState,
): { groups: Group<H>[]; states: Map<Tensor, State> } {
  const { title, rule } = declaration;
  const check = (fits: boolean, why: string) => {
    if (!fits) throw new ValueError(`${title}: the state does not fit: ${why}`);
  };
  const names = (groups: { names?: unknown }[]) => JSON.stringify(groups.map((g) => g.names));
  check(meta.optimizer === title, `it was saved by ${meta.optimizer}`);
  check(
    names(meta.groups) === names([...current]),
    `its parameters are ${names(meta.groups)}, this optimizer has ${names([...current])}`,
  );
  const groups = current.map((group, i) => ({ ...group, ...(meta.groups[i] as Partial<H>) }));
  const states = new Map<Tensor, State>();
  const unused = new Set(Object.keys(tensors));
  for (const group of groups) {
    checkLr(title, group.lr);
    for (const [i, p] of group.params.entries()) {
      const progress = meta.progress[group.names[i]];
      if (!progress) continue;
      const state = newState(declaration, rule({ ...group, lr: group.baseLr }), p);
      for (const [key, t] of Object.entries(state.tensors)) {
        const path = `${group.names[i]}.${key}`;
        const value = tensors[path];
        check(!!value, `${path} is missing`);
        check(
          value.dtype === p.dtype && sameShape(value.shape, p.shape),
          `${path} is ${value.dtype} ${show(value.shape)}, its parameter is ${p.dtype} ${show(p.shape)}`,
        );
        t.assign(value.dataSync());
        unused.delete(path);
      }
      states.set(p, Object.assign(state, progress));
    }
  }
  check(unused.size === 0, `it has tensors that this optimizer does not use: ${[...unused].join(', ')}`);
  return { groups, states };
}

/** Whether a value survives JSON unchanged. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isPlain);
  return typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
}

/** Throws ValueError unless lr is a finite number of at least 0. */
export function checkLr(title: string, lr: number): void {
  if (typeof lr === 'number' && lr >= 0 && lr < Infinity) return;
  throw new ValueError(
    `${title}: lr must be a finite number of at least 0: ${typeof lr === 'number' ? lr : describeValue(lr)}`,
  );
}
