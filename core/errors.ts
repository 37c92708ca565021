// Every message reads `what: why: values; remedy`. The class says which kind of mistake it was.

/** Base of every error that boundgrad throws on purpose. */
export class BoundgradError extends Error {
  override name = 'BoundgradError';
}

/** Shapes, axes or sizes that do not fit. */
export class ShapeError extends BoundgradError {
  override name = 'ShapeError';
}

/** A value outside its domain: a negative rate, a ragged array, a label out of range. */
export class ValueError extends BoundgradError {
  override name = 'ValueError';
}

/** A gradient that is NaN or infinite, found before the step that would use it. */
export class NonFiniteError extends ValueError {
  override name = 'NonFiniteError';
}

/** A dtype that an operation cannot take. */
export class DTypeError extends BoundgradError {
  override name = 'DTypeError';
}

/** A gradient that cannot be computed: freed graph, value overwritten, non-scalar root. */
export class GradError extends BoundgradError {
  override name = 'GradError';
}

/** Misused memory: a tensor read after it was freed, scopes closed out of order. */
export class ScopeError extends BoundgradError {
  override name = 'ScopeError';
}

/** A backend that is missing, mixed, out of memory or failed. */
export class BackendError extends BoundgradError {
  override name = 'BackendError';
}

/** A file or record that is truncated, foreign or inconsistent. */
export class DataError extends BoundgradError {
  override name = 'DataError';
}
