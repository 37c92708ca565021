// Every message reads `what: why: values; remedy`. The class is the kind of mistake.

/** The base class of every error that boundgrad throws on purpose. */
export class BoundgradError extends Error {
  override name = 'BoundgradError';
}

/** Shapes, axes or sizes that do not fit. */
export class ShapeError extends BoundgradError {
  override name = 'ShapeError';
}

/** A value outside its domain: a negative rate, an unknown option, a label out of range. */
export class ValueError extends BoundgradError {
  override name = 'ValueError';
}

/** A gradient that is NaN or infinite, found before the step that would use it. */
export class NonFiniteError extends ValueError {
  override name = 'NonFiniteError';
}

/** A dtype that an operation does not accept, or an argument that is not a tensor. */
export class DTypeError extends BoundgradError {
  override name = 'DTypeError';
}

/** A gradient that cannot be computed: a freed graph, an overwritten value, a root with several elements. */
export class GradError extends BoundgradError {
  override name = 'GradError';
}

/** Misused memory: a tensor used after it was freed, scopes closed out of order. */
export class ScopeError extends BoundgradError {
  override name = 'ScopeError';
}

/** A backend that is unknown, failed or out of memory, or operands of two backends. */
export class BackendError extends BoundgradError {
  override name = 'BackendError';
}

/** A file or record that is truncated, of another format, or inconsistent. */
export class DataError extends BoundgradError {
  override name = 'DataError';
}
