// Convolutions 3 x 3 with stride 1 and padding 1, equally many input and output channels c, on 32 square images. The names of the cases have
// c@side. The forward pass and the gradients to the image and to the filter take 2 |y| 9 c operations each.
import { noGrad, randn, scope } from 'boundgrad';
import { conv2dInput, conv2dOp, conv2dWeight } from 'boundgrad/core';
import { type Suite, timed } from '../case.js';

const BATCH = 32;
// The stages of ResNet-20, and the first one of ResNet-18 and ResNet-34.
const LAYERS = [
  [16, 32],
  [32, 16],
  [64, 8],
  [64, 32],
];

export const convolutions: Suite = function* () {
  for (const [channels, side] of LAYERS) {
    using _ = scope();
    const [x, g] = [0, 1].map(() => randn([BATCH, channels, side, side]));
    const w = randn([channels, channels, 3, 3]);
    const geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
    const runs = {
      forward: () => conv2dOp(x, w, geometry),
      input: () => conv2dInput(g, w, { ...geometry, size: [side, side] }),
      filter: () => conv2dWeight(x, g, { ...geometry, kernelSize: [3, 3] }),
    };
    const work = (2 * x.size * channels * 9) / 1e9;
    yield Object.entries(runs).map(([what, run]) =>
      timed(`conv3x3/${channels}@${side}/${what}`, 'GFLOP/s', work, () => scope(() => noGrad(() => void run()))),
    );
  }
};
