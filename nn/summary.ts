// What a model is made of: a forward of one zero sample, watched layer by layer.
//
//   multiply-accumulates   Conv2d: out h w (in/groups) kh kw;   Linear: out in for each row.   Nothing else is counted.
import { type DType, noGrad, type Shape, scope, type Tensor, zeros } from '../core/index.js';
import { Conv2d } from './conv.js';
import { Linear } from './linear.js';
import type { Module } from './module.js';

/** One call of a layer: a module without children, or with parameters of its own. */
export interface SummaryRow {
  /** Its path in the model; empty for the model itself. */
  path: string;
  /** The name of its class, as a minifier leaves it. */
  kind: string;
  /** The shape of its output without the batch axis; null for a layer that was not called. */
  output: Shape | null;
  /** Elements of its own parameters; 0 in later calls and where an earlier row has them. */
  parameters: number;
  /** Multiply-accumulates of one sample. */
  macs: number;
}

export interface SummaryOptions {
  /** Of the input; that of the first parameter where left out. A model that begins with an Embedding takes int32. */
  dtype?: DType;
}

/** The layers in the order of their calls, and totals.  shape: of one sample, without the batch axis.
 *  Runs one forward in evaluation mode without recording; each module's mode is as before afterwards. */
export function summarize(
  model: Module,
  shape: Shape,
  options: SummaryOptions = {},
): { rows: SummaryRow[]; parameters: number; macs: number } {
  const rows: SummaryRow[] = [];
  const seen = new Set<Tensor>();
  const modules = model.namedModules();
  const parameters = model.namedParameters();
  const layers = modules.filter(([path, m]) => m.children().length === 0 || own(parameters, path).length > 0);
  const row = ([path, module]: [string, Module], y: Tensor | null): SummaryRow => {
    const fresh = own(parameters, path).filter((t) => !seen.has(t));
    for (const t of fresh) seen.add(t);
    return {
      path,
      kind: module.constructor.name,
      output: y ? y.shape.slice(1) : null,
      parameters: count(fresh),
      macs: y ? macsOf(module, y) : 0,
    };
  };
  const called = new Set<Module>();
  const before = modules.map(([, m]) => m.training);
  const forwards = layers.map(([, m]) => Object.getOwnPropertyDescriptor(m, 'forward'));
  model.eval();
  for (const layer of layers) {
    const [, module] = layer;
    const { forward } = module;
    // An own `forward` hides the class's while this one watches.
    module.forward = (x) => {
      const y = forward.call(module, x);
      called.add(module);
      rows.push(row(layer, y));
      return y;
    };
  }
  try {
    const dtype = options.dtype ?? parameters[0]?.[1].dtype ?? 'float32';
    scope(() => noGrad(() => model.forward(zeros([1, ...shape], { dtype })).shape));
  } finally {
    layers.forEach(([, module], i) => {
      Reflect.deleteProperty(module, 'forward');
      if (forwards[i]) Object.defineProperty(module, 'forward', forwards[i]);
    });
    modules.forEach(([, m], i) => (m.training = before[i]));
  }
  rows.push(...layers.filter(([, m]) => !called.has(m)).map((layer) => row(layer, null)));
  return { rows, parameters: count(parameters.map(([, t]) => t)), macs: rows.reduce((sum, r) => sum + r.macs, 0) };
}

/** The same as a text table. */
export function summary(model: Module, shape: Shape, options: SummaryOptions = {}): string {
  const { rows, parameters, macs } = summarize(model, shape, options);
  const number = (n: number) => n.toLocaleString('en-US');
  const cells = [
    ['layer', 'kind', 'output', 'parameters', 'MACs'],
    ...rows.map((r) => [
      r.path || '(model)',
      r.kind,
      r.output ? r.output.join(' x ') : 'not called',
      number(r.parameters),
      number(r.macs),
    ]),
    ['total', '', '', number(parameters), number(macs)],
  ];
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  return cells
    .map((row) => row.map((c, i) => (i < 3 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join('  '))
    .join('\n');
}

/** Parameters directly in the module of that path. */
function own(parameters: [string, Tensor][], path: string): Tensor[] {
  const prefix = path ? `${path}.` : '';
  return parameters
    .filter(([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes('.'))
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
