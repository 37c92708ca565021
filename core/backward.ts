// Reverse-mode differentiation.
//
//   order   nodes by falling id. A node gets its id when its operation runs, so every consumer comes before its inputs.
//   gather  gbar(x) = the sum of the gradients of x that the vjps of the operations that use x compute
//   memory  Inside a scope, a node's results are freed once the node is done, unless retainGraph is set; their gradients too, unless
//           createGraph is set. All consumers of the node in this graph are done by then. The `grad` that backward() fills
//           outlives the scope.
import { checkTensor } from './arguments.js';
import { GradError, ShapeError } from './errors.js';
import { placeGrad } from './gradients.js';
import { type Node, withRecording } from './graph.js';
import { type Op, record, type Thunks } from './op.js';
import { checkFlags, checkTensors } from './operands.js';
import { copy } from './ops/cast.js';
import { filled } from './ops/fill.js';
import { add } from './ops/zip.js';
import { runInInnerScope, Storage } from './scope.js';
import { isContiguous, kindOf, sameShape, show } from './shape.js';
import type { Tensor } from './tensor.js';

/** Options of `backward` and `grad`. */
export interface BackwardOptions {
  /** The cotangent of the root, or one for each of several roots, with the root's shape and dtype. Default: 1, which requires a
   *  root of one element. */
  gradient?: Tensor | readonly Tensor[];
  /** Keeps the saved values, so that backward can run again. Default: the value of `createGraph`. */
  retainGraph?: boolean;
  /** Records the computation of the gradients, so that they can be differentiated. Default: false. */
  createGraph?: boolean;
}

/** Adds the gradient of `root` to the `grad` of every leaf that it was computed from, and of tensors with retainGrad().
 *  Throws GradError if nothing requires a gradient, if no cotangent is given and the root does not have one element, or if an
 *  earlier backward freed the graph; ShapeError if the cotangent differs from the root in shape or dtype. */
export function backward(root: Tensor, options: BackwardOptions = {}): void {
  checkBackward('backward', [root], options);
  propagate('backward', [root], options, (node, gs, pending) => {
    node.gradTargets.forEach((t, i) => {
      const g = gs[i];
      if (t && g) t.grad = placeGrad(t, t.grad ? add(t.grad, g) : pending.own(g));
    });
    node.root = root.node!.id;
  });
}

/** The gradients of y with respect to each x; leaves every `grad` unchanged. Zeros if y does not depend on x. The gradients of
 *  several ys are summed. Throws GradError if an x requires no gradient, and the errors of `backward`. */
export function grad(y: Tensor | readonly Tensor[], xs: readonly Tensor[], options: BackwardOptions = {}): Tensor[] {
  const ys = Array.isArray(y) ? y : [y as Tensor];
  checkBackward('grad', ys, options);
  checkTensors('grad', xs);
  return gradAfter(0, ys, xs, options);
}

/** Throws ValueError or DTypeError unless the roots are tensors and the options are known and of the right kind. */
function checkBackward(what: string, roots: readonly Tensor[], options: BackwardOptions): void {
  checkTensors(what, roots);
  checkFlags(what, options, ['gradient', 'retainGraph', 'createGraph'], ['gradient']);
  const { gradient } = options;
  if (gradient) checkTensors(what, [gradient].flat());
}

/** Like `grad`, but nodes with ids up to `past` count as leaves: their inputs are not visited, and they are not freed. */
export function gradAfter(
  past: number,
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  options: BackwardOptions,
): Tensor[] {
  const found: Tensor[] = [];
  const wanted = new Map<Node, number[]>();
  xs.forEach((x, i) => {
    const { node } = checkTensor('grad', x);
    if (!node) throw new GradError(`grad: an input requires no gradient: ${show(x.shape)}; set requiresGrad first`);
    wanted.set(node, [...(wanted.get(node) ?? []), i]);
  });
  const visit: Visit = (node, gs, pending) => {
    for (const i of wanted.get(node) ?? []) {
      const g = gs[xs[i].output];
      if (g) found[i] = pending.own(g);
    }
  };
  const from = [...wanted.keys()].reduce((least, node) => Math.min(least, node.id), Infinity);
  propagate('grad', ys, options, visit, { past, from, needed: (order) => dependingOn(wanted.keys(), order) });
  return xs.map((x, i) => found[i] ?? filled(x.shape, 0, x.dtype, x));
}

type Visit = (node: Node, gs: (Tensor | undefined)[], pending: Pending) => void;

/** What a walk leaves out. */
interface Limits {
  /** Nodes up to this id count as leaves. Default: 0, so only leaves do. */
  past?: number;
  /** Nodes below this id are not visited. Default: 0, so all are visited. */
  from?: number;
  /** Returns the nodes of `order` that get a gradient. Default: all. */
  needed?: (order: Node[]) => Set<Node>;
}

/** Walks the graph from the roots and calls `visit` with each node and its gathered gradients. what: the function that messages
 *  name. */
function propagate(
  what: string,
  roots: readonly Tensor[],
  options: BackwardOptions,
  visit: Visit,
  { past = 0, from = 0, needed }: Limits = {},
): void {
  const { createGraph = false, retainGraph = createGraph, gradient } = options;
  const pending = new Pending(createGraph);
  if (Array.isArray(gradient) && gradient.length !== roots.length)
    throw new GradError(`${what}: ${gradient.length} cotangents for ${roots.length} roots`);
  const seeds = roots.map((root, i) =>
    seedOf(what, root, Array.isArray(gradient) ? gradient[i] : (gradient as Tensor)),
  );
  const order = collect(roots, from, past);
  const among = needed?.(order);
  const isNeeded = (node: Node | null) => node !== null && (!among || among.has(node));

  withRecording(createGraph, () => {
    roots.forEach((root, i) => {
      if (isNeeded(root.node)) pending.add(root.node!, root.output, seeds[i]);
    });
    for (const node of order) {
      const gs = pending.take(node);
      if (!gs) continue;
      visit(node, gs, pending);
      if (node.op && node.id > past) {
        if (!node.saved) throw graphFreed(node);
        const { xs, ys } = node.saved;
        const parts = pending.compute(() => {
          const thunks = vjpOf(node, gs);
          return xs.map((x, i) => (isNeeded(x.node) && thunks[i]?.()) || null);
        });
        parts.forEach((g, i) => {
          if (!g) return;
          checkTerm(node, g, xs[i]);
          pending.add(xs[i].node!, xs[i].output, g);
        });
        if (!retainGraph) release(node, ys, [...roots, ...xs, ...parts]);
      }
      pending.done(gs);
    }
  });
}

/** The gradients of nodes that are not visited yet. For each storage that this backward created, it counts the gradients that use the
 *  storage, and frees it with the last of them. */
class Pending {
  readonly #gradients = new Map<Node, (Tensor | undefined)[]>();
  readonly #holders = new Map<Storage, number>();

  constructor(readonly createGraph: boolean) {}

  /** Computes gradients. Inside a scope they get an inner scope, which frees their temporaries at once. */
  compute(fn: () => (Tensor | null)[]): (Tensor | null)[] {
    if (this.createGraph) return fn();
    const before = Storage.count;
    const gs = runInInnerScope(fn);
    for (const g of gs) if (g && g.storage.id > before) this.#holders.set(g.storage, 0);
    return gs;
  }

  /** Adds g to the gradient of an output of a node. */
  add(node: Node, output: number, g: Tensor): void {
    const gs = this.#gradients.get(node) ?? new Array<Tensor | undefined>(node.outputs).fill(undefined);
    this.#gradients.set(node, gs);
    const before = gs[output];
    gs[output] = before ? this.compute(() => [add(before, g)])[0]! : g;
    this.#hold(gs[output]!, 1);
    if (!before) return;
    this.#hold(before, -1);
    this.#hold(g, 0);
  }

  /** Removes and returns the gradients of a node's outputs; undefined if there are none. */
  take(node: Node): (Tensor | undefined)[] | undefined {
    const gs = this.#gradients.get(node);
    this.#gradients.delete(node);
    return gs;
  }

  /** A contiguous gradient that alone fills its storage: g, or a copy. */
  own(g: Tensor): Tensor {
    const sole = this.#holders.get(g.storage) === 1 && g.size === g.storage.buffer.length;
    if (!sole || !isContiguous(g)) return copy(g);
    this.#holders.delete(g.storage);
    return g.detach();
  }

  /** Ends the use of a node's gradients. Frees those that no other node uses. */
  done(gs: (Tensor | undefined)[]): void {
    for (const g of gs) if (g) this.#hold(g, -1);
  }

  #hold(g: Tensor, change: number): void {
    const holders = this.#holders.get(g.storage);
    if (holders === undefined) return;
    this.#holders.set(g.storage, holders + change);
    if (holders + change > 0) return;
    this.#holders.delete(g.storage);
    if (g.storage.owner) g.storage.free('an inner gradient; retainGrad() or createGraph keeps it');
  }
}

function seedOf(what: string, root: Tensor, gradient: Tensor | undefined): Tensor {
  if (!checkTensor(what, root).node)
    throw new GradError(
      `${what}: nothing to differentiate: no operand requires a gradient, or an operation has no vjp or ran in noGrad`,
    );
  if (!gradient) {
    if (root.size !== 1) {
      throw new GradError(`${what}: root must be a scalar: ${show(root.shape)}; reduce it, or pass { gradient }`);
    }
    return filled(root.shape, 1, root.dtype, root);
  }
  if (kindOf(gradient) !== kindOf(root)) {
    throw new ShapeError(
      `${what}: the cotangent must have the root's shape and dtype: ${kindOf(gradient)} for ${kindOf(root)}`,
    );
  }
  return gradient;
}

function checkTerm(node: Node, g: Tensor, x: Tensor): void {
  if (sameShape(g.shape, x.shape) && g.dtype === x.dtype) return;
  throw new GradError(`${node.name}: its vjp returned ${kindOf(g)} for an input of ${kindOf(x)}`);
}

/** The nodes that the roots depend on, by falling id. Skips nodes with ids below `from`, and the inputs of nodes with ids up to
 *  `past`. Without recursion, because graphs may be deep. */
function collect(roots: readonly Tensor[], from: number, past: number): Node[] {
  const seen = new Set<Node>();
  const stack = roots.map((r) => r.node!);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || node.id < from) continue;
    seen.add(node);
    if (!node.op || node.id <= past) continue;
    if (!node.saved) throw graphFreed(node);
    for (const x of node.saved.xs) if (x.node) stack.push(x.node);
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

/** The ends, and the nodes of `order` that depend on one of them. */
function dependingOn(ends: Iterable<Node>, order: Node[]): Set<Node> {
  const needed = new Set(ends);
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i].saved?.xs.some((x) => x.node && needed.has(x.node))) needed.add(order[i]);
  }
  return needed;
}

function vjpOf({ op, attrs, saved }: Node, gs: readonly (Tensor | undefined)[]): Thunks {
  const { xs, ys } = saved!;
  const cotangents = Array.from(gs, (g, i) => g ?? filled(ys[i].shape, 0, ys[i].dtype, ys[i]));
  return op!.vjp!(cotangents, xs, ys, attrs);
}

const identityOp: Op<object> = { name: 'identity', shape: (xs) => xs, loop() {}, vjp: ([g]) => [() => g] };

/** Returns x as the result of a new node. The gradient with respect to the result leaves out other uses of x. */
export function identity(x: Tensor): Tensor {
  x.check('identity');
  return record(identityOp, [x], [x.detach()], {})[0];
}

/** Frees a node's saved values and results, except storages shared with others: roots, inputs of views, gradients. */
function release(node: Node, ys: readonly Tensor[], others: readonly (Tensor | null)[]): void {
  node.saved = null;
  for (const { storage } of ys) {
    if (!storage.owner || others.some((t) => t?.storage === storage)) continue;
    storage.free('backward() frees what it has used; read it before, keep(t) it, or pass { retainGraph: true }');
  }
}

function graphFreed(node: Node): GradError {
  return new GradError(
    `backward: an earlier backward freed the graph: at ${node.name}; pass it { retainGraph: true }, or detach()`,
  );
}
