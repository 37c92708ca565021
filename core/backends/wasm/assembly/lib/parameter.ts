// A parameter of a bounded step, as plans/step.ts writes it. The letters are those of optim/step.ts.
@unmanaged
export class Parameter {
  /** The address of the scalars that kernels/step.ts or step32.ts reads. */
  c: usize;
  /** Addresses. v is 0 if the rule has no second moment; u is 0 if it does not keep the largest v; h is 0 if no average of rates
   *  limits them. */
  x: usize;
  g: usize;
  m: usize;
  v: usize;
  u: usize;
  h: usize;
  /** The number of its first element among those of all parameters, where the parameters before it are filled up to multiples of 16. */
  start: usize;
  /** The number of its elements. */
  n: usize;
  /** Whether d is p m + q g instead of m. */
  ahead: u32;
  /** Whether the step takes the sign of d. */
  signed: u32;
  /** The formula of the second moment; 0 is the average of squares. */
  second: u32;
  /** Twice the exponent of the rate's denominator: 1, 2 or 4. */
  twice: u32;
}
