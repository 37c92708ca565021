// The multilayer perceptron, by default with act = ReLU:  x -> act(W1 x + b1) -> act(W2 . + b2) -> .. -> Wk . + bk
import { checkFiniteNumber, describeValue, ValueError } from '../core/index.js';
import { checkCounts, checkLayerOptions } from '../nn/checks.js';
import { Dropout, Flatten, type LayerOptions, Linear, Module, ReLU, Sequential } from '../nn/index.js';
import { named } from './named.js';

/** Layer sizes and layer options of a multilayer perceptron. */
export interface MlpOptions extends LayerOptions {
  /** Numbers of features from input to output, at least two: [784, 128, 10] has one hidden layer. */
  sizes: readonly number[];
  /** Creates the nonlinearity after each hidden layer. Default: ReLU. */
  activation?: () => Module;
  /** The probability that dropout drops a hidden feature. Default: 0, no dropout layers. */
  dropout?: number;
}

/** Creates a multilayer perceptron: x -> W_k act(.. act(W_1 x + b_1) ..) + b_k.
 *  x [n, ..] is flattened to [n, sizes[0]]  -> [n, sizes.at(-1)]
 *  Throws ValueError if sizes has fewer than two entries, or one is not a positive integer, or an option is unknown.
 *  `random` and `dtype` are passed on to the Linear layers, `random` to Dropout. */
export function mlp(options: MlpOptions): Sequential {
  if (options === undefined || Array.isArray(options)) {
    throw new ValueError(`mlp: takes { sizes: [in, .., out] }: got ${describeValue(options)}`);
  }
  checkLayerOptions('mlp', options, ['sizes', 'activation', 'dropout']);
  const { sizes, activation = () => new ReLU(), dropout = 0, ...passed } = options;
  if (!Array.isArray(sizes) || sizes.length < 2) {
    throw new ValueError(
      `mlp: takes { sizes: [in, .., out] }: got ${Array.isArray(sizes) ? `[${sizes}]` : describeValue(sizes)}`,
    );
  }
  checkCounts('mlp: sizes', sizes);
  checkFiniteNumber('mlp: dropout', dropout, 0, 1);
  if (typeof activation !== 'function') {
    throw new ValueError(
      `mlp: activation must be a function, such as () => new Tanh(): got ${describeValue(activation)}`,
    );
  }
  const idle = sizes.length === 2 && ((dropout && 'dropout') || (options.activation && 'activation'));
  if (idle) console.warn(`mlp: no hidden layer: ${idle} has no effect; add a size between the two`);
  const layers: Module[] = [new Flatten()];
  const activations: Module[] = [];
  for (let i = 1; i < sizes.length; i++) {
    layers.push(new Linear(sizes[i - 1], sizes[i], passed));
    if (i === sizes.length - 1) continue;
    activations.push(createLayer(activation));
    layers.push(activations.at(-1)!);
    if (dropout) layers.push(new Dropout(dropout, { random: passed.random }));
  }
  // A checkpoint cannot keep the function, but can name what it made. `sizes` is copied, because the caller may change it later.
  const made = options.activation ? { activation: activations } : {};
  return named('mlp', { ...options, sizes: [...sizes], ...made }, new Sequential(...layers));
}

/** The module that `activation` creates. Throws ValueError for a class, an operation, or a function that returns no module. */
function createLayer(activation: () => Module): Module {
  const isClass = (activation as { prototype?: unknown }).prototype instanceof Module;
  // A function of a tensor, (x) => x.tanh(), has a parameter.
  const layer: unknown = isClass || 'op' in activation || activation.length ? activation : activation();
  if (layer instanceof Module) return layer;
  throw new ValueError(`mlp: activation must return a module, such as () => new Tanh(): got ${describeValue(layer)}`);
}
