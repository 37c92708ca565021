// The class that applies a rule to parameters: it groups them, checks their gradients, keeps their state, steps them.
// declaration.ts has the declaration of an optimizer, rule.ts the rule, step.ts the step, state.ts the state.
import {
  atMost,
  checkFiniteNumber,
  checkTensor,
  contiguous,
  describeValue,
  freeGrad,
  GradError,
  isContiguous,
  isFloat,
  kindOf,
  markListed,
  must,
  runInPlace,
  sameShape,
  show,
  Tensor,
  ValueError,
  warnSummed,
  warnUnlisted,
} from '../core/index.js';
import { checkHyperKinds, checkHyperNames, isIterable, isRecord } from './arguments.js';
import type { Common, Declaration, Group, ParameterGroup, Parameters } from './declaration.js';
import { checkFinite } from './finite.js';
import { type Inspection, inspectStep, valuesOf } from './inspect/inspect.js';
import type { Taken } from './own.js';
import { noProgress, type Progress, type Rule, scalarsAt } from './rule.js';
import { checkLr, newState, type OptimizerState, restore, ruleOf, type State, save, withOwnLists } from './state.js';
import { boundedStepKernel, type Scalars } from './step.js';

/** The next step of one parameter, before it is taken. */
export interface Upcoming {
  /** The optimizer's title. */
  title: string;
  /** The parameter's name. */
  name: string;
  /** The number of the step, from 1. */
  step: number;
  /** The scalars of the step. */
  scalars: Scalars;
  /** m, v, u and h before the step. Empty before the first step. */
  tensors: Readonly<Record<string, Tensor>>;
  /** The rule of the parameter's group. */
  rule: Rule;
}

/** The base class of every optimizer: groups of parameters, a state for each, and the step. `optimizer(declaration)`
 *  makes its subclasses, such as AdaBound. */
export class Optimizer<H extends Common = Common> {
  #groups: readonly Group<H>[] = [];
  #steps = 0;
  /** The result of the last `warnSummed`. */
  #last = 0;
  readonly #declaration: Declaration<H>;
  readonly #options: Partial<H>;
  /** The state of each parameter that has been stepped.
   *  @internal */
  protected readonly states = new Map<Tensor, State>();

  /** The groups of parameters. Their hyper-parameters may be assigned between steps. The list is frozen, and so are the parameters
   *  of each group: `addParamGroup` adds. */
  get paramGroups(): readonly Group<H>[] {
    return this.#groups;
  }
  /** How many steps have been taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Makes an optimizer of one group, or of a list of groups. Programs call the constructor of a subclass,
   *  `new AdaBound(params, options)`. Throws ValueError as `addParamGroup` does, and if the options are not an object. */
  constructor(declaration: Declaration<H>, params: Parameters | Iterable<ParameterGroup<H>>, options: Partial<H>) {
    this.#declaration = declaration;
    this.#options = { ...options };
    const { title, defaults } = declaration;
    checkHyperNames(title, options, defaults);
    const list = entriesOf(title, params);
    const groups = list.some(isGroup) ? list : [{ params: list }];
    this.#add(groups);
    const isFree = ({ weightDecay }: any) => weightDecay === 0;
    const isMixed = groups.some(isFree) && !groups.every(isFree);
    if (isMixed && this.#groups.every(isFree) && !('weightDecay' in options))
      console.warn(`${title}: weightDecay 0 has no effect: pass a weightDecay`);
  }

  /** Adds a group of parameters, which the next step will update too. Default of each hyper-parameter: the one that the
   *  optimizer was made with. A parameter with `requiresGrad = false` is accepted; steps skip it until it is true.
   *  Throws ValueError for an unknown or invalid hyper-parameter, for an empty list, and for a parameter that is listed
   *  twice, is not a contiguous float leaf, or lives on another backend than the others. */
  addParamGroup(added: ParameterGroup<H>): void {
    this.#add([added]);
  }

  #add(added: unknown[]): void {
    const wholes = added.map((group) => {
      if (!isGroup(group))
        throw new ValueError(`${this.#title}: a group must be an object with params: got ${describeValue(group)}`);
      const { params, ...own } = group;
      return { ...stripped(this.#options), ...stripped(own), params: entriesOf(this.#title, params) as Tensor[] };
    });
    const groups = [...this.#groups];
    for (const [by, part] of this.split(this.#declaration, wholes)) groups.push(this.newGroup(by, part, groups));
    // One warning for all groups whose betas look swapped. Betas that are functions are not examined, nor any if the default betas look swapped.
    const isSwapped = ({ betas }: any) => betas?.length === 2 && betas[0] >= 0.99 && betas[1] < betas[0];
    const all: any[] = [this.#declaration.defaults, ...groups];
    const at = all.findIndex(isSwapped);
    if (at > this.#groups.length) console.warn(`${this.#title}: betas [${all[at].betas}]: swapped?`);
    this.#groups = this.#frozen(groups);
  }

  /** Freezes a list. Its `push` throws an error that names `addParamGroup`. */
  #frozen<T>(list: T[]): readonly T[] {
    const value = () => {
      throw new ValueError(`${this.#title}: frozen: call addParamGroup`);
    };
    return Object.freeze(Object.defineProperty(list, 'push', { value }));
  }

  /** Divides added groups into parts, each with its declaration. Each group is one part unless the declaration divides it. */
  protected split(
    declaration: Declaration<any>,
    wholes: readonly ParameterGroup<any>[],
  ): (readonly [Declaration<any>, ParameterGroup<any>])[] {
    return wholes.map((whole) => [declaration, whole]);
  }

  /** Makes a group. others: the groups that exist already. Throws ValueError as `addParamGroup` does. */
  protected newGroup(
    declaration: Declaration<any>,
    { params, ...own }: ParameterGroup<any>,
    others: readonly Group<H>[],
  ): Group<H> {
    const { title, defaults } = declaration;
    checkHyperNames(title, own, defaults);
    // Lists are copied. Otherwise a value assigned in one would change the defaults of every optimizer.
    const hyper = withOwnLists({ ...defaults, ...own }) as H;
    const [tensors, names]: [Tensor[], string[]] = [[], []];
    const group: Group<H> = {
      get params() {
        return tensors;
      },
      get names() {
        return names;
      },
      ...hyper,
      baseLr: hyper.lr,
    };
    checkLr(title, group);
    ruleOf(declaration, group, true);
    for (const entry of params) {
      const place = `${others.length}.${names.length}`;
      const [name, p] = Array.isArray(entry) ? (entry as [string, Tensor]) : [place, entry as Tensor];
      must(typeof name === 'string', `${title}: parameter ${place}: its name`, 'a text', name);
      this.#checkParameter(name, p, [...others, group]);
      tensors.push(markListed(p));
      names.push(name);
    }
    if (!names.length) throw new ValueError(`${title}: no parameters: the list is empty or used up`);
    for (const list of [tensors, names]) this.#frozen<unknown>(list);
    return group;
  }

  /** The declaration that a group was made from. */
  protected declarationOf(_group: Group<H>): Declaration<any> {
    return this.#declaration;
  }

  get #title(): string {
    return this.#declaration.title;
  }

  #checkParameter(name: string, p: Tensor, groups: Group<H>[]): void {
    const refuse = (why: string) => new ValueError(`${this.#title}: parameter ${name}: ${why}`);
    if (!(p instanceof Tensor)) throw refuse(`not a tensor: got ${describeValue(p)}`);
    if (!p.isLeaf) throw refuse('not a leaf: an operation made it');
    if (!isFloat(p.dtype)) throw refuse(`only float tensors can be trained: ${p.dtype}; cast it first`);
    if (!isContiguous(p)) throw refuse('a strided view; use a clone()');
    const params = groups.flatMap((g) => g.params);
    if (params.some((q) => q.storage === p.storage)) throw refuse('listed twice or as a view');
    if (groups.some((g) => g.names.includes(name))) throw refuse('its name is taken');
    const [own, its = own] = [p, ...params].map(({ storage }) => storage.backend);
    if (own !== its) throw refuse(`on ${own.name}, others on ${its.name}; await setBackend first`);
  }

  /** Sets the gradient of each parameter to null and frees the values that backward() made. To keep a gradient, clone()
   *  it first. Without this call between two steps their gradients add up, and the second step warns. */
  zeroGrad(): void {
    for (const { params } of this.#groups) for (const p of params) freeGrad(p);
  }

  /** Takes one step: updates each parameter that requires a gradient and has one, in place. As in PyTorch, a second call before the next
   *  backward() uses the same gradients again. Warns once about parameters that got
   *  a gradient although no optimizer has them: their layer may be in a `#private` field, or newer than the optimizer. Warns once if
   *  backward() has added to the gradients of an earlier step.
   *  Throws, and changes nothing: GradError if no parameter can be updated, or if a gradient differs from its parameter in dtype or
   *  shape; NonFiniteError if a gradient holds a NaN or an infinity; ValueError if a hyper-parameter or a function of t is outside
   *  its domain, or between `eval()` and `train()` if these change the parameters; ScopeError if a parameter or a gradient was
   *  freed. On a backend without synchronous reads, a NaN or infinity makes the next read of a tensor reject instead. */
  step(): void {
    const { title, defaults } = this.#declaration;
    atMost(0, `${title}: step`, arguments);
    // A subclass that a user writes may have fields of its own. On an instance of a class that `optimizer` made, a field is a mistake, unless it
    // has the name of a method: spies of tests replace methods.
    const made = Object.hasOwn(this.constructor, 'declaration');
    const odd = Object.keys(this).find(
      (name) => name in defaults || (made && name !== 'states' && !(name in Optimizer.prototype)),
    );
    if (odd) {
      checkHyperNames(title, { [odd]: odd }, defaults);
      throw new ValueError(`${title}: ${odd} is in a group: assign optimizer.paramGroups[0].${odd}`);
    }
    for (const group of this.#groups) this.#checkStep(group);
    const steps = this.#groups.flatMap((group) => this.#prepare(group));
    if (!steps.length) {
      const why = this.#groups.some(({ params }) => params.some((p) => p.requiresGrad))
        ? 'no parameter has a gradient: call backward() first; toDType() needs a new optimizer'
        : 'no parameter requires a gradient: set requiresGrad = true';
      throw new GradError(`${title}: nothing to step: ${why}`);
    }
    const guarded = this.#groups.filter((group) => group.nonFinite !== 'allow').map(trained);
    const [params, names] = [guarded.flatMap((g) => g.params), guarded.flatMap((g) => g.names)];
    const counts = checkFinite(title, params, names);
    warnUnlisted(title, params);
    this.#steps++;
    const update = steps.map((begin) => begin());
    this.#last = warnSummed(title, update, this.#last);
    this.take(update, counts);
  }

  /** Takes the prepared steps: a kernel call for each list of `together`. counts: the kernel skips the steps if one of them is not
   *  0. Null if gradients were checked before.
   *  @internal */
  protected take(update: readonly Taken<H>[], counts: Tensor | null): void {
    for (const list of together(update)) {
      const guard = counts && list[0].group.nonFinite !== 'allow' ? [counts] : [];
      const outs = list.flatMap(({ p, state }) => [p, ...Object.values(state.tensors)]);
      const gradients = list.map(({ p }) => contiguous(p.grad!.detach()));
      const steps = list.map(({ state }) => state.last);
      runInPlace(boundedStepKernel, outs, [...guard, ...gradients], steps);
    }
  }

  /** Writes the weights for evaluation into the parameters, if the optimizer has them: the average of Schedule-Free.
   *  Call it before the model is evaluated or saved, and `train()` before the next step. A second call has no effect. */
  eval(): void {}
  /** Whether it has weights for evaluation. */
  get hasAverage(): boolean {
    return false;
  }
  /** Whether the parameters hold the weights for evaluation. */
  get isEval(): boolean {
    return false;
  }

  /** Writes the weights for training into the parameters again, the same bits as before `eval()`. */
  train(): void {}

  #checkStep(group: Group<H>): void {
    const { title } = this.#declaration;
    const { defaults } = this.declarationOf(group);
    // A misspelt name, such as group.learningRate, would change nothing.
    const { params: _params, names: _names, baseLr: _baseLr, ...hyper } = group;
    checkHyperNames(title, hyper, defaults);
    checkLr(title, group);
    const { params, names } = trained(group);
    params.forEach((p, i) => {
      const g = p.grad;
      if (!(g instanceof Tensor))
        throw new GradError(`${title}: the gradient of ${names[i]} is not a tensor: got ${describeValue(g)}`);
      for (const t of [p, g]) t.check(`${title}: ${names[i]}`);
      for (const t of Object.values(this.states.get(p)?.tensors ?? {})) t.check(`${title}: state`);
      if (g.dtype === p.dtype && sameShape(g.shape, p.shape)) return;
      throw new GradError(`${title}: the gradient of ${names[i]} does not fit: ${kindOf(g)} for ${kindOf(p)}`);
    });
  }

  /** The scalars of a parameter's next step, and the progress to keep after that step: t and the products of the betas. */
  #next(group: Group<H>, rule: Rule, p: Tensor): { progress: Progress; scalars: Scalars } {
    const { t, product1, product2 } = this.states.get(p) ?? noProgress();
    const progress = { t, product1, product2 };
    const scalars = scalarsAt(rule, progress, ratioAt(group, this.steps + 1));
    return { progress, scalars };
  }

  /** Checks and prepares the steps of a group's parameters. They are taken after all groups are prepared, so that an
   *  error in one group changes nothing in another. */
  #prepare(group: Group<H>): (() => Taken<H>)[] {
    const declaration = this.declarationOf(group);
    const rule = ruleOf(declaration, group);
    return group.params.filter(isTrained).map((p) => {
      const { progress, scalars } = this.#next(group, rule, p);
      return () => {
        const state = this.states.get(p) ?? newState(declaration, group, rule, p, this.states);
        this.states.set(p, state);
        return { group, p, state: Object.assign(state, progress, { last: scalars }) };
      };
    });
  }

  /** Whether a parameter has been stepped at least once since it was added or the state was loaded. `inspect` needs
   *  this. */
  hasStepped(param: Tensor): boolean {
    return this.states.get(param)?.last != null;
  }

  /** Returns the scalars of a parameter's next step, and its present state. Changes nothing.
   *  Throws DTypeError unless `param` is a tensor; ValueError if it is not a parameter of this optimizer, and for an optimizer
   *  whose step is not the bounded one. */
  upcoming(param: Tensor): Upcoming {
    checkTensor(`${this.#title}: upcoming`, param);
    const group = this.#groups.find((g) => g.params.includes(param));
    if (!group) throw new ValueError(`${this.#title}: not one of its parameters: ${show(param.shape)}`);
    const declaration = this.declarationOf(group);
    const rule = ruleOf(declaration, group);
    const { progress, scalars } = this.#next(group, rule, param);
    return {
      title: declaration.title,
      name: group.names[group.params.indexOf(param)],
      step: progress.t,
      scalars,
      tensors: this.states.get(param)?.tensors ?? {},
      rule,
    };
  }

  /** Returns what the last step did to a parameter, element by element. Throws ValueError unless `hasStepped(param)`: also after
   *  `loadStateDict` until the next step, and for anything other than a parameter of this optimizer. */
  async inspect(param: Tensor): Promise<Inspection> {
    const state = this.states.get(param);
    if (!state?.last)
      throw new ValueError(`${this.#title}: nothing to inspect: ${describeValue(param)} not stepped yet`);
    return inspectStep(state.t, state.last, await valuesOf(state.tensors));
  }

  /** Returns the whole state. Its tensors are not copied, so the next step changes them.
   *  Functions and infinite numbers among the hyper-parameters are omitted, because JSON cannot hold them. The optimizer that
   *  loads the state keeps its own values of these. */
  stateDict(): OptimizerState {
    const { tensors, ...rest } = save(this.#groups, this.states);
    return { tensors, meta: { optimizer: this.#title, steps: this.steps, ...rest } };
  }

  /** Replaces the state and the hyper-parameters by saved ones. Copies the tensors and lists; NaN and infinite values are loaded
   *  as they are, as in PyTorch. If the state was saved between `eval()` and
   *  `train()`, call `train()` before the next step.
   *  Throws ValueError, with nothing changed, if it is not a state, if it is of another optimizer, if its parameter names or shapes
   *  differ, if a tensor is missing or left over, if a hyper-parameter is outside its domain, or if steps have changed its tensors since
   *  `stateDict()` returned them. */
  loadStateDict(saved: OptimizerState): void {
    const declarationOf = (group: Group<H>) => this.declarationOf(group);
    const { groups, states } = restore(this.#title, declarationOf, this.#groups, saved);
    const given = Object.values(saved.tensors);
    const own = Object.values(this.stateDict().tensors);
    if (saved.meta.steps !== this.steps && own.includes(given[0]))
      throw new ValueError(`${this.#title}: the tensors are its own, changed by training; keep clones`);
    // The caller may have given the optimizer's own tensors, and keeps them.
    for (const t of own) if (!given.includes(t)) t.dispose();
    this.states.clear();
    for (const [p, state] of states) this.states.set(p, state);
    this.#groups.forEach((group, i) => {
      // Reflect.set skips the parameters, which cannot be assigned.
      for (const [name, value] of Object.entries(groups[i])) Reflect.set(group, name, value);
    });
    this.#steps = saved.meta.steps;
  }

  /** The state as plain data. `JSON.stringify` calls this method. `loadStateDict` takes it once `tensor()` has read each of its tensors. */
  toJSON(): OptimizerState {
    return this.stateDict();
  }

  /** Returns the title, the number of steps, and the hyper-parameters of each group. `console.log` shows the same. */
  toString(): string {
    const groups = this.#groups.map((group, i) => `\n  (${i}): ${groupText(group)}`);
    return `${this.#title}(\n  steps ${this.steps}${groups.join('')}\n)`;
  }
  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Frees the state. The parameters stay as they are. A later step throws ScopeError if it needs the state. */
  dispose(): void {
    for (const { tensors } of this.states.values()) for (const t of Object.values(tensors)) t.dispose();
  }
}

/** `parameters 2, elements 12, lr 0.001, betas [0.9, 0.999]` */
function groupText<H extends Common>({ params, names: _, ...hyper }: Group<H>): string {
  const elements = params.reduce((sum, p) => sum + p.size, 0);
  const text = (v: unknown) => (Array.isArray(v) ? `[${v.join(', ')}]` : typeof v === 'function' ? 'a function' : v);
  const shown = Object.entries(hyper).filter(([key, v]) => v !== undefined && (key !== 'baseLr' || v !== hyper.lr));
  const texts = shown.map(([key, v]) => `, ${key} ${text(v)}`);
  return `parameters ${params.length}, elements ${elements}${texts.join('')}`;
}

/** Throws ValueError unless a value is an optimizer. */
export function checkOptimizer(what: string, value: unknown): void {
  if (value instanceof Optimizer) return;
  throw new ValueError(`${what}: takes an optimizer: got ${describeValue(value)}; pass one: new Adam(parameters)`);
}

/** The entries of a list of parameters or groups. */
function entriesOf(title: string, params: unknown): unknown[] {
  if (isIterable(params)) return [...params];
  const remedy = isGroup(params) ? 'put the group into a list' : 'pass model.namedParameters()';
  throw new ValueError(`${title}: parameters must be a list: got ${describeValue(params)}; ${remedy}`);
}

/** Whether a value is a group, `{ params, .. }`. */
function isGroup(value: unknown): value is { params: unknown } {
  return isRecord(value) && 'params' in value;
}

/** Whether a step updates a parameter: it requires a gradient and has one. */
function isTrained(p: Tensor): boolean {
  return p.requiresGrad && p.grad != null;
}

/** The parameters of a group that the next step updates, with their names. */
function trained({ params, names }: { params: readonly Tensor[]; names: readonly string[] }): {
  params: Tensor[];
  names: string[];
} {
  return { params: params.filter(isTrained), names: names.filter((_, i) => isTrained(params[i])) };
}

/** Divides the parameters of an update into lists, one for each kernel call. The parameters of a list have the same group, dtype and
 *  number of state tensors, and all or none of them are empty. */
function together<H extends Common>(update: readonly Taken<H>[]): Taken<H>[][] {
  const lists: Taken<H>[][] = [];
  for (const taken of update) if (!lists.find(([first]) => isAlike(first, taken))?.push(taken)) lists.push([taken]);
  return lists;
}

function isAlike<H extends Common>(a: Taken<H>, b: Taken<H>): boolean {
  const count = ({ state }: Taken<H>) => Object.keys(state.tensors).length;
  return a.group === b.group && a.p.dtype === b.p.dtype && !a.p.size === !b.p.size && count(a) === count(b);
}

/** (lr / baseLr) schedule(step); 0 if baseLr is 0. */
function ratioAt<H extends Common>(group: Group<H>, step: number): number {
  const factor = group.schedule ? group.schedule(step) : 1;
  checkFiniteNumber(`schedule: at step ${step} it`, factor, 0);
  return group.baseLr === 0 ? 0 : (group.lr / group.baseLr) * factor;
}

/** Options without those that are undefined. */
function stripped<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as Partial<T>;
}

/** An optimizer's class, such as AdaBound. */
export interface OptimizerClass<H extends Common> {
  /** Makes an optimizer of these parameters, or of groups of them, `[{ params, lr: 0.01 }, ..]`, whose hyper-parameters
   *  override the options. Default options: `defaults`. Throws ValueError as `addParamGroup` does. */
  new (params: Parameters | Iterable<ParameterGroup<H>>, options?: Partial<H>): Optimizer<H>;
  /** Its name. */
  readonly title: string;
  /** What it is, and which variant, in one line. */
  readonly about: string;
  /** Every hyper-parameter with its default; undefined if it is optional. */
  readonly defaults: H;
  /** The declaration that it was made from. */
  readonly declaration: Declaration<H>;
  /** Returns the rule of these hyper-parameters, which `scalarsAt` and `boundedStep` run on plain arrays. Default
   *  options: `defaults`. Throws ValueError if one is outside its domain. */
  rule(options?: Partial<H>): Rule;
}

/** Makes the class of an optimizer from its declaration, which is not checked. Base: the class to extend, OwnOptimizer if the
 *  declaration has a step of its own or divides groups. */
export function optimizer<H extends Common>(
  declaration: Declaration<H>,
  Base: typeof Optimizer<H> = Optimizer,
): OptimizerClass<H> {
  const { title, about, defaults } = declaration;
  return class extends Base {
    static readonly title = title;
    static readonly about = about;
    static readonly defaults = defaults;
    static readonly declaration = declaration;
    static rule(options: Partial<H> = {}): Rule {
      checkHyperNames(title, options, defaults);
      const hyper = { ...defaults, ...stripped(options) };
      checkHyperKinds(title, hyper, defaults);
      checkFiniteNumber(`${title}: lr`, hyper.lr, 0);
      const rule = declaration.rule(hyper);
      const { schedule } = options;
      return schedule ? { ...rule, schedule: (t) => schedule(t) * (rule.schedule?.(t) ?? 1) } : rule;
    }
    constructor(params: Parameters | Iterable<ParameterGroup<H>>, options: Partial<H> = {}) {
      super(declaration, params, options);
    }
  };
}
