// A kernel that TensorFlow.js lacks on wasm: the gradient of a convolution to its filter,
//   dw[i, j] = x[i::s, j::s]^T dy,   x padded, [n h w, ci]; dy [n oh ow, co]
import * as tf from '@tensorflow/tfjs';

interface Attributes {
  strides: number | [number, number];
  filterShape: [number, number, number, number];
}

/** Registers the kernel: nine matrix products for a 3 x 3 filter. */
export function patch(): void {
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs }) {
      const { strides, filterShape } = attrs as unknown as Attributes;
      const [s] = [strides].flat();
      const [x, dy] = [inputs.x, inputs.dy] as tf.Tensor4D[];
      return tf.tidy(() => filterGradient(x, dy, s, filterShape));
    },
  });
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, s: number, shape: Attributes['filterShape']): tf.Tensor {
  const [kh, kw, ci, co] = shape;
  const [n, oh, ow] = dy.shape;
  const [rows, columns] = [(oh - 1) * s + kh, (ow - 1) * s + kw];
  const [down, right] = [Math.max(0, rows - x.shape[1]), Math.max(0, columns - x.shape[2])];
  const [top, left] = [Math.floor(down / 2), Math.floor(right / 2)];
  const padded = tf.pad(x, [
    [0, 0],
    [top, down - top],
    [left, right - left],
    [0, 0],
  ]);
  const g = tf.reshape(dy, [n * oh * ow, co]);
  const taps: tf.Tensor[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const end = [n, i + (oh - 1) * s + 1, j + (ow - 1) * s + 1, ci];
      const seen = tf.stridedSlice(padded, [0, i, j, 0], end, [1, s, s, 1]);
      taps.push(tf.matMul(tf.reshape(seen, [n * oh * ow, ci]), g, true));
    }
  }
  return tf.reshape(tf.stack(taps), shape);
}
