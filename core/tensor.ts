// The tensor: a window on values, in ndarray's convention, and its place in the graph of recorded operations.

import { kindOf } from './arguments.js';
import type { DType, Values } from './backends/backend.js';
import { type BackwardOptions, backward } from './backward.js';
import { isFloat } from './dtype.js';
import { BackendError, DTypeError, GradError, ScopeError, ShapeError, ValueError } from './errors.js';
import { isRecording, Node, takeVerdict } from './graph.js';
import { Methods } from './methods.js';
import { write } from './ops/fill.js';
import { copy } from './ops/select.js';
import { describe } from './print.js';
import { keep, type Storage } from './scope.js';
import { isContiguous, type Shape, show, sizeOf } from './shape.js';

/** A tensor, or a number that takes its dtype from the other operand. */
export type Operand = Tensor | number;
/** One axis, several, or all where left out. */
export type Axes = number | readonly number[];

/** An n-dimensional array of numbers that remembers how it was computed. Made by `tensor`, `zeros`, `randn` and the like.
 *  Operations are functions (`add(a, b)`) and methods (`a.add(b)`); they never change a tensor, but for `assign`. */
export class Tensor extends Methods {
  /** The gradient that `backward` has gathered: on leaves, and where `retainGrad` asked for it. */
  grad: Tensor | null = null;
  #node: Node | null = null;
  #output = 0;
  #guard: number | null = null;

  constructor(
    readonly storage: Storage,
    readonly dtype: DType,
    readonly shape: Shape,
    readonly stride: Shape,
    readonly offset: number,
  ) {
    super();
  }

  get ndim(): number {
    return this.shape.length;
  }
  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
  /** The node that made this tensor or gathers its gradient; null where no gradient is required. */
  get node(): Node | null {
    return this.#node;
  }
  /** Which of its node's outputs this is. */
  get output(): number {
    return this.#output;
  }
  /** Whether no recorded operation made this tensor. */
  get isLeaf(): boolean {
    return !this.#node?.op;
  }
  /** Whether operations on this tensor are recorded. Settable on leaves of a float dtype. */
  get requiresGrad(): boolean {
    return this.#node !== null;
  }
  set requiresGrad(value: boolean) {
    if (!this.isLeaf) throw new GradError('requiresGrad: not a leaf: an operation made this tensor; detach() it first');
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(`requiresGrad: only float tensors have gradients: ${this.dtype}; cast it first`);
    }
    if (value === this.requiresGrad) return;
    this.#node = value ? new Node(null, null, null, 1) : null;
    if (this.#node) this.#node.receivers[0] = this;
  }

  /** Sets this tensor's place in the graph. */
  attach(node: Node, output: number): void {
    if (!isFloat(this.dtype)) return;
    this.#node = node;
    this.#output = output;
  }

  /** The same tensor as it is now: an operation that reads it after a later write in place throws GradError. */
  guarded(): Tensor {
    const t = new Tensor(this.storage, this.dtype, this.shape, this.stride, this.offset);
    t.#node = this.#node;
    t.#output = this.#output;
    t.#guard = this.#guard ?? this.storage.version;
    return t;
  }

  /** Throws if the values cannot be used: freed, or overwritten since they were saved for a gradient. */
  check(what: string): void {
    if (this.storage.freed)
      throw new ScopeError(`${what}: the tensor ${show(this.shape)} was freed: ${this.storage.freed}`);
    if (this.#guard !== null && this.#guard !== this.storage.version) {
      throw new GradError(
        `${what}: a value that the gradient needs was overwritten: ${show(this.shape)}, ` +
          `written ${this.storage.version - this.#guard} times since; assign after backward(), or to a clone()`,
      );
    }
  }

  /** A copy of the values in row-major order, as a typed array of the dtype; bool as bytes 0 and 1. */
  async data(): Promise<Values> {
    const { backend, buffer } = this.#whole().storage;
    return (await Promise.all([backend.read(buffer), takeVerdict()]))[0];
  }
  /** The same at once. Throws BackendError on a backend that can only be awaited. */
  dataSync(): Values {
    const { backend, buffer } = this.#whole().storage;
    if (!backend.readSync) throw new BackendError(`dataSync: ${backend.name} cannot be read at once; await data()`);
    return backend.readSync(buffer);
  }
  /** The value of a tensor of one element. */
  async item(): Promise<number> {
    this.#single('item');
    return (await this.data())[0];
  }
  itemSync(): number {
    this.#single('itemSync');
    return this.dataSync()[0];
  }
  /** A tensor of these values that fill their storage in row-major order. */
  #whole(): Tensor {
    this.check('data');
    const whole = this.size === this.storage.buffer.length && isContiguous(this.shape, this.stride);
    return whole ? this : copy(this.detach());
  }
  #single(what: string): void {
    if (this.size !== 1)
      throw new ShapeError(
        `${what}: not one element: ${show(this.shape)}; index it or use ${what.replace('item', 'data')}()`,
      );
  }

  /** Writes values in place: a number for every element, or as many as there are elements, in row-major order. Every
   *  view of the storage shows them. Throws GradError on a tensor that an operation made, or on one that requires a
   *  gradient unless inside noGrad; ValueError on a view that repeats elements. */
  assign(values: number | ArrayLike<number>): this {
    this.check('assign');
    if (!this.isLeaf)
      throw new GradError('assign: not a leaf: an operation made this tensor; assign to a detach().clone()');
    if (this.requiresGrad && isRecording()) {
      throw new GradError('assign: a leaf that requires a gradient is being recorded; write inside noGrad');
    }
    const count = typeof values === 'object' ? values?.length : undefined;
    if (typeof values !== 'number' && count !== this.size) {
      const given = count === undefined ? kindOf(values) : `${count} values`;
      throw new ValueError(`assign: ${given} for ${this.size} elements of shape ${show(this.shape)}`);
    }
    if (this.shape.some((d, i) => d > 1 && this.stride[i] === 0)) {
      throw new ValueError(
        `assign: a view that repeats elements: ${show(this.shape)}; assign to its base or a clone()`,
      );
    }
    write(this, values);
    return this;
  }

  /** Adds the gradient of this scalar to the `grad` of every leaf it came from. */
  backward(options?: BackwardOptions): void {
    backward(this, options);
  }
  /** The same values without history. Shares storage. */
  detach(): Tensor {
    return new Tensor(this.storage, this.dtype, this.shape, this.stride, this.offset);
  }
  /** Asks backward to fill `grad` though this is no leaf. Returns the tensor. */
  retainGrad(): this {
    if (!this.#node) throw new GradError('retainGrad: this tensor requires no gradient');
    this.#node.receivers[this.#output] = this;
    return this;
  }
  /** Frees the values now, for tensors that the garbage collector would free late. */
  dispose(): void {
    this.storage.free('dispose() was called');
  }
  /** Moves the values out of the open scopes, so that they outlive them. */
  keep(): this {
    return keep(this);
  }

  /** Shape, dtype and values, the middle left out where there are many, as NumPy does. */
  override toString(): string {
    return describe(this);
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return describe(this);
  }
}
