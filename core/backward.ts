// Reverse-mode differentiation.
//
//   order   nodes by falling id: an id is given when an operation runs, so every consumer comes before its inputs
//   gather  gbar(x) = sum over consumers of their vjp's part for x
//   memory  inside a scope, a node's results and their gradients are freed as soon as the node is done, since every
//           consumer in this graph was done before; leaf gradients belong to the leaves and outlive the scope
import { GradError, ShapeError } from './errors.js';
import { placeGrad } from './gradients.js';
import { type Node, withRecording } from './graph.js';
import { type Op, record, type Thunks } from './op.js';
import { copy } from './ops/cast.js';
import { filled } from './ops/fill.js';
import { add } from './ops/zip.js';
import { runInInnerScope, Storage } from './scope.js';
import { isContiguous, sameShape, show } from './shape.js';
import type { Tensor } from './tensor.js';

export interface BackwardOptions {
  /** The cotangent of the root, or one for each of several; 1 where left out, which needs a root of one element. */
  gradient?: Tensor | readonly Tensor[];
  /** Keeps saved values, so that backward can run again. */
  retainGraph?: boolean;
  /** Records the gradients themselves, so that they can be differentiated. Keeps the graph. */
  createGraph?: boolean;
}

/** Adds the gradient of `root` to `grad` of every leaf it came from, and of tensors that asked with retainGrad().
 *  Throws GradError if nothing requires a gradient, if the root is no scalar and no cotangent is given, or if the graph
 *  was used up by an earlier backward. */
export function backward(root: Tensor, options: BackwardOptions = {}): void {
  propagate([root], options, (node, gs, pending) => {
    node.gradTargets.forEach((t, i) => {
      const g = gs[i];
      if (t && g) t.grad = placeGrad(t, t.grad ? add(t.grad, g) : pending.own(g));
    });
  });
}

/** The gradients of y to each x, without touching any `grad`: zeros where y does not depend on x.
 *  Several ys are summed. Throws as backward does. */
export function grad(y: Tensor | readonly Tensor[], xs: readonly Tensor[], options: BackwardOptions = {}): Tensor[] {
  return gradAfter(0, Array.isArray(y) ? y : [y as Tensor], xs, options);
}

/** The same, taking every node up to the id `past` for a leaf: what lies before is neither followed nor freed. */
export function gradAfter(
  past: number,
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  options: BackwardOptions,
): Tensor[] {
  const found: Tensor[] = [];
  const wanted = new Map<Node, number[]>();
  xs.forEach((x, i) => {
    if (!x.node)
      throw new GradError(`grad: an input requires no gradient: ${show(x.shape)}; set requiresGrad before computing`);
    wanted.set(x.node, [...(wanted.get(x.node) ?? []), i]);
  });
  const visit: Visit = (node, gs, pending) => {
    for (const i of wanted.get(node) ?? []) {
      const g = gs[xs[i].output];
      if (g) found[i] = pending.own(g);
    }
  };
  propagate(ys, options, visit, wanted, past);
  return xs.map((x, i) => found[i] ?? filled(x.shape, 0, x.dtype, x));
}

type Visit = (node: Node, gs: (Tensor | undefined)[], pending: Pending) => void;

/** Walks the graph below the roots and calls `visit` with each node's gathered gradients.
 *  ends: where given, only nodes from which one of them can be reached. past: nodes up to this id are leaves. */
function propagate(
  roots: readonly Tensor[],
  options: BackwardOptions,
  visit: Visit,
  ends?: Map<Node, unknown>,
  past = 0,
): void {
  const { createGraph = false, retainGraph = createGraph, gradient } = options;
  const pending = new Pending(createGraph);
  const seeds = roots.map((root, i) => seedOf(root, Array.isArray(gradient) ? gradient[i] : (gradient as Tensor)));
  const order = collect(roots, ends ? [...ends.keys()].reduce((least, n) => Math.min(least, n.id), Infinity) : 0, past);
  const needed = ends && leadingTo(ends, order);
  const wants = (node: Node | null) => node !== null && (!needed || needed.has(node));

  withRecording(createGraph, () => {
    roots.forEach((root, i) => {
      if (wants(root.node)) pending.add(root.node!, root.output, seeds[i]);
    });
    for (const node of order) {
      const gs = pending.take(node);
      if (!gs) continue;
      visit(node, gs, pending);
      if (node.op && node.id > past) {
        if (!node.saved) throw usedUp(node);
        const { xs, ys } = node.saved;
        const parts = pending.compute(() => {
          const thunks = vjpOf(node, gs, createGraph);
          return xs.map((x, i) => (wants(x.node) && thunks[i]?.()) || null);
        });
        parts.forEach((g, i) => {
          if (!g) return;
          checkPart(node, g, xs[i]);
          pending.add(xs[i].node!, xs[i].output, g);
        });
        if (!retainGraph) release(node, ys, [...roots, ...xs, ...parts]);
      }
      pending.done(gs);
    }
  });
}

/** Gradients that wait for their node, and how many wait on each storage that was made for one. */
class Pending {
  readonly #gradients = new Map<Node, (Tensor | undefined)[]>();
  readonly #holders = new Map<Storage, number>();

  constructor(readonly createGraph: boolean) {}

  /** Computes gradients, inside a scope in one of its own, so that what they needed on the way is freed at once. */
  compute(fn: () => (Tensor | null)[]): (Tensor | null)[] {
    if (this.createGraph) return fn();
    const before = Storage.count;
    const gs = runInInnerScope(fn);
    for (const g of gs) if (g && g.storage.id > before) this.#holders.set(g.storage, 0);
    return gs;
  }

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

  take(node: Node): (Tensor | undefined)[] | undefined {
    const gs = this.#gradients.get(node);
    this.#gradients.delete(node);
    return gs;
  }

  /** A gradient in values of its own: itself where nobody else waits for its storage, else a copy. */
  own(g: Tensor): Tensor {
    const sole = this.#holders.get(g.storage) === 1 && g.size === g.storage.buffer.length;
    if (!sole || !isContiguous(g.shape, g.stride)) return copy(g);
    this.#holders.delete(g.storage);
    return g.detach();
  }

  /** Lets go of a node's gradients; those that no other node waits for are freed. */
  done(gs: (Tensor | undefined)[]): void {
    for (const g of gs) if (g) this.#hold(g, -1);
  }

  #hold(g: Tensor, change: number): void {
    const holders = this.#holders.get(g.storage);
    if (holders === undefined) return;
    this.#holders.set(g.storage, holders + change);
    if (holders + change > 0) return;
    this.#holders.delete(g.storage);
    if (g.storage.owner) g.storage.free('it was an inner gradient of backward; retainGrad() or createGraph keeps it');
  }
}

function seedOf(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (!root.node)
    throw new GradError(
      'backward: nothing to differentiate: no operand required a gradient, or what came after has no vjp',
    );
  if (!gradient) {
    if (root.size !== 1) {
      throw new GradError(
        `backward: the root is no scalar: ${show(root.shape)}; reduce it, or give { gradient } of that shape`,
      );
    }
    return filled(root.shape, 1, root.dtype, root);
  }
  if (!sameShape(gradient.shape, root.shape) || gradient.dtype !== root.dtype) {
    throw new ShapeError(
      `backward: the cotangent must have the root's shape and dtype: ${typeOf(gradient)} for ${typeOf(root)}`,
    );
  }
  return gradient;
}

function checkPart(node: Node, g: Tensor, x: Tensor): void {
  if (sameShape(g.shape, x.shape) && g.dtype === x.dtype) return;
  throw new GradError(`${node.name}: its vjp gave ${typeOf(g)} for an input of ${typeOf(x)}`);
}

function typeOf(t: Tensor): string {
  return `${show(t.shape)} ${t.dtype}`;
}

/** Every node the roots came from, by falling id, as far as the ids `from` and `past` allow. No recursion: graphs may be
 *  deep. */
function collect(roots: readonly Tensor[], from: number, past: number): Node[] {
  const seen = new Set<Node>();
  const stack = roots.map((r) => r.node!);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || node.id < from) continue;
    seen.add(node);
    if (!node.op || node.id <= past) continue;
    if (!node.saved) throw usedUp(node);
    for (const x of node.saved.xs) if (x.node) stack.push(x.node);
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

/** The nodes of an order from which one of the ends can be reached. */
function leadingTo(ends: Map<Node, unknown>, order: Node[]): Set<Node> {
  const needed = new Set<Node>(ends.keys());
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i].saved?.xs.some((x) => x.node && needed.has(x.node))) needed.add(order[i]);
  }
  return needed;
}

function vjpOf(node: Node, gs: readonly (Tensor | undefined)[], createGraph: boolean): Thunks {
  const { op, attrs } = node;
  const { xs, ys } = node.saved!;
  const cotangents = ys.map((y, i) => gs[i] ?? filled(y.shape, 0, y.dtype, y));
  if (!createGraph || !op!.composed) return op!.vjp!(cotangents, xs, ys, attrs);
  // A fused vjp cannot be differentiated again; plain operations can. Links keep the walk from going past the inputs.
  const points = xs.map(identity);
  const wanted = points.filter((x) => x.node);
  const roots: Tensor[] = [];
  const gradient: Tensor[] = [];
  op!.composed(points, attrs).forEach((y, i) => {
    if (!y.node) return;
    roots.push(y);
    gradient.push(cotangents[i]);
  });
  const parts = grad(roots, wanted, { gradient, createGraph: true });
  return points.map((x) => (x.node ? () => parts[wanted.indexOf(x)] : null));
}

const identityOp: Op<object> = { name: 'identity', shape: (xs) => xs, loop() {}, vjp: ([g]) => [() => g] };

/** The same values one node further on: a gradient to it counts uses of it, not of x. */
export function identity(x: Tensor): Tensor {
  x.check('identity');
  return record(identityOp, [x], [x.detach()], {})[0];
}

/** Frees a node's saved values and results, but for values that others share: roots, inputs it is a view of, gradients. */
function release(node: Node, ys: readonly Tensor[], others: readonly (Tensor | null)[]): void {
  node.saved = null;
  for (const { storage } of ys) {
    if (!storage.owner || others.some((t) => t?.storage === storage)) continue;
    storage.free('backward has used it; read it before backward(), keep(t) it, or pass { retainGraph: true }');
  }
}

function usedUp(node: Node): GradError {
  return new GradError(
    `backward: the graph was used up by an earlier backward: at ${node.name}; pass { retainGraph: true } the first time`,
  );
}
