// Operations and gradients that a user defines, and recomputation, which trades time for memory.

import { checkFlag, checkInteger, checkOptions, checkTensor, describeValue, must } from './arguments.js';
import type { View } from './backends/backend.js';
import { gradAfter, identity } from './backward.js';
import { isCallable } from './callable.js';
import { withComposed } from './composed.js';
import { checkDType } from './dtype.js';
import { GradError, ValueError } from './errors.js';
import { isRecording, type Node, newestId, withRecording } from './graph.js';
import { apply, builtInNames, type Definition, type Op, type Operation, type Operations, record } from './op.js';
import { checkFree } from './operands.js';
import { copy } from './ops/cast.js';
import { dense } from './ops/loops.js';
import { type Drawn, defaultRandom, Random, redrawn, useRandom, withDrawn } from './random.js';
import { runInInnerScope, Storage } from './scope.js';
import { checkShape, stridesOf } from './shape.js';
import type { Tensor } from './tensor.js';

/** Makes an operation with one output from its definition. The loop gets each input in row-major order from element 0 on.
 *  Throws ValueError if a part is missing or a built-in operation has the name. */
export function checkedOp<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operation<Args, A> {
  const own = withChecks('op', definition);
  return Object.assign((...args: Args) => apply(own, ...own.args(...args))[0], { op: own });
}

/** Makes an operation with several outputs from its definition; see `op`. A call returns a list of tensors. */
export function checkedOps<Args extends unknown[], A>(definition: Definition<NoInfer<Args>, A>): Operations<Args, A> {
  const own = withChecks('ops', definition);
  return Object.assign((...args: Args) => apply(own, ...own.args(...args)), { op: own });
}

/** The functions of a definition; the first three are required. */
const FUNCTIONS = ['args', 'shape', 'loop', 'dtype', 'vjp', 'composed', 'view', 'examples'] as const;

function withChecks<Args extends unknown[], A>(what: string, definition: Definition<Args, A>): Definition<Args, A> {
  const { name, loop } = definition ?? {};
  if (!(typeof name === 'string' && name))
    throw new ValueError(`${what}: takes a definition with a name: got ${describeValue(name)}`);
  checkOptions(`${what}: ${name}`, definition, ['name', ...FUNCTIONS, 'kept', 'mixed']);
  if (builtInNames.has(name)) {
    throw new ValueError(`${what}: '${name}' is the name of a built-in operation; choose another`);
  }
  checkFlag(`${what}: ${name}: mixed`, definition.mixed ?? false);
  checkInteger(`${what}: ${name}: kept`, definition.kept ?? 0, 0);
  FUNCTIONS.forEach((part, i) => {
    const value = definition[part];
    if (isCallable(value) || (i > 2 && value === undefined)) return;
    throw new ValueError(`${what}: ${name}: ${part} must be a function: got ${describeValue(value)}`);
  });
  const { vjp, args, shape, dtype } = definition;
  return withComposed({
    ...definition,
    args: (...given) => {
      const call = args(...given);
      const fits = Array.isArray(call) && Array.isArray(call[0]) && call[0].length > 0;
      must(fits, `${name}: what args returns`, 'a list [tensors, attributes]', call);
      for (const x of call[0]) checkTensor(name, x);
      return call;
    },
    shape: (shapes, attrs) => {
      const list = shape(
        shapes.map((s) => [...s]),
        attrs,
      );
      const fits = Array.isArray(list) && list.length > 0 && list.every(Array.isArray);
      must(fits, `${name}: what shape returns`, 'a list with the shape of each output', list);
      // The last `kept` outputs are for the vjp only.
      const count = list.length - (definition.kept ?? 0);
      if (count < 1 || (what === 'op' && count > 1))
        throw new ValueError(
          `${name}: ${what} makes ${what === 'op' ? 'one output' : 'outputs'}: shape returns ${list.length}, kept is ${definition.kept ?? 0}`,
        );
      return list.map((s) => checkShape(`${name}: an output`, s));
    },
    dtype:
      dtype &&
      ((dtypes, attrs) => {
        const list = dtype(dtypes, attrs);
        must(
          Array.isArray(list) && list.length > 0,
          `${name}: what dtype returns`,
          'a list with the dtype of each output',
          list,
        );
        return list.map((d) => checkDType(`${name}: an output`, d));
      }),
    loop: (ys, xs, attrs) => loop(ys, xs.map(inOrder), attrs),
    vjp:
      vjp &&
      ((gs, xs, ys, attrs) => {
        const thunks = vjp(gs, xs, ys, attrs);
        const fits = Array.isArray(thunks) && thunks.every((f) => f === null || isCallable(f));
        must(fits, `${name}: what vjp returns`, 'a list of functions and nulls', thunks);
        const checked = (f: () => Tensor) => () => checkTensor(`${name}: a gradient of its vjp`, f());
        if (thunks.length === xs.length) return thunks.map((f) => f && checked(f));
        throw new GradError(
          `${name}: its vjp returns ${thunks.length} gradients for ${xs.length} inputs; return null for an input without one`,
        );
      }),
  });
}

function inOrder(x: View): View {
  return { data: dense(x), shape: x.shape, stride: stridesOf(x.shape), offset: 0 };
}

/** A function with its own gradient. forward computes y from the tensors xs and is not recorded. vjp returns the cotangent of
 *  each x for the cotangent g of y; null for an input without a gradient. A tensor that forward reads
 *  from elsewhere must not require a gradient: it would get none. If vjp uses operations, it can be differentiated
 *  again. name: for error messages. Throws ValueError for a method that needs its object: give `(x) => layer.forward(x)`. */
export function customOp(
  name: string,
  forward: (...xs: Tensor[]) => Tensor,
  vjp: (g: Tensor, xs: Tensor[], y: Tensor) => (Tensor | null)[],
): (...xs: Tensor[]) => Tensor {
  if (typeof name !== 'string') throw new ValueError(`customOp: name must be a string: got ${describeValue(name)}`);
  checkFree('customOp: forward', forward, 'it computes a tensor from tensors');
  checkFree('customOp: vjp', vjp, 'it returns a gradient for each input, or null');
  const op: Op<object> = {
    name,
    shape: () => [],
    loop() {},
    vjp([g], xs, [y]) {
      let all: (Tensor | null)[] | undefined;
      return xs.map((_, i) => () => {
        all ??= vjp(g, xs, y);
        must(Array.isArray(all), `${name}: what vjp returns`, 'a list with a gradient for each input', all);
        const part = all[i];
        if (!part) throw new GradError(`${name}: its vjp returns no gradient for input ${i}, which requires one`);
        return checkTensor(`${name}: a gradient of its vjp`, part);
      });
    },
  };
  return (...xs) => {
    for (const x of xs) checkTensor(name, x);
    const before = Storage.count;
    // The inputs require no gradient here. So if y requires one, it was computed from another tensor.
    const y = checkTensor(`${name}: the result of forward`, forward(...xs.map((x) => x.detach())));
    if (y.requiresGrad)
      throw new GradError(
        `${name}: forward reads a tensor that requires a gradient and would get none; make it an input, or detach() it`,
      );
    return record(op, xs, [withoutHistory(y, before)], {})[0];
  };
}

/** Runs fn(..xs) without saving values for its gradient; backward runs fn once more to compute them. This costs a second
 *  forward pass and saves the memory of those values. Draws are repeated, so dropout drops the same elements.
 *  fn must not depend on values that change between the two runs. Its side effects occur twice, but batch normalization updates its
 *  running statistics once. PyTorch's name: checkpoint.
 *  Throws ValueError for a method that needs its object: give `(x) => block.forward(x)`. */
export function rematerialize(fn: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Tensor {
  checkFree('rematerialize: fn', fn, 'it computes a tensor from the others');
  for (const x of xs) checkTensor('rematerialize', x);
  if (!isRecording()) return fn(...xs);
  const random = defaultRandom().state();
  // The graph of the first run shows which other recorded tensors fn reads. Then it is discarded.
  let others: Tensor[] = [];
  const [[y], drawn] = withDrawn(() =>
    runInInnerScope(() => {
      const points = xs.map(identity);
      const [node, storage] = [newestId(), Storage.count];
      const result = checkTensor('rematerialize: the result of fn', fn(...points));
      others = inputsBefore(result, node).filter((t) => !points.some((p) => p.node === t.node));
      return [withoutHistory(result, storage)];
    }),
  );
  const op: Op<object> = {
    name: 'rematerialize',
    shape: () => [],
    loop() {},
    vjp([g], inputs) {
      let all: Tensor[] | undefined;
      return inputs.map((_, i) => () => (all ??= recompute(fn, inputs, xs.length, g, random, drawn))[i]);
    },
  };
  return record(op, [...xs, ...others], [y], {})[0];
}

/** The gradients with respect to all inputs of fn. Calls fn with the first n inputs; fn reads the others from its closure. */
function recompute(
  fn: (...xs: Tensor[]) => Tensor,
  inputs: Tensor[],
  n: number,
  gradient: Tensor,
  random: ReturnType<Random['state']>,
  drawn: Drawn,
): Tensor[] {
  for (const x of inputs) x.check('rematerialize');
  const createGraph = isRecording();
  const before = useRandom(Random.from(random));
  try {
    return withRecording(true, () => {
      const points = inputs.map((x, i) => (i < n ? identity(x) : x));
      const wanted = points.filter((t) => t.node);
      const past = newestId();
      const y = redrawn(drawn, () => again(() => fn(...points.slice(0, n))));
      const gs = gradAfter(past, [y], wanted, { gradient, createGraph });
      return points.map((t) => gs[wanted.indexOf(t)]);
    });
  } finally {
    useRandom(before);
  }
}

let recomputing = false;

/** Whether rematerialize computes values for the second time. A layer then leaves its running statistics as they are. */
export function isRecomputing(): boolean {
  return recomputing;
}

/** Returns the result of `run`, during which isRecomputing() is true. */
function again<T>(run: () => T): T {
  const before = recomputing;
  recomputing = true;
  try {
    return run();
  } finally {
    recomputing = before;
  }
}

/** Returns y without its node. Backward frees the storage of a result. So y is copied unless fn created its storage, which then has
 *  an id above `storage`. */
function withoutHistory(y: Tensor, storage: number): Tensor {
  return y.storage.id > storage ? y.detach() : copy(y.detach());
}

/** The recorded tensors that fn read from outside to compute y. Nodes of fn have ids above `id`; these tensors' nodes do not. */
function inputsBefore(y: Tensor, id: number): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<Node>();
  const stack = [y];
  for (let t = stack.pop(); t; t = stack.pop()) {
    const { node, output } = t;
    if (!node || seen.has(node)) continue;
    if (node.id > id) {
      seen.add(node);
      stack.push(...(node.saved?.xs ?? []));
    } else if (!found.some((f) => f.node === node && f.output === output)) found.push(t);
  }
  return found;
}
