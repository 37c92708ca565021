// The multilayer perceptron, by default with act = ReLU:  x -> act(W1 x + b1) -> act(W2 . + b2) -> .. -> Wk . + bk
import { ValueError } from '../core/index.js';
import { Dropout, Flatten, type LayerOptions, Linear, type Module, ReLU, Sequential } from '../nn/index.js';

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
 *  Throws ValueError if sizes has fewer than two entries, or one is not a positive integer. */
export function mlp({ sizes, activation = () => new ReLU(), dropout = 0, ...options }: MlpOptions): Sequential {
  if (!(sizes?.length >= 2)) throw new ValueError(`mlp: takes { sizes: [in, .., out] }: got [${sizes ?? ''}]`);
  const layers: Module[] = [new Flatten()];
  for (let i = 1; i < sizes.length; i++) {
    layers.push(new Linear(sizes[i - 1], sizes[i], options));
    if (i === sizes.length - 1) continue;
    layers.push(activation());
    if (dropout) layers.push(new Dropout(dropout, { random: options.random }));
  }
  return new Sequential(...layers);
}
