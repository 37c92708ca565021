// The layers of a model as a checkpoint records them. Names and shapes of parameters do not determine what a model computes: ReLU and
// Sigmoid have none, and the stride of a convolution or the number of heads has no trace in its weights.
//
// A difference is
//
//   certain    a layer of boundgrad has another kind or other arguments: the model computes something else
//   trained    a layer differs only in what a continued training may change: the probability of a dropout, the momentum of batch
//              normalization, the dtype
//   possible   a class or a plain field of the program's own differs: it may be a new name, or a counter
//
// A minifier may change the names of classes. Names are compared only if the class `Module` still has its name.
import { Module } from '../nn/index.js';
import { type Check, type Json, json, objectOf, optional, recordOf, text } from './validate.js';

/** A layer of a model. Plain JSON. */
export interface LayerDescription {
  /** The class of boundgrad: `Conv2d`; `Module` for a class of the program's own that extends no layer. Absent if a minifier changed the
   *  names. */
  kind?: string;
  /** The program's own class; absent for a class of boundgrad. */
  own?: string;
  /** The arguments as `toString` shows them: `3, 16, 3, { padding: 1 }`. */
  args: string;
  /** Numbers, texts, flags and names of functions in its fields, by name. Absent if there are none. */
  fields?: Record<string, Json>;
}

/** The layers of a model by path; the model itself has the path ''. */
export type Layers = Record<string, LayerDescription>;

/** Checks the layers in a checkpoint. */
export const layers: Check<Layers> = recordOf(
  objectOf<LayerDescription>({
    kind: optional(text),
    own: optional(text),
    args: text,
    fields: optional(recordOf(json)),
  }),
);

/** The classes of layers and models that boundgrad exports. */
const KINDS = new Set(
  (
    'AdaptiveAvgPool2d AvgPool2d BatchNorm1d BatchNorm2d CharLSTM Conv1d Conv2d ConvTranspose2d DenseNet Dropout Dropout2d ELU ' +
    'Embedding Flatten GELU GPT GRU GroupNorm Identity LSTM LayerNorm LeNet LeakyReLU Linear MaxPool2d Module ModuleList ' +
    'MultiheadAttention PReLU RNN ReLU ResNet Sequential SiLU Sigmoid Softmax Softplus Tanh TransformerBlock Upsample'
  ).split(' '),
);
/** Kinds that do nothing in evaluation. */
const ONLY_TRAINED = ['Dropout', 'Dropout2d'];
/** A shorter name of a class or function may be a minifier's. */
const SHORTEST = 4;
/** The longest text and list of a field that is recorded. */
const LONGEST = 60;
/** The differences that a message lists. */
const LISTED = 3;

/** The name of a class or function without what bundlers add to it: `_ReLU`, `ReLU2` and `ReLU$1` are ReLU. */
function nameOf({ name }: { name: string }): string {
  return String(name).replace(/^_+|[\d$]+$/g, '');
}

/** The layers of a model, shared ones under each of their paths. */
export function layersOf(model: Module<any>): Layers {
  const found: Layers = {};
  const visit = (m: Module<any>, path: string) => {
    found[path] = layerOf(m);
    for (const [name, child] of m.namedChildren()) visit(child, path ? `${path}.${name}` : name);
  };
  visit(model, '');
  return found;
}

function layerOf(m: Module<any>): LayerDescription {
  const isMinified = nameOf(Module) !== 'Module';
  const names: string[] = [];
  // The nearest class of boundgrad. Its arguments are recorded, even if a class of the program's own prints others.
  let at: Module<any> = Object.getPrototypeOf(m);
  for (; at !== Module.prototype && !KINDS.has(nameOf(at.constructor)); at = Object.getPrototypeOf(at))
    names.push(nameOf(at.constructor));
  let args = '?';
  try {
    args = (isMinified ? m : at).extraRepr.call(m);
  } catch {
    // A field that the text needs was assigned a wrong value. forward says what is wrong.
  }
  const fields = fieldsOf(m);
  return {
    ...(!isMinified && { kind: nameOf(at.constructor) }),
    ...(!isMinified && names.length > 0 && { own: names[0] }),
    args,
    ...(Object.keys(fields).length > 0 && { fields }),
  };
}

/** The plain fields of a module, and of plain objects in its fields: `config.heads`. */
function fieldsOf(m: object): Record<string, Json> {
  const entries = Object.entries(m).flatMap(([name, value]): [string, unknown][] => {
    const isPlain = Object.prototype.toString.call(value) === '[object Object]' && value.constructor === Object;
    return isPlain ? Object.entries(value).map(([key, v]) => [`${name}.${key}`, v]) : [[name, value]];
  });
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const plain = plainOf(value);
      return plain === undefined || name === '__proto__' ? [] : [[name, plain]];
    }),
  );
}

/** A value as JSON; undefined if it is neither a number, a text, a flag, a named function, nor a short list of these. */
function plainOf(value: unknown): Json | undefined {
  if (typeof value === 'function') {
    // Functions that are operations all have the same name, so the name of the operation is used.
    const name = (value as { op?: { name?: string } }).op?.name ?? nameOf(value);
    return name.length < SHORTEST ? undefined : `${name}()`;
  }
  if (typeof value === 'string') return value.length > LONGEST ? undefined : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  if (!Array.isArray(value) || value.length > LONGEST) return undefined;
  const items = value.map((v) => (Array.isArray(v) ? undefined : plainOf(v)));
  return items.includes(undefined) ? undefined : (items as Json[]);
}

/** The differences of two models. */
export interface LayerDifferences {
  certain: string[];
  trained: string[];
  possible: string[];
}

/** The arguments without those that a continued training may change. */
function evaluated({ kind = '', args }: LayerDescription): string {
  if (ONLY_TRAINED.includes(kind)) return '';
  return args
    .replace(/(?:dropout|momentum|dtype): [^,}]*/g, '')
    .replace(/[{}, ]+/g, ' ')
    .trim();
}

/** Returns how a model's layers differ from those of a checkpoint, a sentence each, outer layers first. */
export function layerDifferences(then: Layers, now: Layers): LayerDifferences {
  const found: LayerDifferences = { certain: [], trained: [], possible: [] };
  /** told: paths whose reported difference covers all layers below them too. trained: the same, for what a continued training may change. */
  const [told, trained]: string[][] = [[], []];
  const isBelow = (path: string, above: readonly string[]) =>
    above.some((one) => one === '' || path.startsWith(`${one}.`));
  const paths = [...new Set([...Object.keys(now), ...Object.keys(then)])].sort((a, b) => levelOf(a) - levelOf(b));
  const isContainer = (path: string) =>
    paths.some((other) => other !== path && (!path || other.startsWith(`${path}.`)));
  const at = (path: string, of: Layers) => (Object.hasOwn(of, path) ? of[path] : undefined);
  const add = (how: keyof LayerDifferences, path: string, [here, there]: [string, string]) => {
    if (how === 'trained' && isBelow(path, trained)) return;
    (how === 'trained' ? trained : told).push(path);
    found[how].push(`${path ? `layer ${path}` : 'the model'} is ${here} here, ${there} in the checkpoint`);
  };
  // Renaming the field of a layer without parameters changes no computation: then the same layers are lost and fresh.
  const only = [then, now].map((of, i) => paths.filter((path) => at(path, of) && !at(path, [now, then][i])));
  const [lost, fresh] = only.map((names, i) =>
    names
      .map((path) => shown([then, now][i][path]))
      .sort()
      .join(),
  );
  for (const path of paths) {
    if (isBelow(path, told)) continue;
    const [before, after] = [at(path, then), at(path, now)];
    const areKnown = before?.kind && after?.kind;
    if (!before || !after) {
      if (lost === fresh) continue;
      const one = (before ?? after)!;
      const { kind = 'Module' } = one;
      const how = ONLY_TRAINED.includes(kind)
        ? 'trained'
        : /^(Module|ModuleList|Identity)$/.test(kind)
          ? 'possible'
          : 'certain';
      add(how, path, before ? ['missing', shown(one)] : [shown(one), 'missing']);
    } else if (areKnown && before.kind !== after.kind) {
      // A chain of layers may have become a class of the program's own; what it holds is compared by itself.
      const mayBeSame =
        isContainer(path) &&
        [before.kind, after.kind].some((kind = '') => /^(Module|Sequential|ModuleList)$/.test(kind));
      if (!mayBeSame) add('certain', path, [shown(after), shown(before)]);
    } else if (before.args !== after.args && (areKnown || (before.args && after.args))) {
      const isKnown = areKnown && after.kind !== 'Module';
      const how = evaluated(before) === evaluated(after) ? 'trained' : isKnown ? 'certain' : 'possible';
      add(how, path, [shown(after), shown(before)]);
    } else {
      const [mine, other] = [after.own ?? '', before.own ?? ''];
      const areNames = [mine, other].every((name) => name === '' || name.length >= SHORTEST);
      if (areKnown && mine !== other && areNames) {
        add('possible', path, [shown(after), shown(before)]);
        // Its layers are compared too.
        told.pop();
      }
      for (const [name, value] of Object.entries(after.fields ?? {})) {
        const earlier = before.fields?.[name];
        if (earlier === undefined || JSON.stringify(earlier) === JSON.stringify(value)) continue;
        const of = path ? `${path}.${name}` : name;
        found.possible.push(`${of} is ${JSON.stringify(value)} here, ${JSON.stringify(earlier)} in the checkpoint`);
      }
    }
  }
  return found;
}

/** The first of several sentences, and the number of the others. */
export function firstOf(sentences: readonly string[]): string {
  const more = sentences.length - LISTED;
  return sentences.slice(0, LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function levelOf(path: string): number {
  return path ? path.split('.').length : 0;
}

/** A layer as code: `Conv2d(3, 16, 3)`. */
function shown({ kind, own, args }: LayerDescription): string {
  return `${own && own.length >= SHORTEST ? own : (kind ?? 'a layer')}(${args})`;
}
