// The multilayer perceptron:  x -> act(W1 x + b1) -> act(W2 . + b2) -> .. -> Wk . + bk
import { ValueError } from '../core/index.js';
import { Dropout, Flatten, type LayerOptions, Linear, type Module, ReLU, Sequential } from '../nn/index.js';

export interface MlpOptions extends LayerOptions {
  /** Numbers of features from the input to the output: [784, 128, 10] has one hidden layer. */
  sizes: readonly number[];
  /** Makes the nonlinearity after each hidden layer; ReLU where left out. */
  activation?: () => Module;
  /** The probability of dropping a hidden feature; no dropout layers where 0. */
  dropout?: number;
}

/** Fully connected layers over the flattened input.  [n, ..], sizes[0] features in all  -> [n, sizes.at(-1)] */
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
