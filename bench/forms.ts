// How fast are Winograd's forms F(2x2, 3x3) and F(4x4, 3x3), by channels and size? Each time is the lower quartile of
// 40 rounds. Below 32 channels the wasm backend does not use F(4x4, 3x3).
// Run: node build.mjs run bench/forms.ts [wide]
import { wasm } from '../core/backends/wasm/backend.js';
import { conv2d, randn, scope, setBackend } from '../index.js';

const ROUNDS = 40;
/** Multiplications and additions in a round. */
const WORK = 3e8;
const BATCH = 32;
const wide = process.argv[2] === 'wide';

for (const [channels, side] of [
  [32, 32],
  [32, 16],
  [32, 8],
  [48, 16],
  [64, 32],
  [64, 14],
  [64, 8],
  [64, 7],
  [128, 8],
]) {
  const forms = [];
  for (const winograd of [2, 4] as const) {
    await setBackend(await wasm({ winograd, wide }));
    forms.push({
      x: randn([BATCH, channels, side, side]),
      w: randn([channels, channels, 3, 3]),
      times: [] as number[],
    });
  }
  const calls = Math.ceil(WORK / (BATCH * channels ** 2 * side ** 2 * 18));
  // The two forms take turns, so that a disturbance affects both.
  for (let round = 0; round < ROUNDS; round++)
    for (const { x, w, times } of forms) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) scope(() => void conv2d(x, w, null, { padding: 1 }));
      times.push((performance.now() - start) / calls);
    }
  const [two, four] = forms.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 2]);
  console.log(
    `${channels} channels, ${side} x ${side}: F(2x2) ${two.toFixed(3)} ms, F(4x4) ${four.toFixed(3)} ms, ${(two / four).toFixed(2)} times as fast`,
  );
}
