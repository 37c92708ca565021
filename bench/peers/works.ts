// The benchmarks that the peers run: the unit of each, and the work of one call in that unit. bench/suites/*.ts describe them.
const CONV = (2 * 32 * 64 * 32 * 32 * 64 * 9) / 1e9;

export const works: Readonly<Record<string, { unit: string; work: number }>> = {
  'matmul/256': { unit: 'GFLOP/s', work: (2 * 256 ** 3) / 1e9 },
  'matmul/512': { unit: 'GFLOP/s', work: (2 * 512 ** 3) / 1e9 },
  'matmul/1024': { unit: 'GFLOP/s', work: (2 * 1024 ** 3) / 1e9 },
  'conv3x3/64@32/forward': { unit: 'GFLOP/s', work: CONV },
  'conv3x3/64@32/input': { unit: 'GFLOP/s', work: CONV },
  'conv3x3/64@32/filter': { unit: 'GFLOP/s', work: CONV },
  'mlp/step': { unit: 'steps/s', work: 1 },
  'lstm/step': { unit: 'steps/s', work: 1 },
  'gpt/step': { unit: 'steps/s', work: 1 },
  'lenet/step': { unit: 'images/s', work: 64 },
  'resnet20/step': { unit: 'images/s', work: 32 },
  'resnet34/step': { unit: 'images/s', work: 32 },
  'densenet/step': { unit: 'images/s', work: 32 },
};

/** ResNet-20's blocks of two convolutions of 3 x 3: the channels, and the stride of the first convolution. */
export const BLOCKS: readonly (readonly [channels: number, stride: number])[] = [16, 32, 64].flatMap(
  (channels, stage) => [0, 1, 2].map((block) => [channels, stage && !block ? 2 : 1] as const),
);
