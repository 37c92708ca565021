// What layers and models have in common: parameters, buffers and children, found by the fields that hold them.
//
//   a field that holds a Tensor    a parameter, or a buffer if it was registered as one
//   a field that holds a Module    a child
//   a field that holds a list      the same for its elements, named by their position: blocks.0, blocks.1, ..
//
// Names are paths of fields, as in PyTorch's state dict: layer1.0.conv1.weight. A tensor that is neither parameter nor
// buffer, or a module that is no child, belongs in a #private field, which is not looked at.
import { cast, DTypeError, freeGrad, isFloat, noGrad, persist, Tensor, ValueError } from '../core/index.js';
import { describe } from './print.js';
import { load, type StateDict } from './state.js';

export type Named<T> = [path: string, value: T];

/** A part of a model: it holds parameters and other modules, and turns a tensor into another. */
export abstract class Module {
  /** Whether dropout drops and batch normalization uses the batch. Set by `train` and `eval`. */
  training = true;
  readonly #buffers = new Map<string, Tensor>();

  abstract forward(x: Tensor): Tensor;

  /** The modules directly below, by field. */
  namedChildren(): Named<Module>[] {
    return this.#slots().flatMap(({ name, holder, key }) =>
      holder[key] instanceof Module ? [[name, holder[key]] as Named<Module>] : [],
    );
  }
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module, whose path is empty, and all below it, each once, parents first. */
  namedModules(): Named<Module>[] {
    return once(this.#tree());
  }

  /** Every parameter once, also where two modules share it: a module's own in the order of its fields, then its
   *  children's. */
  namedParameters(): Named<Tensor>[] {
    return once(this.#gather((m) => m.#ownParameters()));
  }
  parameters(): Tensor[] {
    return this.namedParameters().map(([, t]) => t);
  }

  /** Every buffer once: state that is saved but not trained. */
  namedBuffers(): Named<Tensor>[] {
    return once(this.#gather((m) => [...m.#buffers]));
  }

  /** Parameters and buffers by path, the tensors themselves and not copies, as in PyTorch: clone what is to stay as it is.
   *  A shared tensor appears under each of its names. */
  stateDict(): StateDict {
    return Object.fromEntries(this.#gather((m) => [...m.#ownParameters(), ...m.#buffers]));
  }

  /** Copies values in from a state dict, casting to each tensor's dtype. Throws DataError, before anything is written, with
   *  all that is misshapen, missing or unexpected; `strict: false` lets the last two pass and returns them. */
  loadStateDict(dict: StateDict, options: { strict?: boolean } = {}): { missing: string[]; unexpected: string[] } {
    return load(this.stateDict(), dict, options.strict ?? true);
  }

  /** Switches this module and all below it to training, or with `false` to evaluation. */
  train(mode = true): this {
    for (const [, m] of this.namedModules()) m.training = mode;
    return this;
  }
  eval(): this {
    return this.train(false);
  }

  /** Freezes every parameter with `false`; they stay in `parameters` and in the state dict. */
  requiresGrad(value: boolean): this {
    for (const p of this.parameters()) p.requiresGrad = value;
    return this;
  }

  /** Replaces float parameters and buffers by converted ones. Make the optimizer afterwards: it holds tensors, not names. */
  toDType(dtype: 'float32' | 'float64'): this {
    if (!isFloat(dtype)) throw new DTypeError(`toDType: parameters are floats: ${dtype}; one of float32, float64`);
    const converted = new Map<Tensor, Tensor>();
    const convert = (t: Tensor): Tensor => {
      if (!isFloat(t.dtype) || t.dtype === dtype) return t;
      const found = converted.get(t);
      if (found) return found;
      const to = persist(noGrad(() => cast(t, dtype)));
      to.requiresGrad = t.requiresGrad;
      converted.set(t, to);
      return to;
    };
    for (const [, m] of this.namedModules()) {
      for (const { holder, key } of m.#slots()) {
        const t = holder[key];
        if (t instanceof Tensor && convert(t) !== t) holder[key] = convert(t);
      }
      for (const [name, t] of m.#buffers) m.#buffers.set(name, convert(t));
    }
    return this;
  }

  /** Frees parameters, their gradients and buffers, for models that the garbage collector would free late. */
  dispose(): void {
    for (const t of Object.values(this.stateDict())) {
      t.grad?.dispose();
      freeGrad(t);
      t.dispose();
    }
  }

  /** What stands in its brackets where it is shown: the arguments it was made with, as `3, 16, { bias: false }`. */
  extraRepr(): string {
    return '';
  }
  /** The module and all below it, a line each, as they would be written. `console.log` shows the same. */
  toString(): string {
    const children = this.namedChildren().map(([name, m]) => [name, m.toString()] as const);
    return describe({ kind: this.constructor.name, extra: this.extraRepr(), own: this.#ownParameters(), children });
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Makes a tensor a buffer, under its name in the state dict, and moves it out of the open scopes. Returns it, for a
   *  field. */
  protected registerBuffer(name: string, t: Tensor): Tensor {
    if (this.#buffers.has(name)) throw new ValueError(`registerBuffer: the name is taken: ${name}`);
    this.#buffers.set(name, persist(t));
    return t;
  }

  #ownParameters(): Named<Tensor>[] {
    const buffers = new Set(this.#buffers.values());
    return this.#slots().flatMap(({ name, holder, key }) =>
      holder[key] instanceof Tensor && !buffers.has(holder[key]) ? [[name, holder[key]] as Named<Tensor>] : [],
    );
  }

  /** Where tensors and modules may be: own fields, and the elements of those that are lists. */
  #slots(): { name: string; holder: Record<string, unknown>; key: string }[] {
    const fields = this as unknown as Record<string, unknown>;
    return Object.keys(this).flatMap((key) => {
      const value = fields[key];
      if (!Array.isArray(value)) return [{ name: key, holder: fields, key }];
      const list = value as unknown as Record<string, unknown>;
      return Object.keys(value).map((i) => ({ name: `${key}.${i}`, holder: list, key: i }));
    });
  }

  /** This module and all below it, as often as they are reached. */
  #tree(path = ''): Named<Module>[] {
    const below = this.namedChildren().flatMap(([name, child]) => child.#tree(join(path, name)));
    return [[path, this], ...below];
  }

  #gather(of: (m: Module) => Named<Tensor>[]): Named<Tensor>[] {
    return this.#tree().flatMap(([path, m]) => of(m).map(([name, t]): Named<Tensor> => [join(path, name), t]));
  }
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

/** The first entry of each value. */
function once<T>(entries: Named<T>[]): Named<T>[] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
