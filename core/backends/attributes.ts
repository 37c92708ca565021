// The attributes of operations: plain data that a backend receives with the buffers of a kernel call. The kernel's loop, its wasm
// plan and its GPU program read the same types.

import type { Shape } from '../strides.js';
import type { DType } from './backend.js';

/** One number for the rows and one for the columns of an image. */
export type PerAxis = readonly [rows: number, columns: number];

/** Attributes of conv2d. Output row o reads input row p = stride o + dilation k - padding for kernel row k; columns likewise. */
export interface Conv2dAttributes {
  stride: PerAxis;
  padding: PerAxis;
  dilation: PerAxis;
  /** The number of groups of channels. The outputs of a group read only the inputs of the same group. */
  groups: number;
}
/** Attributes of conv2dInput. */
export interface Conv2dInputAttributes extends Conv2dAttributes {
  /** The image's [h, w], which the output's shape does not determine if the stride exceeds 1. */
  size: Shape;
}
/** Attributes of conv2dWeight. */
export interface Conv2dWeightAttributes extends Conv2dAttributes {
  /** The kernel's [kh, kw]. */
  kernelSize: Shape;
}

/** The part of one axis that a pooling window covers, inside the plane: from its first element `start` up to but not including `end`. */
export type Window = readonly [start: number, end: number];

/** Windows of one size at regular distances. */
export interface WindowGeometry {
  kernelSize: PerAxis;
  stride: PerAxis;
  padding: PerAxis;
  /** Distance between the elements of a window. Default: [1, 1]. */
  dilation?: PerAxis;
}
/** Attributes of maxPool2d. The windows are all pairs of `rows` and `columns`. */
export interface MaxPool2dAttributes extends WindowGeometry {
  rows: readonly Window[];
  columns: readonly Window[];
}
/** Attributes of maxUnpool2d. */
export interface MaxUnpool2dAttributes {
  /** The plane's [h, w]. */
  size: Shape;
  /** The windows that the indices come from, if known. A backend that computes each pixel from its windows needs them. */
  windows?: WindowGeometry;
}
/** Attributes of avgPool2d. Without a geometry the windows may have different sizes and distances. */
export interface AvgPool2dAttributes extends Partial<WindowGeometry> {
  rows: readonly Window[];
  columns: readonly Window[];
  /** Divisor of each window's sum; null divides by the window's own number of elements. */
  area: number | null;
}
/** Attributes of avgUnpool2d. */
export interface AvgUnpool2dAttributes extends AvgPool2dAttributes {
  /** The plane's [h, w]. */
  size: Shape;
}

/** Attributes of batchNormGrad, layerNorm and layerNormGrad. */
export interface BatchNormGradAttributes {
  /** Added to the variance before the square root. */
  eps: number;
}
/** Attributes of batchNorm. */
export interface BatchNormAttributes extends BatchNormGradAttributes {
  /** Whether max(y, 0) is applied last. */
  relu: boolean;
}

/** Attributes of rnn and rnnGrad. */
export interface RnnAttributes {
  /** Whether the nonlinearity is max(0, ..) in place of tanh. */
  relu: boolean;
}

/** Attributes of permute, flip, center and the reductions. */
export interface AxesAttributes {
  /** For permute, the new order of all axes; for flip, the reversed axes; for center, the axes over which the mean is taken; else the
   *  axes to reduce. */
  axes: readonly number[];
}
/** Attributes of sum, mean, variance, max and min. */
export interface ReductionAttributes extends AxesAttributes {
  /** variance divides its sum of squares by this number: n, or n - 1. The other reductions ignore it. */
  divisor: number;
}
/** Attributes of concat and gather. */
export interface AxisAttributes {
  /** The axis along which tensors are joined or read. */
  axis: number;
}
/** Attributes of indexSelect. */
export interface SelectAttributes extends AxisAttributes {
  /** The function that errors name. Default: indexSelect. */
  what?: string;
}
/** Attributes of scatterAdd and indexAdd. */
export interface ScatterAttributes extends AxisAttributes {
  /** Size of the output along the axis. */
  size: number;
}

/** Attributes of cumsum. */
export interface CumsumAttributes extends AxisAttributes {
  /** Whether the sums run from the last element to the first. */
  reverse: boolean;
}
/** Attributes of argSort. */
export interface SortAttributes extends AxisAttributes {
  /** Whether the largest element is first. */
  descending: boolean;
}
/** Attributes of oneHot. */
export interface OneHotAttributes {
  /** The number of classes. */
  size: number;
  /** The dtype of the result. */
  dtype: DType;
}
/** Attributes of tril and triu. */
export interface TriangleAttributes {
  /** The diagonal that bounds the kept elements: 0 is the main one, positive ones lie above it. */
  diagonal: number;
}

/** A range of one axis: the elements start, start + step, .., `length` in all. */
export interface ResolvedRange {
  /** First position. */
  start: number;
  /** Distance between elements. */
  step: number;
  /** Number of elements. */
  length: number;
}
/** Attributes of slice and unslice. */
export interface SliceAttributes {
  /** One range for each axis. */
  ranges: readonly ResolvedRange[];
}
/** Attributes of unslice. */
export interface UnsliceAttributes extends SliceAttributes {
  /** Shape of the tensor that the slice was taken from. */
  shape: Shape;
}

/** Attributes of broadcastTo and reshape. */
export interface ShapeAttributes {
  /** The new shape. */
  to: Shape;
}
/** Attributes of cast. */
export interface CastAttributes {
  /** The new dtype. */
  dtype: DType;
}
/** Attributes of fill and write. */
export interface FillAttributes {
  /** The value of each element. */
  value: number;
}
