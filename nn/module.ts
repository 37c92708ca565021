// The base class of layers and models. It finds parameters, buffers and children by the fields that hold them:
//
//   a Tensor   a parameter, or a buffer if it was registered as one
//   a Module   a child
//   an array, object, Map or Set        the same for its entries, at any depth: blocks.0, heads.left, ..
//
// Names are paths of fields, as in PyTorch's state dict: layer1.0.conv1.weight. #private fields are not found: they are the
// place for a tensor that is neither parameter nor buffer, or for a module that is not a child. If a layer in a #private field gets
// gradients, the optimizer warns that it is not trained.
import {
  atMost,
  cast,
  checkFlag,
  checkOptions,
  checkTensor,
  freeGrad,
  isFloat,
  markListed,
  noGrad,
  persist,
  Tensor,
  unassignable,
  ValueError,
} from '../core/index.js';
import { checkFloatDType } from './checks.js';
import { formatModule } from './print.js';
import { loadInto, type StateDict } from './stateDict.js';

/** A module or tensor with its path in a model, for example `layer1.0.conv1.weight`. */
export type Named<T> = [path: string, value: T];

/** The base class of layers and models: it maps tensors to a tensor, and holds parameters, buffers and other modules.
 *
 *  The fields of the instance determine them. A field that holds a Tensor is a parameter, or a buffer if
 *  `registerBuffer` was called with it. A field that holds a Module is a child. The same holds for the entries of an
 *  array, a plain object, a Map or a Set, which are named by position or key: `blocks.0`, `heads.left`. `#private` fields are not
 *  found: they are the place for a tensor that is neither parameter nor buffer, such as a result that `forward` keeps.
 *  A layer in a private field is neither trained nor saved; `summary` lists it, and an optimizer's step warns once if it gets gradients.
 *
 *  X: the inputs of `forward`. Default: one tensor. A model of two inputs extends `Module<[a: Tensor, b: Tensor]>`.
 *  Y: the result of `forward`. Default: a tensor. LSTM returns its outputs and its state, [y, [h, c]].
 *
 *    class Scale extends Module {
 *      readonly factor = ones([], { requiresGrad: true });     // the parameter `factor`
 *      forward(x: Tensor): Tensor { return mul(x, this.factor); }
 *    } */
export abstract class Module<X extends readonly unknown[] = [x: Tensor], Y = Tensor> {
  /** Whether the module is in training mode: Dropout drops elements, and batch normalization uses statistics of the batch.
   *  Setting it sets all modules below too, as `train` and `eval` do. Default: true. Throws ValueError unless it is true or false. */
  get training(): boolean {
    return Module.#whole(this).#training;
  }
  set training(value: boolean) {
    checkFlag('training', value);
    for (const [, m] of this.namedModules()) m.#training = value;
  }
  #training = true;
  readonly #buffers = new Map<string, Tensor>();
  /** The first field in which each buffer was found, by the buffer's name. */
  readonly #fields = new Map<string, string>();

  /** Throws ValueError for an argument: a layer without a constructor of its own, such as ReLU, would ignore it. */
  constructor() {
    atMost(0, this.constructor.name, arguments);
  }

  /** Computes the output for x, or for several inputs, `forward(a, b)`. Each layer or model states its shapes. */
  abstract forward(...inputs: X): Y;

  /** The children with their names, in the order of the fields that hold them. */
  namedChildren(): Named<Module<any>>[] {
    return Module.#whole(this)
      .#slots()
      .flatMap(({ name, value }): Named<Module<any>>[] => (value instanceof Module ? [[name, value]] : []));
  }

  /** The children: the modules in this module's own fields. */
  children(): Module<any>[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module, whose path is '', and all modules below it; each once, parents first. */
  namedModules(): Named<Module<any>>[] {
    return once(treeOf(this));
  }

  /** Every parameter with its path: first a module's own parameters in the order of its fields, then its children's. A parameter
   *  that several modules share appears once, under its first path. */
  namedParameters(): Named<Tensor>[] {
    return once(gather(this, (m) => m.#ownParameters()));
  }

  /** Every parameter once, in the order of `namedParameters`. */
  parameters(): Tensor[] {
    // Not by `gather`, which marks tensors as listed: clipGradNorm(model.parameters(), 1) must not suppress the optimizer's warning.
    const own = this.namedModules().flatMap(([, m]) => m.#ownParameters());
    return once(own).map(([, t]) => t);
  }

  /** Every buffer with its path, each once. Buffers are saved with the parameters but not trained. */
  namedBuffers(): Named<Tensor>[] {
    return once(gather(this, (m) => [...m.#buffers]));
  }

  /** All parameters and buffers by path. A shared tensor appears under each of its paths.
   *  As in PyTorch, these are the tensors themselves: clone them to keep the present values. Throws ValueError if two tensors have one
   *  path, such as those of { 'a.b': t } and { a: { b: t } }. */
  stateDict(): StateDict {
    const all = gather(this, (m) => [...m.#ownParameters(), ...m.#buffers]);
    const dict = Object.fromEntries(all);
    const lost = all.find(([name, t]) => dict[name] !== t);
    if (lost) throw new ValueError(`two tensors are named ${lost[0]}; rename a field`);
    return dict;
  }

  /** Copies the values of a state dict into this module's parameters and buffers, cast to the dtype of each.
   *  strict: whether missing and unexpected names are errors. Default: true. Returns both lists of names.
   *  With `strict: false`, at least one name must match. NaN and infinite values are loaded as they are, as in PyTorch.
   *  Throws DataError, before anything is written, if the dict does not fit. The error lists the first tensors that are
   *  misshapen, missing or unexpected. */
  loadStateDict(dict: StateDict, options: { strict?: boolean } = {}): { missing: string[]; unexpected: string[] } {
    checkOptions('loadStateDict', options, ['strict']);
    return loadInto(this.stateDict(), dict, checkFlag('loadStateDict: strict', options.strict ?? true));
  }

  /** Sets `training` of this module and all below it: true by default, false for evaluation. Returns this module. */
  train(mode = true): this {
    this.training = mode;
    return this;
  }

  /** Switches this module and all below it to evaluation; the same as `train(false)`. Returns this module. */
  eval(): this {
    atMost(0, 'eval', arguments);
    return this.train(false);
  }

  /** Sets `requiresGrad` of every parameter; false freezes them. They stay in `parameters` and the state dict. Returns this
   *  module. */
  requiresGrad(value: boolean): this {
    checkFlag('requiresGrad: value', value);
    for (const p of this.parameters()) p.requiresGrad = value;
    return this;
  }

  /** Replaces float parameters and buffers by new ones of the given dtype. Returns this module.
   *  Create the optimizer afterwards: it holds the tensors, not their names.
   *  Throws DTypeError if the dtype is not a float, and ValueError, with nothing replaced, if a field or list is read-only. */
  toDType(dtype: 'float32' | 'float64'): this {
    checkFloatDType('toDType', dtype);
    const converted = new Map<Tensor, Tensor>();
    const convert = (t: Tensor): Tensor => {
      if (!isFloat(t.dtype) || t.dtype === dtype) return t;
      const to = converted.get(t) ?? persist(noGrad(() => cast(t, dtype)));
      to.requiresGrad = t.requiresGrad;
      converted.set(t, to);
      return to;
    };
    const modules = this.namedModules().map(([, m]) => m);
    const slots = modules.flatMap((m) => m.#slots()).filter(({ value }) => value instanceof Tensor);
    for (const { name, value, replace } of slots) {
      try {
        replace(value as Tensor); // Changes nothing, but fails in a frozen list, before any field has another tensor.
      } catch (cause) {
        throw new ValueError(`toDType: ${name} is read-only`, { cause });
      }
    }
    for (const { value, replace } of slots) replace(convert(value as Tensor));
    for (const m of modules) for (const [name, t] of m.#buffers) m.#buffers.set(name, convert(t));
    return this;
  }

  /** Frees the parameters, their gradients and the buffers at once, without waiting for the garbage collector. */
  dispose(): void {
    for (const t of Object.values(this.stateDict())) {
      t.grad?.dispose();
      freeGrad(t);
      t.dispose();
    }
  }

  /** The arguments of the constructor as text: `3, 16, { bias: false }`. `toString` shows them in parentheses. Default: ''. */
  extraRepr(): string {
    return '';
  }

  /** This module and all below it as code; equal neighbours in a list share a line. `console.log` shows the same. Throws ValueError if a module
   *  contains itself. */
  toString(): string {
    treeOf(this); // Throws if a module contains itself.
    const children = this.namedChildren().map(([name, m]) => [name, m.toString()] as const);
    let extra = '?';
    try {
      extra = this.extraRepr();
    } catch {
      // A field that the text needs has a wrong value. Printing does not throw for that; forward says what is wrong.
    }
    return formatModule({ kind: this.constructor.name, extra, own: this.#ownParameters(), children });
  }

  /** The kind of object, by which reactive() of Vue leaves a model as it is: a Proxy of one has no private fields. */
  get [Symbol.toStringTag](): string {
    return 'Module';
  }
  /** The text that `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Makes a tensor a buffer, with a name in the state dict, and makes it persistent, so that no scope
   *  frees it. Returns the tensor. A tensor that is assigned to its field later is the buffer from then on, as in PyTorch.
   *  Throws ValueError if the name is taken. */
  protected registerBuffer(name: string, t: Tensor): Tensor {
    // Not dict[name], which has a toString too.
    if ((new Map(Object.entries(this.stateDict())).get(name) ?? t) !== t)
      throw new ValueError(`registerBuffer: ${name} is taken`);
    this.#buffers.set(name, persist(checkTensor('registerBuffer', t)));
    return t;
  }

  #ownParameters(): Named<Tensor>[] {
    const slots = this.#slots();
    const buffers = new Set(this.#buffers.values());
    return slots.flatMap(({ name, value }): Named<Tensor>[] =>
      value instanceof Tensor && !buffers.has(value) ? [[name, value]] : [],
    );
  }

  /** Every tensor and module in the instance's fields, also inside lists, plain objects, Maps and Sets. As in PyTorch, a tensor that was
   *  assigned to the field of a buffer is the buffer from then on. */
  #slots(): Slot[] {
    const slots = Object.entries(this).flatMap(([key, value]) =>
      slotsOf(key, value, (t) => Object.assign(this, { [key]: t }), []),
    );
    for (const { name: field, value } of slots) {
      for (const [name, t] of this.#buffers) {
        const at = this.#fields.get(name) ?? (value === t && field);
        if (at !== field || !(value instanceof Tensor)) continue;
        this.#fields.set(name, field);
        this.#buffers.set(name, value);
      }
    }
    return slots;
  }

  /** Returns m if the constructor made it. Throws ValueError for a copy of a module, which has the methods but lacks the private fields. */
  static #whole<M extends Module<any, any>>(m: M): M {
    if (#training in m) return m;
    const { name } = (m as Module<any, any>).constructor;
    throw new ValueError(`${name}: a copy lacks its private fields; make a new module, and loadStateDict()`);
  }
}

// `model.eval = true` and `this.parameters = []` would hide the method. A subclass may define its own method. `treeOf` refuses class fields
// of these names, which call no setter.
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Module.prototype)))
  if (value) Object.defineProperty(Module.prototype, name, unassignable(`${name}: a method: call it`, value));

// In JavaScript a class may lack its forward.
Module.prototype.forward = function (): never {
  throw new ValueError(`${this.constructor.name}: has no forward(x)`);
};

/** A tensor or module with its name, and a function that puts another tensor in its place. */
interface Slot {
  name: string;
  value: unknown;
  replace: (t: Tensor) => void;
}

/** The slots at `value` and below. above: the collections around `value`; a collection inside itself has no slots. */
function slotsOf(name: string, value: unknown, replace: Slot['replace'], above: readonly unknown[]): Slot[] {
  if (value instanceof Tensor || value instanceof Module) return [{ name, value, replace }];
  if (typeof value !== 'object' || value === null || above.includes(value)) return [];
  const within = [...above, value];
  if (value instanceof Map) {
    return [...value].flatMap(([key, v]) => slotsOf(`${name}.${String(key)}`, v, (t) => value.set(key, t), within));
  }
  if (value instanceof Set) {
    return [...value].flatMap((v, i) => slotsOf(`${name}.${i}`, v, (t) => replaceIn(value, v, t), within));
  }
  if (!Array.isArray(value) && !isPlain(value)) return [];
  return Object.entries(value).flatMap(([key, v]) =>
    slotsOf(`${name}.${key}`, v, (t) => Object.assign(value, { [key]: t }), within),
  );
}

/** A module and all below it; a shared module once for each of its paths. Throws ValueError if a module contains itself, or if a field hides
 *  a method: `parameters = []` in a class, which defines a field without calling a setter. A function in a field may replace a method. */
function treeOf(m: Module<any, any>, path = '', above: readonly unknown[] = []): Named<Module<any, any>>[] {
  if (above.includes(m)) throw new ValueError(`${path}: a module inside itself`);
  for (const [key, value] of Object.entries(m)) {
    if (key in Module.prototype && typeof value !== 'function')
      throw new ValueError(`${join(path, key)}: Module has this name; rename the field`);
  }
  const below = m.namedChildren().flatMap(([name, child]) => treeOf(child, join(path, name), [...above, m]));
  return [[path, m], ...below];
}

/** The tensors that `of` returns for each module of the tree, with their full paths. */
function gather(top: Module<any, any>, of: (m: Module<any>) => Named<Tensor>[]): Named<Tensor>[] {
  return treeOf(top).flatMap(([path, m]) => of(m).map(([name, t]): Named<Tensor> => [join(path, name), markListed(t)]));
}

/** Puts an element in the place of another, so that the others keep their positions. */
function replaceIn(set: Set<unknown>, before: unknown, after: unknown): void {
  const elements = [...set];
  set.clear();
  for (const v of elements) set.add(v === before ? after : v);
}

/** Whether a value is an object without a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

/** The first entry for each value. */
function once<T>(entries: Named<T>[]): Named<T>[] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
