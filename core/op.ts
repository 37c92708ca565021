// An operation is a kernel with a shape rule and a vjp, in one declaration. The kernel's loop defines the result.
//
//   vjp (vector-Jacobian product): for outputs ys = f(xs) and cotangents gs, one function for each x that returns
//   sum_j gs_j . d ys_j / d x. The vjp is written in operations, so it can be differentiated again. The function of an x is
//   called only if x requires a gradient.
//
// To add an operation, export it from core/ops, and add arguments of example calls to tests/core/examples.ts: gradcheck and every
// backend's tests run on them.

import { atMost, checkTensor } from './arguments.js';
import type { Backend, BufferView, DType, Kernel } from './backends/backend.js';
import { BackendError } from './errors.js';
import { isRecording, Node } from './graph.js';
import { tryAllocate } from './outOfMemory.js';
import { allocate } from './scope.js';
import { type Shape, sizeOf, stridesOf } from './shape.js';
import { Tensor } from './tensor.js';

/** For each input a function that computes its gradient; null for an input without one (indices, masks). */
export type Thunks = ((() => Tensor) | null)[];

/** A kernel with a shape rule and a vjp. A: the attributes of a call, plain data. */
export interface Op<A> extends Kernel<A> {
  /** The shapes of the outputs. Throws ShapeError if the shapes of the inputs do not fit. */
  shape(xs: Shape[], attrs: A): Shape[];
  /** The dtypes of the outputs. Default: the dtype of the first input. */
  dtype?(xs: DType[], attrs: A): DType[];
  /** The gradients of the inputs xs from the cotangents gs of the outputs ys. Without it, the operation is not recorded. */
  vjp?(gs: Tensor[], xs: Tensor[], ys: Tensor[], attrs: A): Thunks;
  /** How many of the last outputs only the vjp reads. They have no gradient, and `composed` leaves them out. Default: 0. */
  kept?: number;
  /** The same outputs by plain operations. Declare it if the vjp is a kernel that cannot be differentiated: `withComposed` makes backward
   *  with `createGraph` use it. */
  composed?(xs: Tensor[], attrs: A): Tensor[];
  /** Makes the operation a view: the output shares the first input's storage with this stride and offset. No loop runs. */
  view?(x: { shape: Shape; stride: Shape; offset: number }, attrs: A): { stride: Shape; offset: number };
}

/** Makes a random float64 tensor with values in [lo, hi), for examples. Default: [-1, 1). */
export type Sample = (shape: Shape, lo?: number, hi?: number) => Tensor;

/** The declaration of an operation that is called with `Args`. A: its attributes. */
export interface Definition<Args extends unknown[], A> extends Op<A> {
  /** Whether the first argument may also be something other than a tensor, which `args` checks. Default: false. */
  mixed?: boolean;
  /** Checks the arguments of a call and returns its tensors and attributes. A built-in operation refuses more arguments than
   *  `args` has parameters. So no parameter has a default: `args.length` would not count it. */
  args(...args: Args): [xs: Tensor[], attrs: A];
  /** Returns the arguments of example calls, for tests of one's own operation; the library never calls it. Default: none. t: makes a
   *  random tensor. */
  examples?(t: Sample): Args[];
}

/** A callable operation with one output. */
export interface Operation<Args extends unknown[] = any[], A = any> {
  (...args: Args): Tensor;
  /** The declaration. */
  readonly op: Definition<Args, A>;
}

/** A callable operation with several outputs. */
export interface Operations<Args extends unknown[] = any[], A = any> {
  (...args: Args): Tensor[];
  /** The declaration. */
  readonly op: Definition<Args, A>;
}

/** Names of the built-in operations. A backend finds its kernels by them. */
export const builtInNames = new Set<string>();

/** Makes an operation of one output from its definition. */
/* @__NO_SIDE_EFFECTS__ */
export function op<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operation<Args, A> {
  builtInNames.add(Object.freeze(definition).name);
  const most = definition.args.length || Infinity;
  const call = (...args: Args) => applyTo(definition, args, most)[0];
  return Object.assign(call, { op: definition });
}

/** Makes an operation of several outputs from its definition. */
/* @__NO_SIDE_EFFECTS__ */
export function ops<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operations<Args, A> {
  builtInNames.add(Object.freeze(definition).name);
  const most = definition.args.length || Infinity;
  const call = (...args: Args) => applyTo(definition, args, most);
  return Object.assign(call, { op: definition });
}

/** Runs an operation on the arguments of a call. Throws DTypeError if the first is not a tensor, ValueError if there are too many. */
function applyTo<Args extends unknown[], A>(definition: Definition<Args, A>, args: Args, most: number): Tensor[] {
  if (!definition.mixed) checkTensor(definition.name, args[0]);
  const call = definition.args(...args);
  // After `args`, which has a better message for `x.permute(1, 0)`, where numbers are given in place of a list.
  if (args.length > most) atMost(most, definition.name, args);
  return apply(definition, ...call);
}

/** Runs an operation on its inputs' backend, and records it if an input requires a gradient. */
export function apply<A>(op: Op<A>, xs: Tensor[], attrs: A): Tensor[] {
  for (const x of xs) checkTensor(op.name, x);
  const views = xs.map(bufferView);
  const shapes = op.shape(
    views.map((x) => x.shape),
    attrs,
  );
  const ys = op.view ? [viewOf(op, xs[0], shapes[0], attrs)] : compute(op, xs, views, shapes, attrs);
  return record(op, xs, ys, attrs);
}

const bufferView = (t: Tensor) => t.bufferView;

function viewOf<A>(op: Op<A>, x: Tensor, shape: Shape, attrs: A): Tensor {
  const { stride, offset } = op.view!(x, attrs);
  return new Tensor(x.storage, x.dtype, shape, stride, offset);
}

function compute<A>(op: Op<A>, xs: Tensor[], views: BufferView[], shapes: Shape[], attrs: A): Tensor[] {
  const dtypes = op.dtype?.(
    xs.map((x) => x.dtype),
    attrs,
  );
  const backend = backendOf(op.name, xs);
  const ys = shapes.map((shape, i) => {
    const dtype = dtypes?.[i] ?? xs[0].dtype;
    const storage = tryAllocate(op.name, shape, dtype, () => allocate(dtype, sizeOf(shape), { backend }));
    storage.made = op.name;
    return new Tensor(storage, dtype, shape, stridesOf(shape), 0);
  });
  backend.run(op, ys.map(bufferView), views, attrs);
  return ys;
}

/** The backend of all operands. Throws BackendError if they live on two. */
function backendOf(name: string, xs: readonly Tensor[]): Backend {
  const { backend } = xs[0].storage;
  const other = xs.find((x) => x.storage.backend !== backend);
  if (!other) return backend;
  throw new BackendError(
    `${name}: operands on two backends: ${backend.name} and ${other.storage.backend.name}; await setBackend first`,
  );
}

/** Attaches a node to the results of an operation if an input requires a gradient and recording is on. */
export function record<A>(op: Op<A>, xs: Tensor[], ys: Tensor[], attrs: A): Tensor[] {
  if (!isRecording() || !op.vjp || !xs.some((x) => x.node)) return ys;
  const node = new Node(op, attrs, null, ys.length - (op.kept ?? 0));
  for (let i = 0; i < node.outputs; i++) ys[i].attach(node, i);
  node.saved = { xs: xs.map((x) => x.guarded(op.name)), ys: ys.map((y) => y.guarded(op.name)) };
  return ys;
}

/** Runs a kernel that writes into existing tensors, and adds 1 to the version of their storages. Outputs must be contiguous,
 *  unless the kernel's documentation states otherwise. Throws BackendError if the operands live on two backends. */
export function runInPlace<A>(kernel: Kernel<A>, outs: Tensor[], ins: Tensor[], attrs: A): void {
  for (const t of [...outs, ...ins]) t.check(kernel.name);
  backendOf(kernel.name, [...outs, ...ins]).run(kernel, outs.map(bufferView), ins.map(bufferView), attrs);
  for (const t of outs) t.storage.version++;
}
