// Operations of a user's own, and trading time for memory.
import { grad } from './backward.js';
import { GradError } from './errors.js';
import { isRecording, type Node, withRecording } from './graph.js';
import { type Op, record } from './op.js';
import { defaultRandom, Random, useRandom } from './random.js';
import { currentScope, scope } from './scope.js';
import type { Tensor } from './tensor.js';

/** A function with a gradient of its own. forward runs unrecorded; vjp gives, for the cotangent g of y = forward(..xs),
 *  the cotangent of each x, or null for none. Written in operations, it can be differentiated again. */
export function customOp(
  name: string,
  forward: (...xs: Tensor[]) => Tensor,
  vjp: (g: Tensor, xs: Tensor[], y: Tensor) => (Tensor | null)[],
): (...xs: Tensor[]) => Tensor {
  const op: Op<object> = {
    name,
    shape: () => [],
    loop() {},
    vjp([g], xs, [y]) {
      let all: (Tensor | null)[] | undefined;
      return xs.map((_, i) => () => {
        all ??= vjp(g, xs, y);
        const part = all[i];
        if (!part) throw new GradError(`${name}: its vjp gives no gradient for input ${i}, which requires one`);
        return part;
      });
    },
  };
  return (...xs) => {
    const y = withRecording(false, () => forward(...xs));
    return record(op, xs, [xs.includes(y) ? y.detach() : y], {})[0];
  };
}

/** Runs fn(..xs) without keeping what its gradient needs; backward runs it once more. Costs one forward, saves its memory.
 *  Draws of the default Random are repeated, so dropout drops the same elements. fn must depend on nothing that changes. */
export function checkpoint(fn: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Tensor {
  if (!isRecording()) return fn(...xs);
  const random = defaultRandom().state();
  // The first run shows which leaves fn reads besides its arguments; its graph is dropped.
  const inner = currentScope() && scope();
  let y: Tensor;
  let leaves: Tensor[];
  try {
    const links = xs.map(asLeaf);
    const recorded = fn(...links);
    leaves = leavesOf(recorded).filter((leaf) => !links.includes(leaf));
    y = xs.includes(recorded) || leaves.includes(recorded) ? recorded.detach().clone() : recorded.detach();
    inner?.promote(y.storage);
  } finally {
    inner?.close();
  }
  const op: Op<object> = {
    name: 'checkpoint',
    shape: () => [],
    loop() {},
    vjp([g], inputs) {
      let all: Tensor[] | undefined;
      return inputs.map((_, i) => () => {
        all ??= again(fn, inputs.slice(0, xs.length), inputs.slice(xs.length), g, random);
        return all[i];
      });
    },
  };
  return record(op, [...xs, ...leaves], [y], {})[0];
}

function again(
  fn: (...xs: Tensor[]) => Tensor,
  xs: Tensor[],
  leaves: Tensor[],
  gradient: Tensor,
  random: ReturnType<Random['state']>,
) {
  const before = useRandom(Random.from(random));
  try {
    return withRecording(true, () => {
      const points = xs.map(asLeaf);
      const wanted = [...points, ...leaves].filter((t) => t.requiresGrad);
      const gs = grad(fn(...points), wanted, { gradient });
      return [...points, ...leaves].map((t) => gs[wanted.indexOf(t)]);
    });
  } finally {
    useRandom(before);
  }
}

function asLeaf(x: Tensor): Tensor {
  const leaf = x.detach();
  if (x.requiresGrad) leaf.requiresGrad = true;
  return leaf;
}

function leavesOf(y: Tensor): Tensor[] {
  const leaves = new Set<Tensor>();
  const seen = new Set<Node>();
  const stack: Node[] = y.node ? [y.node] : [];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (!node.op && node.receivers[0]) leaves.add(node.receivers[0]);
    for (const x of node.saved?.xs ?? []) if (x.node) stack.push(x.node);
  }
  return [...leaves];
}
