// What a model is made of: a forward of one zero sample, watched layer by layer.
//
//   multiply-accumulates   Conv2d: out h w (in/groups) kh kw;   Linear: out in for each row.   Nothing else is counted.
import { type DType, noGrad, type Shape, scope, type Tensor, ValueError, zeros } from '../core/index.js';
import { Conv2d } from './conv.js';
import { Linear } from './linear.js';
import type { Module, Named } from './module.js';
import { watching } from './watch.js';

/** One call of a layer: a module without children, with parameters of its own, or at the last level that is listed. */
export interface SummaryRow {
  /** Its path in the model; empty for the model itself. */
  path: string;
  /** The name of its class, as a minifier leaves it. */
  kind: string;
  /** The shape of its output without the batch axis; null for a layer that was not called. */
  output: Shape | null;
  /** Elements of its parameters; 0 in later calls and where an earlier row has them. */
  parameters: number;
  /** Multiply-accumulates of one sample. */
  macs: number;
}

export interface SummaryOptions {
  /** Of the input; that of the first parameter where left out. A model that begins with an Embedding takes int32. */
  dtype?: DType;
  /** How far down modules are listed one by one, 1 being the model's own children; those deeper are counted in the row of
   *  the one that they are in. All the way where left out. */
  depth?: number;
}

/** The layers in the order of their calls, and totals.  shape: of one sample, without the batch axis.
 *  Runs one forward in evaluation mode without recording; each module's mode is as before afterwards. */
export function summarize(
  model: Module,
  shape: Shape,
  options: SummaryOptions = {},
): { rows: SummaryRow[]; parameters: number; macs: number } {
  const { depth = Infinity } = options;
  if (!(depth === Infinity || (Number.isInteger(depth) && depth >= 0))) {
    throw new ValueError(`summarize: depth must be an integer of at least 0: ${depth}`);
  }
  const rows: SummaryRow[] = [];
  const seen = new Set<Tensor>();
  const called = new Set<Module>();
  const modules = model.namedModules();
  const parameters = model.namedParameters();
  let macs = 0;
  const row = (path: string, module: Module, y: Tensor | null, macs: number): SummaryRow => {
    const fresh = held(parameters, path, depth).filter((t) => !seen.has(t));
    for (const t of fresh) seen.add(t);
    return { path, kind: module.constructor.name, output: y ? y.shape.slice(1) : null, parameters: count(fresh), macs };
  };
  const layers = modules.filter(([path, m]) => {
    const below = depth - levelOf(path);
    return below === 0 || (below > 0 && (m.children().length === 0 || held(parameters, path, depth).length > 0));
  });
  const before = modules.map(([, m]) => m.training);
  const counted = (named: Named<Module>, forward: () => Tensor) => {
    const [path, module] = named;
    const start = macs;
    const y = forward();
    const own = macsOf(module, y);
    macs += own;
    called.add(module);
    if (layers.includes(named)) rows.push(row(path, module, y, levelOf(path) === depth ? macs - start : own));
    return y;
  };
  model.eval();
  try {
    const dtype = options.dtype ?? parameters[0]?.[1].dtype ?? 'float32';
    const run = () => scope(() => noGrad(() => model.forward(zeros([1, ...shape], { dtype })).shape));
    watching(modules, counted, run);
  } finally {
    modules.forEach(([, module], i) => {
      module.training = before[i];
    });
  }
  rows.push(...layers.filter(([, m]) => !called.has(m)).map(([path, m]) => row(path, m, null, 0)));
  return { rows, parameters: count(parameters.map(([, t]) => t)), macs };
}

/** The same as a text table. What is 0 is a dash. */
export function summary(model: Module, shape: Shape, options: SummaryOptions = {}): string {
  const { rows, parameters, macs } = summarize(model, shape, options);
  const number = (n: number) => (n ? n.toLocaleString('en-US') : '–');
  // Sizes stand under sizes: 1024 x  4 x  4 under 64 x 32 x 32.
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
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}

function levelOf(path: string): number {
  return path ? path.split('.').length : 0;
}

/** The parameters that a row counts: those directly in the module of that path, and at the last level all that are in it. */
function held(parameters: [string, Tensor][], path: string, depth: number): Tensor[] {
  const prefix = path ? `${path}.` : '';
  const all = levelOf(path) === depth;
  return parameters
    .filter(([name]) => name.startsWith(prefix) && (all || !name.slice(prefix.length).includes('.')))
    .map(([, t]) => t);
}

function count(tensors: Tensor[]): number {
  return tensors.reduce((sum, t) => sum + t.size, 0);
}

/** Every output is a sum over the inputs that one row of the weight sees. */
function macsOf(module: Module, y: Tensor): number {
  if (!(module instanceof Conv2d || module instanceof Linear)) return 0;
  return (y.size / module.weight.shape[0]) * module.weight.size;
}
