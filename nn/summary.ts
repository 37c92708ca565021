// Tables of a model's layers: shapes, parameters and multiply-accumulates, measured in one forward pass on a sample of zeros.
//
//   multiply-accumulates   Linear: out * in for each row;   Conv1d, Conv2d: in/groups * kernel for each output;   ConvTranspose2d:
//   out/groups * kernel for each input;   RNN, LSTM, GRU: all weights for each step;   MultiheadAttention of t queries and s keys:
//   t c^2 + 2 s c^2 + 2 t s c, in addition to the Linear of its output.   Other layers count 0.
import {
  checkInteger,
  checkOptions,
  type DType,
  describeValue,
  noGrad,
  type Shape,
  ShapeError,
  scope,
  type Tensor,
  ValueError,
  zeros,
} from '../core/index.js';
import { PReLU } from './activation.js';
import { MultiheadAttention } from './attention.js';
import { checkCounts } from './checks.js';
import { Conv2d } from './conv.js';
import { Conv1d } from './conv1d.js';
import { ConvTranspose2d } from './convTranspose.js';
import { GroupNorm } from './groupNorm.js';
import { withForwardHook } from './hook.js';
import { Embedding, Linear } from './linear.js';
import { modesOf } from './modes.js';
import { Module, type Named } from './module.js';
import { BatchNorm, LayerNorm } from './norm.js';
import { GRU, LSTM, Recurrent, RNN } from './recurrent.js';

/** One call of a layer, or a layer that was not called. A module counts as a layer if it has no children, has parameters of its own, or is at the
 *  last listed level. */
export interface SummaryRow {
  /** The layer's path in the model; '' for the model itself. */
  path: string;
  /** The name of the layer's class; a minifier may shorten it. */
  kind: string;
  /** The shape of the output without the batch axis; null if the layer was not called. */
  output: Shape | null;
  /** The number of elements of the layer's parameters, without those that an earlier row counted. */
  parameters: number;
  /** Multiply-accumulates for one sample. */
  macs: number;
}

/** Options of `summary` and `summarize`. */
export interface SummaryOptions {
  /** The dtype of the input. Default: the dtype of the first parameter, or float32. A model that starts with an Embedding needs
   *  int32. */
  dtype?: DType;
  /** The deepest level to list: 0 is the model, 1 its children. Rows of that level include everything below them.
   *  Default: all levels. */
  depth?: number;
}

/** The result of `summarize`. */
export interface Summary {
  /** The calls of layers, in the order in which they end, then layers that were not called. */
  rows: SummaryRow[];
  /** The number of elements of all parameters, each counted once. */
  parameters: number;
  /** Multiply-accumulates for one sample. */
  macs: number;
  /** Layers of boundgrad with parameters that ran but that `namedModules` does not list, such as layers in #private fields. Optimizers do not
   *  train them, and state dicts do not hold them. */
  unreachable: string[];
}

/** Lists the layers of a model in the order in which their calls end, then those that were not called, with totals.
 *  shape: the shape of one sample, without the batch axis.
 *  Runs one forward in evaluation mode without recording the graph, then restores the mode of each module.
 *  Throws ValueError if depth is not an integer of at least 0. */
export function summarize(model: Module, shape: Shape, options: SummaryOptions = {}): Summary {
  return summaryOf('summarize', model, shape, options);
}

/** The result of `summarize`. what: the function that errors name. */
function summaryOf(what: string, model: Module, shape: Shape, options: SummaryOptions): Summary {
  if (!(model instanceof Module)) throw new ValueError(`${what}: takes a module: got ${describeValue(model)}`);
  checkCounts(`${what}: the shape`, shape);
  checkOptions(what, options, ['dtype', 'depth']);
  const { depth = Infinity } = options;
  if (depth !== Infinity) checkInteger(`${what}: depth`, depth, 0);
  const rows: SummaryRow[] = [];
  const seen = new Set<Tensor>();
  const called = new Set<Module>();
  const modules = model.namedModules();
  const parameters = model.namedParameters();
  let macs = 0;
  let unreachable: string[] = [];
  const row = (path: string, module: Module, y: Tensor | null, macs: number): SummaryRow => {
    const fresh = countedIn(parameters, path, depth).filter((t) => !seen.has(t));
    for (const t of fresh) seen.add(t);
    return { path, kind: module.constructor.name, output: y ? y.shape.slice(1) : null, parameters: count(fresh), macs };
  };
  const layers = modules.filter(([path, m]) => {
    const below = depth - levelOf(path);
    return below === 0 || (below > 0 && (m.children().length === 0 || countedIn(parameters, path, depth).length > 0));
  });
  const restoreModes = modesOf(model);
  const countCall = (named: Named<Module>, forward: () => Tensor, ...inputs: Tensor[]) => {
    const [path, module] = named;
    const start = macs;
    const y = forward();
    const own = macsOf(module, inputs, y);
    macs += own;
    called.add(module);
    if (layers.includes(named)) rows.push(row(path, module, y, levelOf(path) === depth ? macs - start : own));
    return y;
  };
  model.eval();
  try {
    const dtype = options.dtype ?? parameters[0]?.[1].dtype ?? 'float32';
    const run = () => scope(() => noGrad(() => model.forward(zeros([1, ...shape], { dtype })).shape));
    unreachable = unknownLayers(new Set(modules.map(([, m]) => m)), () => withForwardHook(modules, countCall, run));
  } catch (error) {
    // A grey picture has [1, rows, columns].
    if (error instanceof ShapeError && shape.length !== 3 && (shape[0] === 1 || shape.length % 2 === 0))
      error.message += `; ${what} adds the batch axis: without it the shape is [${shape.slice(1)}]`;
    throw error;
  } finally {
    restoreModes();
  }
  rows.push(...layers.filter(([, m]) => !called.has(m)).map(([path, m]) => row(path, m, null, 0)));
  return { rows, parameters: count(parameters.map(([, t]) => t)), macs, unreachable };
}

/** The result of `summarize` as a text table; a dash stands for 0. Takes the same arguments and throws the same errors. */
export function summary(model: Module, shape: Shape, options: SummaryOptions = {}): string {
  const { rows, parameters, macs, unreachable } = summaryOf('summary', model, shape, options);
  const number = (n: number) => (n ? n.toLocaleString('en-US') : '–');
  // Aligns each axis: 1024 x  4 x  4 under 64 x 32 x 32.
  const digits = (i: number) => Math.max(...rows.map((r) => String(r.output?.[i] ?? '').length));
  const output = (r: SummaryRow) => r.output?.map((d, i) => String(d).padStart(digits(i))).join(' x ') ?? 'not called';
  const cells = [
    ['layer', 'kind', 'output', 'parameters', 'MACs'],
    ...rows.map((r) => [r.path || '(model)', r.kind, output(r), number(r.parameters), number(r.macs)]),
    ['total', '', '', number(parameters), number(macs)],
  ];
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) => row.map((c, i) => (i < 3 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join('  '));
  const rule = '─'.repeat(lines[0].length);
  const warning = `not reachable, so neither trained nor saved: ${unreachable.join(', ')}; hold them in fields that are not #private`;
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1), ...(unreachable.length ? [warning] : [])].join(
    '\n',
  );
}

/** Runs a function. Returns the layers with parameters whose `forward` it calls although they are not among `known`. */
function unknownLayers(known: ReadonlySet<Module>, run: () => unknown): string[] {
  const found = new Set<Module>();
  const withParameters = [
    ...[Linear, Embedding, PReLU, MultiheadAttention, Conv1d, Conv2d, ConvTranspose2d],
    ...[BatchNorm, LayerNorm, GroupNorm, RNN, LSTM, GRU],
  ];
  const kinds = withParameters.map(({ prototype }) => prototype as Module);
  const before = kinds.map(({ forward }) => forward);
  kinds.forEach((kind, i) => {
    kind.forward = function (this: Module, ...given) {
      if (!known.has(this)) found.add(this);
      return before[i].apply(this, given);
    };
  });
  try {
    run();
  } finally {
    kinds.forEach((kind, i) => {
      kind.forward = before[i];
    });
  }
  return [...found].map(String);
}

function levelOf(path: string): number {
  return path ? path.split('.').length : 0;
}

/** The parameters that a row counts: the module's own, and at the last level also all below it. */
function countedIn(parameters: [string, Tensor][], path: string, depth: number): Tensor[] {
  const prefix = path ? `${path}.` : '';
  const all = levelOf(path) === depth;
  return parameters
    .filter(([name]) => name.startsWith(prefix) && (all || !name.slice(prefix.length).includes('.')))
    .map(([, t]) => t);
}

function count(tensors: Tensor[]): number {
  return tensors.reduce((sum, t) => sum + t.size, 0);
}

/** Multiply-accumulates of the call that returned y. */
function macsOf(module: Module, [x, key = x]: Tensor[], y: Tensor): number {
  if (module instanceof MultiheadAttention) {
    const c = module.in_proj_weight.shape[1];
    const [t, s] = [x.size / c, key.size / c];
    return t * c * c + 2 * s * c * c + 2 * t * s * c;
  }
  if (module instanceof Recurrent) {
    const weights = module.namedParameters().filter(([name]) => name.startsWith('weight'));
    return (y.size / y.shape[2]) * count(weights.map(([, t]) => t));
  }
  if (module instanceof ConvTranspose2d) return (x.size / module.weight.shape[0]) * module.weight.size;
  // Each element of the output depends on weight.size / weight.shape[0] weights.
  if (module instanceof Linear || module instanceof Conv1d || module instanceof Conv2d)
    return (y.size / module.weight.shape[0]) * module.weight.size;
  return 0;
}
