// The attributes of operations: plain data that is fixed when an operation is called. The plain loop of a kernel, its plan
// for wasm and its program for a GPU all read these types.
import type { DType } from '../backends/backend.js';
import type { Shape } from '../shape.js';

/** One number for the rows and one for the columns of an image. */
export type PerAxis = readonly [rows: number, columns: number];

/** conv2d. Output row o reads input row p = stride o + dilation k - padding for kernel row k; columns likewise. */
export interface Conv2dAttributes {
  stride: PerAxis;
  padding: PerAxis;
  dilation: PerAxis;
  /** Channels are divided into this many groups; a group's outputs read only the inputs of the same group. */
  groups: number;
}
/** conv2dInput. */
export interface Conv2dInputAttributes extends Conv2dAttributes {
  /** The image's [h, w], which the output's shape does not determine if the stride exceeds 1. */
  size: Shape;
}
/** conv2dWeight. */
export interface Conv2dWeightAttributes extends Conv2dAttributes {
  /** The kernel's [kh, kw]. */
  kernelSize: Shape;
}

/** Part of one axis that a pooling window covers: from `start` up to `end`, exclusive, inside the plane. */
export type Window = readonly [start: number, end: number];

/** Windows of one size at regular distances. */
export interface WindowGeometry {
  kernelSize: PerAxis;
  stride: PerAxis;
  padding: PerAxis;
}
/** maxPool2d. The windows are all pairs of `rows` and `columns`. */
export interface MaxPool2dAttributes extends WindowGeometry {
  rows: readonly Window[];
  columns: readonly Window[];
}
/** maxUnpool2d. */
export interface MaxUnpool2dAttributes {
  /** The plane's [h, w]. */
  size: Shape;
  /** The windows that the indices come from, if known: a backend that gathers reads them. */
  windows?: WindowGeometry;
}
/** avgPool2d. Without a geometry the windows may have different sizes and distances. */
export interface AvgPool2dAttributes extends Partial<WindowGeometry> {
  rows: readonly Window[];
  columns: readonly Window[];
  /** Divisor of each window's sum; null divides by the window's own number of elements. */
  area: number | null;
}
/** avgUnpool2d. */
export interface AvgUnpool2dAttributes extends AvgPool2dAttributes {
  /** The plane's [h, w]. */
  size: Shape;
}

/** batchNormGrad. */
export interface BatchNormGradAttributes {
  /** Added to the variance before the square root. */
  eps: number;
}
/** batchNorm. */
export interface BatchNormAttributes extends BatchNormGradAttributes {
  /** Whether max(y, 0) is applied last. */
  relu: boolean;
}

/** sum, max and min: the axes that are reduced. permute: the new order of the axes. */
export interface AxesAttributes {
  axes: readonly number[];
}
/** concat, gather and indexSelect. */
export interface AxisAttributes {
  axis: number;
}
/** scatterAdd and indexAdd. */
export interface ScatterAttributes extends AxisAttributes {
  /** Size of the output along the axis. */
  size: number;
}

/** `length` elements of one axis, `step` apart, from `start`. */
export interface ResolvedRange {
  start: number;
  step: number;
  length: number;
}
/** slice: one range for each axis. */
export interface SliceAttributes {
  ranges: readonly ResolvedRange[];
}
/** unslice. */
export interface UnsliceAttributes extends SliceAttributes {
  /** Shape of the tensor that the slice was taken from. */
  shape: Shape;
}

/** broadcastTo and reshape: the new shape. */
export interface ShapeAttributes {
  to: Shape;
}
/** cast: the new dtype. */
export interface CastAttributes {
  dtype: DType;
}
/** fill and write: the value of each element. */
export interface FillAttributes {
  value: number;
}
