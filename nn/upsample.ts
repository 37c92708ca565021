// Larger images; the operation is in core/ops/upsample.ts.
import {
  checkChoice,
  checkOptions,
  type Pair,
  type Tensor,
  type UpsampleOptions,
  upsample,
  upsampleFactors,
} from '../core/index.js';
import { fixedOptions } from './checks.js';
import { Module } from './module.js';
import { formatArguments } from './print.js';

/** Enlarges images by a whole factor: each new pixel is the nearest old one, or a weighted mean of four. */
export class Upsample extends Module {
  readonly #scaleFactor: Pair;
  readonly #mode: 'nearest' | 'bilinear';

  /** scaleFactor: a positive integer, or [rows, columns]. mode: Default: 'nearest'. 'bilinear' does not align corners, as in PyTorch by
   *  default. Throws ValueError if a factor is not an integer from 1 to 4096. */
  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, ['scaleFactor', 'mode']);
    this.#scaleFactor = upsampleFactors('Upsample', options.scaleFactor);
    this.#mode = checkChoice('Upsample', 'mode', options.mode ?? 'nearest', ['nearest', 'bilinear']);
    fixedOptions(this, { scaleFactor: this.#scaleFactor, mode: this.#mode });
  }

  /** x [n, c, h, w]  -> [n, c, h s, w s], s the factor of each side.  Throws ShapeError if x does not have four axes. */
  forward(x: Tensor): Tensor {
    return upsample(x, { scaleFactor: this.#scaleFactor, mode: this.#mode });
  }

  override extraRepr(): string {
    return formatArguments([], { scaleFactor: [this.#scaleFactor, null], mode: [this.#mode, 'nearest'] });
  }
}
