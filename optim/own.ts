// Steps that replace the bounded one: how an optimizer declares its own step, and the class that runs it. The bundle of a program
// contains this class only if the program imports an optimizer with its own step, or `optimizer`, which makes classes of both kinds.
import { contiguous, filled, type Kernel, persist, runInPlace, scope, type Tensor, ValueError } from '../core/index.js';
import { averaged } from './averaged.js';
import type { Common, Declaration, Group, ParameterGroup } from './declaration.js';
import { type Inspection, inspectStep, valuesOf } from './inspect/inspect.js';
import { Optimizer, type OptimizerClass, optimizer, type Upcoming } from './optimizer.js';
import type { OptimizerState, State } from './state.js';
import type { Scalars } from './step.js';

/** The attributes of the kernels of an optimizer's own step: the scalars, the hyper-parameters, and the place in the update. */
export type OwnScalars<H> = Scalars &
  Group<H> & {
    /** The number of the parameter's step, from 1. */
    t: number;
    /** Whether the parameter is the first of those that take this step in the update. */
    isFirst: boolean;
    /** Whether the parameter is the last of those that take this step in the update. */
    isLast: boolean;
  };

/** A step that replaces the bounded one. The outs of its kernels are the parameter, then the state's tensors, then the state's
 *  numbers. The ins are the gradient, or what `direction` returns, then optionally the counts of `boundedStepKernel`; `swap` has no ins. */
export interface Own<H> {
  /** Why it is not the bounded step, as a clause after a colon. */
  why: string;
  /** The names of the state's tensors, each with the shape of its parameter and 0 at first. */
  state: string[];
  /** Returns a tensor of further numbers for the state; `numbersOf` and `sharedNumbers` make this function. others: the states of other
   *  parameters. Default: the state has no numbers. */
  numbers?(h: H, p: Tensor, others: Iterable<State>): Tensor;
  /** Runs for every parameter before `kernel` runs for the first, for example to collect numbers over all of them. Default: none. */
  before?: Kernel<OwnScalars<H>>;
  /** Returns a tensor that `kernel` gets in place of the gradient; it is computed by operations. Default: the gradient. */
  direction?(g: Tensor, state: Readonly<Record<string, Tensor>>, c: OwnScalars<H>): Tensor;
  /** The step. */
  kernel: Kernel<OwnScalars<H>>;
  /** Writes the weights for evaluation or for training into the parameter. Default: both are the same. */
  swap?: Kernel<H & { isEval: boolean }>;
  /** Returns the second moment in the rate, computed from the state, for `inspect`. Default: the state's v. */
  second?(h: H, state: Record<string, Float64Array>): Float64Array;
  /** Returns the rates that `inspect` shows, computed from the state. Default: computed from `second`; without a v, the scalar a for
   *  every element of m. */
  rates?(c: Scalars, state: Record<string, Float64Array>): Float64Array;
  /** Returns scalars that `inspect` uses in place of the step's. Default: none. */
  seen?(c: Scalars, numbers: Float64Array, h: H): Partial<Scalars>;
}

/** Returns an `Own.numbers` that gives each parameter its own float64 numbers. first: returns their initial values. */
export function numbersOf<H>(first: (h: H) => number[]): NonNullable<Own<H>['numbers']> {
  return (h, p) => {
    const values = first(h);
    const numbers = persist(filled([values.length], 0, 'float64', p));
    numbers.assign(values);
    return numbers;
  };
}

/** Returns an `Own.numbers` that gives all parameters of an optimizer one tensor of float64 numbers. first: returns their initial
 *  values. */
export function sharedNumbers<H>(first: (h: H) => number[]): NonNullable<Own<H>['numbers']> {
  const made = new WeakSet<Tensor>();
  return (h, p, others) => {
    const found = [...others].map(({ tensors }) => tensors.numbers).find((numbers) => numbers && made.has(numbers));
    const numbers = found ?? numbersOf(first)(h, p, others);
    made.add(numbers);
    return numbers;
  };
}

/** A parameter in an update. */
export interface Taken<H extends Common> {
  /** The group of the parameter. */
  group: Group<H>;
  /** The parameter. */
  p: Tensor;
  /** Its state, with the scalars of the step. */
  state: State & { last: Scalars };
}

/** The declaration that a group was made from, if it is not the optimizer's. */
const declarations = new WeakMap<object, Declaration<any>>();

/** An optimizer whose groups may have steps of their own. */
class OwnOptimizer<H extends Common> extends Optimizer<H> {
  /** Whether the parameters hold the weights for evaluation. */
  #isEval = false;

  protected override declarationOf(group: Group<H>): Declaration<any> {
    return declarations.get(group) ?? super.declarationOf(group);
  }

  protected override split(
    declaration: Declaration<any>,
    wholes: readonly ParameterGroup<any>[],
  ): (readonly [Declaration<any>, ParameterGroup<any>])[] {
    const given = wholes.flatMap(({ params }) => [...params].map((entry) => (Array.isArray(entry) ? entry[0] : '')));
    const names = [...this.paramGroups.flatMap((group) => group.names), ...given];
    return wholes.flatMap((whole) => declaration.split?.(whole, names) ?? super.split(declaration, [whole]));
  }

  protected override newGroup(by: Declaration<any>, part: ParameterGroup<any>, others: readonly Group<H>[]): Group<H> {
    const group = super.newGroup(by, part, others);
    if (by !== this.declarationOf(group)) declarations.set(group, by);
    if (by.own?.swap) for (const p of group.params) averaged.set(p, new WeakRef(this));
    return group;
  }

  override toString(): string {
    const by = (i: number) => declarations.get(this.paramGroups[i])?.title;
    return super.toString().replace(/^ {2}\((\d+)\): /gm, (start, i) => start + (by(i) ? `${by(i)}: ` : ''));
  }

  override upcoming(param: Tensor): Upcoming {
    const group = this.paramGroups.find((g) => g.params.includes(param));
    const { title, own } = group ? this.declarationOf(group) : ({} as Partial<Declaration<any>>);
    if (!own) return super.upcoming(param);
    throw new ValueError(`${title}: its step is not the bounded one: ${own.why}; inspect() shows its rates`);
  }

  override async inspect(param: Tensor): Promise<Inspection> {
    const group = this.paramGroups.find((g) => g.params.includes(param));
    const own: Own<any> | undefined = group && this.declarationOf(group).own;
    const taken = this.states.get(param);
    if (!own || !taken?.last) return super.inspect(param);
    const state = await valuesOf(taken.tensors);
    const { m = state.b ?? new Float64Array(), v } = state;
    const c = { ...taken.last, ...own.seen?.(taken.last, state.numbers, group) };
    const seen = inspectStep(taken.t, c, { m, v: own.second ? own.second(group, state) : v });
    const rate = own.rates?.(c, state);
    return rate ? { ...seen, rate, clipped: rate.slice() } : seen;
  }

  override step(): void {
    if (this.#isEval) throw new ValueError('step: the parameters hold averaged weights; call optimizer.train() first');
    super.step();
  }

  protected override take(update: readonly Taken<H>[], counts: Tensor | null): void {
    const ownOf = ({ group }: Taken<H>): Own<any> | undefined => this.declarationOf(group).own;
    super.take(
      update.filter((each) => !ownOf(each)),
      counts,
    );
    for (const own of new Set(update.map(ownOf))) {
      const all = update.filter((each) => own && ownOf(each) === own);
      for (const pass of ['before', 'kernel'] as const) {
        const kernel = own?.[pass] as Kernel<object> | undefined;
        if (kernel) all.forEach((each, i) => run(own!, pass, each, [i === 0, i === all.length - 1], counts));
      }
    }
  }

  override get hasAverage(): boolean {
    return this.paramGroups.some((group) => this.declarationOf(group).own?.swap);
  }

  override get isEval(): boolean {
    return this.#isEval;
  }

  override eval(): void {
    this.#swap(true);
  }

  override train(): void {
    this.#swap(false);
  }

  #swap(isEval: boolean): void {
    if (this.#isEval === isEval) return;
    for (const group of this.paramGroups) {
      const swap = this.declarationOf(group).own?.swap;
      if (!swap) continue;
      this.#isEval = isEval;
      for (const p of group.params) {
        const state = this.states.get(p);
        if (state) runInPlace(swap, [p, ...Object.values(state.tensors)], [], { ...group, isEval });
      }
    }
  }

  override stateDict(): OptimizerState {
    const { tensors, meta } = super.stateDict();
    return { tensors, meta: this.#isEval ? { ...meta, mode: 'eval' } : meta };
  }

  override loadStateDict(saved: OptimizerState): void {
    super.loadStateDict(saved);
    this.#isEval = saved.meta.mode === 'eval';
  }
}

/** Runs one pass of an update on one parameter. */
function run(
  own: Own<any>,
  pass: 'before' | 'kernel',
  { group, p, state }: Taken<any>,
  [isFirst, isLast]: boolean[],
  counts: Tensor | null,
): void {
  const attributes = { ...group, ...state.last, t: state.t, isFirst, isLast };
  const outs = [p, ...Object.values(state.tensors)];
  scope(() => {
    const g = contiguous(p.grad!.detach());
    const d = pass === 'kernel' && own.direction ? own.direction(g, state.tensors, attributes) : g;
    const ins = counts && group.nonFinite !== 'allow' ? [d, counts] : [d];
    runInPlace(own[pass]!, outs, ins, attributes);
  });
}

/** Makes the class of an optimizer whose declaration has a step of its own or divides groups. The declaration is not checked. */
export function ownOptimizer<H extends Common>(declaration: Declaration<H>): OptimizerClass<H> {
  return optimizer(declaration, OwnOptimizer<H>);
}
