// An operation is a kernel: a name, a plain loop that defines its meaning, a shape law, and a vjp, in one place.
//
//   vjp (vector-Jacobian product): for outputs ys = f(xs) and cotangents gs, one thunk for each x that gives
//   sum_j gs_j . d ys_j / d x. It is written in operations, so it can be differentiated again. As a thunk it is
//   computed only where somebody needs it.
//
// Adding an operation is one export of core/ops: gradcheck and every backend's suite find it there by its `op` property.

import { checkTensor } from './arguments.js';
import type { Backend, BufferView, DType, Kernel } from './backends/backend.js';
import { BackendError } from './errors.js';
import { isRecording, Node } from './graph.js';
import { allocationError } from './outOfMemory.js';
import { allocate } from './scope.js';
import { type Shape, sizeOf, stridesOf } from './shape.js';
import { Tensor } from './tensor.js';

/** A gradient for each input, computed when called; null where an input has none (indices, masks). */
export type Thunks = ((() => Tensor) | null)[];

/** How an operation is written down. A: its attributes, plain data known when it is called. */
export interface Op<A> extends Kernel<A> {
  /** Shapes of the outputs. Throws ShapeError. */
  shape(xs: Shape[], attrs: A): Shape[];
  /** Dtypes of the outputs; that of the first input where left out. */
  dtype?(xs: DType[], attrs: A): DType[];
  vjp?(gs: Tensor[], xs: Tensor[], ys: Tensor[], attrs: A): Thunks;
  /** The same in terms of plain operations, used in place of a fused vjp that cannot be differentiated again. */
  composed?(xs: Tensor[], attrs: A): Tensor[];
  /** Instead of running the loop, look at the first input's storage in another way. */
  view?(x: { shape: Shape; stride: Shape; offset: number }, attrs: A): { stride: Shape; offset: number };
}

/** Makes a random float64 tensor with values in [lo, hi), for examples. */
export type Sample = (shape: Shape, lo?: number, hi?: number) => Tensor;

/** What is written down for an operation that is called with `Args`. */
export interface Definition<Args extends unknown[], A> extends Op<A> {
  /** Checks what a caller gave; returns tensors and attributes. */
  args(...args: Args): [xs: Tensor[], attrs: A];
  /** Calls to try: gradcheck and the backends' suites run over them. `t` makes a tensor; the domain is the example's. */
  examples(t: Sample): Args[];
}

/** An operation with one output, to be called. */
export interface Operation<Args extends unknown[] = any[], A = any> {
  (...args: Args): Tensor;
  readonly op: Definition<Args, A>;
}

/** An operation with several outputs. */
export interface Operations<Args extends unknown[] = any[], A = any> {
  (...args: Args): Tensor[];
  readonly op: Definition<Args, A>;
}

/** Names of the built-in operations. A backend finds its kernels by them. */
export const builtInNames = new Set<string>();

/** Makes an operation of one output from its definition. */
export function op<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operation<Args, A> {
  builtInNames.add(definition.name);
  const call = (...args: Args) => apply(definition, ...definition.args(...args))[0];
  return Object.assign(call, { op: definition });
}

/** Makes an operation of several outputs from its definition. */
export function ops<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operations<Args, A> {
  builtInNames.add(definition.name);
  const call = (...args: Args) => apply(definition, ...definition.args(...args));
  return Object.assign(call, { op: definition });
}

/** Runs an operation on its inputs' backend and records it if a gradient may be asked for. */
export function apply<A>(op: Op<A>, xs: Tensor[], attrs: A): Tensor[] {
  for (const x of xs) checkTensor(op.name, x).check(op.name);
  const shapes = op.shape(
    xs.map((x) => x.shape),
    attrs,
  );
  const ys = op.view ? [look(op, xs[0], shapes[0], attrs)] : compute(op, xs, shapes, attrs);
  return record(op, xs, ys, attrs);
}

function look<A>(op: Op<A>, x: Tensor, shape: Shape, attrs: A): Tensor {
  const { stride, offset } = op.view!(x, attrs);
  return new Tensor(x.storage, x.dtype, shape, stride, offset);
}

function compute<A>(op: Op<A>, xs: Tensor[], shapes: Shape[], attrs: A): Tensor[] {
  const dtypes = op.dtype?.(
    xs.map((x) => x.dtype),
    attrs,
  );
  const backend = backendOf(op.name, xs);
  const ys = shapes.map((shape, i) => {
    const dtype = dtypes?.[i] ?? xs[0].dtype;
    try {
      return new Tensor(allocate(dtype, sizeOf(shape), { backend }), dtype, shape, stridesOf(shape), 0);
    } catch (error) {
      throw allocationError(op.name, shape, dtype, error);
    }
  });
  backend.run(op, ys.map(bufferView), xs.map(bufferView), attrs);
  return ys;
}

/** The one backend that all operands live on. */
function backendOf(name: string, xs: readonly Tensor[]): Backend {
  const { backend } = xs[0].storage;
  const other = xs.find((x) => x.storage.backend !== backend);
  if (!other) return backend;
  throw new BackendError(
    `${name}: operands live on two backends: ${backend.name} and ${other.storage.backend.name}; call setBackend before making tensors`,
  );
}

function bufferView(t: Tensor): BufferView {
  return { buffer: t.storage.buffer, shape: t.shape, stride: t.stride, offset: t.offset };
}

/** Attaches a node to the results of an operation, where an input requires a gradient and recording is on. */
export function record<A>(op: Op<A>, xs: Tensor[], ys: Tensor[], attrs: A): Tensor[] {
  if (!isRecording() || !op.vjp || !xs.some((x) => x.node)) return ys;
  const node = new Node(op, attrs, null, ys.length);
  ys.forEach((y, i) => y.attach(node, i));
  node.saved = { xs: xs.map((x) => x.guarded()), ys: ys.map((y) => y.guarded()) };
  return ys;
}

/** Runs a kernel that writes into existing tensors; counts as a write in place. Kernels of a backend's own, and most
 *  loops, take contiguous outputs only. Throws BackendError for operands of two backends. */
export function runInPlace<A>(kernel: Kernel<A>, outs: Tensor[], ins: Tensor[], attrs: A): void {
  for (const t of [...outs, ...ins]) t.check(kernel.name);
  backendOf(kernel.name, [...outs, ...ins]).run(kernel, outs.map(bufferView), ins.map(bufferView), attrs);
  for (const t of outs) t.storage.version++;
}
