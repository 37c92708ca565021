// The tensor: shape, stride and offset over a storage, and a place in the graph of recorded operations.
// This file imports no operation, so that operations can import it. methods.ts adds them as methods.
import type { BufferView, DType } from './backends/backend.js';
import { isFloat } from './dtype.js';
import { DTypeError, GradError, ScopeError } from './errors.js';
import { Node } from './graph.js';
import type { TensorMethods, TensorOperations } from './methods.js';
import type { Storage } from './scope.js';
import { type Shape, show, sizeOf } from './shape.js';

/** A tensor, or a number. A number takes the dtype of a float tensor beside it. Beside int32 or bool, it is int32 if it is an integer
 *  below 2^31 in magnitude, else float64. */
export type Operand = Tensor | number;
/** One axis or several. Negative axes count from the end. Default: all axes. */
export type Axes = number | readonly number[];

export interface Tensor extends TensorOperations, TensorMethods {}

/** An n-dimensional array of numbers that remembers how it was computed. Create one with `tensor`, `zeros`, `randn`, ..
 *  Operations are functions (`add(a, b)`) and methods (`a.add(b)`); they do not change their operands. `assign` overwrites values. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods.ts adds every member of both to the prototype
export class Tensor {
  #grad: Tensor | null = null;
  // Private, so that JavaScript cannot assign them: a test assigns every field.
  readonly #storage: Storage;
  readonly #dtype: DType;
  readonly #shape: Shape;
  readonly #stride: Shape;
  readonly #offset: number;
  #node: Node | null = null;
  #output = 0;
  #guard: number | null = null;
  #guardedBy = '';

  /** Whether a value is a tensor of this class. A Proxy of one, as reactive() of Vue makes, is not: it has no private fields. */
  static [Symbol.hasInstance](value: unknown): value is Tensor {
    return typeof value === 'object' && value !== null && #guard in value;
  }

  /** Wraps a storage without checks. Programs create tensors with `tensor`, `zeros`, `randn`, .. instead. */
  constructor(storage: Storage, dtype: DType, shape: Shape, stride: Shape, offset: number) {
    if (typeof offset !== 'number') throw new DTypeError('Tensor: call tensor(values)');
    this.#storage = storage;
    this.#dtype = dtype;
    this.#shape = shape;
    this.#stride = stride;
    this.#offset = offset;
  }

  /** The gradient gathered by `backward()`, of this shape and dtype; null before. Filled on leaves that require a gradient,
   *  and on other tensors after `retainGrad()`. Prints a warning if it is null although `backward()` reached the tensor: at the first
   *  read after each `backward()`. */
  get grad(): Tensor | null {
    const node = this.#node;
    if (node?.op && node.root && !this.#grad) {
      console.warn('grad: not a leaf: an operation made this tensor; call retainGrad() first');
      node.root = 0;
    }
    return this.#grad;
  }
  set grad(value: Tensor | null) {
    this.#grad = value;
    if (this.#node?.op) this.#node.root = 0;
  }

  /** The values, which views share. */
  get storage(): Storage {
    return this.#storage;
  }
  /** The type of the elements: 'float32', 'float64', 'int32' or 'bool'. */
  get dtype(): DType {
    return this.#dtype;
  }
  /** The size of each axis; [] for a scalar. Each read returns a new list: changing the list does not change the tensor. */
  get shape(): Shape {
    return [...this.#shape];
  }
  /** The distance in the storage between neighbours along each axis, in elements; 0 repeats an axis. Each read returns a new list. */
  get stride(): Shape {
    return [...this.#stride];
  }
  /** The position of the first element in the storage. */
  get offset(): number {
    return this.#offset;
  }

  /** What a backend reads: the buffer, and the lists themselves, which nothing may change. Results and views share them.
   *  @internal */
  get bufferView(): BufferView {
    return { buffer: this.storage.buffer, shape: this.#shape, stride: this.#stride, offset: this.offset };
  }

  /** The number of axes; 0 for a scalar. */
  get ndim(): number {
    return this.#shape.length;
  }
  /** The number of elements; 1 for a scalar. */
  get size(): number {
    return sizeOf(this.#shape);
  }
  /** The graph node of the operation that made this tensor, or the node of a leaf; null if no gradient is required. */
  get node(): Node | null {
    return this.#node;
  }
  /** The index of this tensor among the outputs of its node. */
  get output(): number {
    return this.#output;
  }
  /** True unless a recorded operation made this tensor. */
  get isLeaf(): boolean {
    return !this.#node?.op;
  }
  /** Whether operations on this tensor are recorded, from now on. Default: false; results require a gradient if an operand does.
   *  Setting it throws GradError unless the tensor is a leaf, DTypeError unless its dtype is float32 or float64. */
  get requiresGrad(): boolean {
    return this.#node !== null;
  }
  set requiresGrad(value: boolean) {
    if (!this.isLeaf) throw new GradError('requiresGrad: not a leaf: an operation made this tensor; detach() it first');
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(`requiresGrad: only float tensors have gradients: ${this.dtype}; cast it first`);
    }
    if (typeof value !== 'boolean') throw new GradError(`requiresGrad: must be true or false: got ${typeof value}`);
    if (value === this.requiresGrad) return;
    this.#node = value ? new Node(null, null, null, 1) : null;
    if (this.#node) this.#node.gradTargets[0] = this;
  }

  /** Makes this tensor an output of a node. Called once, when an operation is recorded; has no effect on int32 and bool. */
  attach(node: Node, output: number): void {
    if (!isFloat(this.dtype)) return;
    this.#node = node;
    this.#output = output;
  }

  /** A view of the whole tensor that remembers the storage's version. If the storage is written later, using this view throws
   *  a GradError that names `by`. Nodes save guarded views of their operands and results. */
  guarded(by: string): Tensor {
    const t = this.detach();
    t.#node = this.#node;
    t.#output = this.#output;
    t.#guard = this.#guard ?? this.storage.version;
    t.#guardedBy = by;
    return t;
  }

  /** Throws ScopeError if the values were freed, GradError if they were overwritten after `guarded()`. what: the name that
   *  the message begins with. */
  check(what: string): void {
    const { freed, version } = this.storage;
    if (freed) throw new ScopeError(`${what}: the tensor ${show(this.#shape)} was freed: ${freed}`);
    if ((this.#guard ?? version) !== version) {
      throw new GradError(
        `${this.#guardedBy}: a value that the gradient needs was overwritten: ${show(this.#shape)}; assign after backward(), or to a clone()`,
      );
    }
  }

  /** The same values as a leaf that requires no gradient. Shares the storage: a write to one shows in the other. */
  detach(): Tensor {
    return new Tensor(this.storage, this.dtype, this.#shape, this.#stride, this.offset);
  }
  /** Makes `backward()` fill `grad` of this tensor although it is not a leaf. Returns the tensor.
   *  Throws GradError if it requires no gradient. */
  retainGrad(): this {
    if (!this.#node) throw new GradError('retainGrad: this tensor requires no gradient');
    this.#node.gradTargets[this.#output] = this;
    return this;
  }
  /** Frees the values now instead of when the scope closes or the garbage collector runs. Using this tensor or a view of
   *  the same storage afterwards throws ScopeError. */
  dispose(): void {
    this.storage.free('dispose() was called');
  }
  /** Moves the values out of all open scopes: they outlive the scopes, and the garbage collector frees them. Returns the
   *  tensor. Keeping a view keeps all values of its base. Throws ScopeError if they were freed. */
  keep(): this {
    this.storage.release(false);
    return this;
  }
}
