// What an optimizer remembers of its parameters, and how that is saved and continued.
import { filled, kindOf, persist, sameShape, show, type Tensor, ValueError } from '../core/index.js';
import type { Common, Declaration, Group } from './declaration.js';
import { noProgress, type Progress, type Rule } from './rule.js';
import type { Scalars } from './step.js';

/** What is remembered of one parameter. */
export interface State extends Progress {
  /** m, v, u as the rule has them. */
  tensors: Record<string, Tensor>;
  last: Scalars | null;
}

/** What `stateDict` gives: tensors by `<parameter>.<m|v|u>`, and the rest as plain JSON. */
export interface OptimizerState {
  tensors: Record<string, Tensor>;
  meta: { optimizer: string; steps: number; groups: Record<string, unknown>[]; progress: Record<string, Progress> };
}

/** The state before the first step, in tensors that outlive every scope. */
export function newState<H extends Common>({ own }: Declaration<H>, rule: Rule, p: Tensor): State {
  const moments = ['m', ...(rule.beta2 === null ? [] : ['v']), ...(rule.longMemory ? ['u'] : [])];
  const names = own?.state ?? moments;
  const tensors = Object.fromEntries(names.map((n) => [n, persist(filled(p.shape, 0, p.dtype, p))]));
  if (rule.initial) tensors.v.assign(rule.initial);
  return { ...noProgress(), tensors, last: null };
}

/** Tensors and plain JSON of all parameters that have been stepped. */
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

/** The groups and states that a saved state describes, with nothing changed yet.
 *  Throws ValueError for the state of another optimizer, other groups, names or shapes, or with tensors missing or left
 *  over. */
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
  check(meta.optimizer === title, `it is of ${meta.optimizer}`);
  check(names(meta.groups) === names([...current]), `it has ${names(meta.groups)}, this one ${names([...current])}`);
  const groups = current.map((group, i) => ({ ...group, ...(meta.groups[i] as Partial<H>) }));
  const states = new Map<Tensor, State>();
  const unused = new Set(Object.keys(tensors));
  for (const group of groups) {
    checkRate(title, group.lr);
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
          `${path} is ${value.dtype} ${show(value.shape)}, its parameter ${p.dtype} ${show(p.shape)}`,
        );
        t.assign(value.dataSync());
        unused.delete(path);
      }
      states.set(p, Object.assign(state, progress));
    }
  }
  check(unused.size === 0, `left over: ${[...unused].join(', ')}`);
  return { groups, states };
}

/** Whether JSON gives a value back as it was. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isPlain);
  return typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
}

/** Throws ValueError unless lr is a finite number of at least 0. */
export function checkRate(title: string, lr: number): void {
  if (typeof lr === 'number' && lr >= 0 && lr < Infinity) return;
  throw new ValueError(
    `${title}: lr must be a finite number of at least 0: ${typeof lr === 'number' ? lr : kindOf(lr)}`,
  );
}
