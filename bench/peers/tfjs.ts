// TensorFlow.js on its cpu or wasm backend. Argument: cpu, wasm or patched. patched is wasm with the missing gradient of a
// convolution to its filter computed by nine matrix products, which is the best that its users can do.
import * as tf from '@tensorflow/tfjs';
import { getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { only, serve } from './serve.js';
import { patch } from './tfjspatch.js';
import { works } from './tfjsworks.js';

const [kind = 'wasm'] = process.argv.slice(2);
const backend = kind === 'cpu' ? 'cpu' : 'wasm';
if (kind === 'patched') patch();
setThreadsCount(2);
await tf.setBackend(backend);
await tf.ready();
const count = backend === 'wasm' ? getThreadsCount() : 1;
const simd = backend === 'wasm' && (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));

await serve({
  about: `@tensorflow/tfjs ${tf.version_core}, ${backend} backend${simd ? ', SIMD' : ''}`,
  threads: count > 1 ? [count] : [1],
  prepare: (work) => only(works, work, 'not written for tfjs')(),
});
