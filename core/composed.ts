// Second derivatives of operations whose vjp is one fused kernel.
import { grad, identity } from './backward.js';
import { isRecording } from './graph.js';
import type { Definition } from './op.js';

/** Returns a definition whose vjp uses the composed form while the vjp itself is recorded. A fused vjp cannot be differentiated again,
 *  but the composed form can. */
/* @__NO_SIDE_EFFECTS__ */
export function withComposed<Args extends unknown[], A>(definition: Definition<Args, A>): Definition<Args, A> {
  const { vjp, composed } = definition;
  if (!vjp || !composed) return definition;
  return {
    ...definition,
    vjp(gs, xs, ys, attrs) {
      if (!isRecording()) return vjp(gs, xs, ys, attrs);
      // `identity` ends the walk at the inputs.
      const points = xs.map(identity);
      const wanted = points.filter((x) => x.node);
      const roots = composed(points, attrs);
      const gradient = gs.filter((_, i) => roots[i].node);
      const parts = grad(
        roots.filter((y) => y.node),
        wanted,
        { gradient, createGraph: true },
      );
      return points.map((x) => (x.node ? () => parts[wanted.indexOf(x)] : null));
    },
  };
}
