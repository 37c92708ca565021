// Lost devices and freed resources. The page keeps what gpu.js creates in the browser, in order to count it, and to destroy it as a loss would.
import { type GpuBackend, type GpuOptions, gpu } from '../../core/backends/gpu/backend.js';
import { conv2d, matmul, ones, randn, relu, scope, tensor } from '../../core/index.js';
import { crossEntropy } from '../../nn/index.js';
import { manySteps, refusal, type Sentence, stays } from '../gpu/suite.js';
import { onBackend } from '../onBackend.js';

/** What the page has created: all contexts and devices, and the workers and memory that are not yet freed. */
const live = { contexts: new Set<any>(), devices: new Set<any>(), workers: new Set<any>(), memory: new Set<any>() };
/** How often values have come back from a device. */
let reads = 0;

/** Replaces a method by one that also passes its result, its object and its arguments to `note`. */
function watch(object: any, method: string, note: (result: any, self: any, args: any[]) => void): void {
  const original = object?.[method];
  if (!original) return;
  object[method] = function (...args: any[]) {
    const result = original.apply(this, args);
    note(result, this, args);
    return result;
  };
}

const all = globalThis as any;
watch(HTMLCanvasElement.prototype, 'getContext', (context) => live.contexts.add(context));
watch(WebGL2RenderingContext.prototype, 'createTexture', (texture) => live.memory.add(texture));
watch(WebGL2RenderingContext.prototype, 'deleteTexture', (_, __, [texture]) => live.memory.delete(texture));
watch(WebGL2RenderingContext.prototype, 'readPixels', () => reads++);
watch(all.GPUBuffer?.prototype, 'mapAsync', () => reads++);
watch(all.GPUAdapter?.prototype, 'requestDevice', (device) => device.then((d: any) => live.devices.add(d)));
watch(all.GPUDevice?.prototype, 'createBuffer', (buffer) => live.memory.add(buffer));
watch(all.GPUBuffer?.prototype, 'destroy', (_, buffer) => live.memory.delete(buffer));
all.Worker = class extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    live.workers.add(this);
  }
  override terminate(): void {
    live.workers.delete(this);
    super.terminate();
  }
};

function expect(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`${text}, expected ${pattern}`);
}

const anew = (backend: GpuBackend, options: GpuOptions = {}) =>
  gpu({ mode: backend.mode, async: !backend.readSync, smallest: 0, patience: 2, ...options });

/** Destroys what a backend needs: the newest context, the newest device, or all workers. */
async function lose(backend: GpuBackend): Promise<void> {
  if (backend.mode === 'webgl2') [...live.contexts].at(-1).getExtension('WEBGL_lose_context').loseContext();
  if (backend.mode === 'webgpu') [...live.devices].at(-1).destroy();
  // A page gets no event for this.
  if (backend.mode === 'webasm') for (const worker of live.workers) worker.terminate();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

export const device: Sentence[] = [
  [
    'a lost device is an error that names operation, mode and shapes: never zeros, never a wait without end',
    async (backend) => {
      if (backend.mode === 'webasm' && backend.readSync) return;
      const own = await anew(backend);
      await onBackend(own, async () => {
        const product = () => ones([300, 20]).matmul(ones([20, 65]));
        const before = product();
        if ((await before.data())[0] !== 20) throw new Error('wrong before');
        await lose(own);
        const why =
          /^BackendError: matmul: gpu\.js failed in mode \w+: .*(lost|did not end).*: \(300,20\) and \(20,65\); /;
        expect(await refusal(() => relu(product()).data()), why);
        // WebGPU gives a new device on the next request.
        if (backend.mode !== 'webgpu') expect(await refusal(() => product().data()), why);
        else if ((await product().data())[0] !== 20) throw new Error('wrong after');
        if ((await before.data())[0] !== 20) throw new Error('values from before the loss cannot be read');
      });
      await own.dispose();
    },
  ],
  [
    'after 300 training steps with changing batches there are no more textures, buffers and workers than after 50',
    async (backend) => {
      const counts = () => live.memory.size + live.workers.size;
      const devices = () => live.contexts.size + live.devices.size;
      const shown = () => `${live.memory.size} in memory, ${live.workers.size} workers`;
      const start = counts();
      const own = await anew(backend, stays(backend) ? {} : { kernels: 8 });
      const made = devices();
      let after50 = 0;
      await manySteps(own, (step) => {
        if (step === 50) after50 = counts();
      });
      if (counts() > after50) throw new Error(`${after50} became ${shown()}`);
      if (devices() !== made) throw new Error(`${made} contexts or devices became ${devices()}`);
      await own.dispose();
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (counts() > start) throw new Error(`dispose: ${start} became ${shown()}`);
    },
  ],
  [
    'results that stay on the device are used there: a forward pass is read once, at its end',
    async (backend) => {
      if (!stays(backend)) return;
      // Only the convolution is large enough to be sent to the device. The others run there because their operand is there already.
      const own = await anew(backend, { smallest: 3000 });
      await onBackend(own, () =>
        scope(async () => {
          const [x, w] = [randn([4, 3, 8, 8], { requiresGrad: true }), randn([4, 3, 3, 3])];
          const label = tensor(Int32Array.of(0, 1, 2, 3));
          const before = reads;
          const there = (...kernels: string[]) => {
            for (const k of kernels) if (!own.via(k).startsWith('Web')) throw new Error(`${k} ran via ${own.via(k)}`);
          };
          const h = relu(conv2d(x, w, ones([4]), { padding: 1 }));
          const y = h.mean([2, 3]).tanh();
          await y.data();
          if (reads !== before + 1) throw new Error(`forward: read ${reads - before} times`);
          there('conv2d', 'add', 'relu', 'mean', 'tanh');
          crossEntropy(y, label).backward();
          await x.grad!.data();
          // The loss picks elements by an index, which runs on the CPU. The rest of the backward pass runs on the device again.
          if (reads > before + 4) throw new Error(`backward: read ${reads - before - 1} times`);
          there('reluGrad', 'conv2dInput');
        }),
      );
      await own.dispose();
    },
  ],
  [
    'values outlive the kernels that made them, and dispose() copies unread ones to the CPU',
    async (backend) => {
      const own = await anew(backend, { kernels: 1 });
      await onBackend(own, () =>
        scope(async () => {
          const y = matmul(ones([3, 5]), ones([5, 2]));
          const z = relu(matmul(ones([2, 3]), y)).mul(2);
          if (!(await z.data()).every((v) => v === 30)) throw new Error(`${await z.data()}`);
          await own.dispose();
          if (!(await y.data()).every((v) => v === 5)) throw new Error(`after dispose: ${await y.data()}`);
        }),
      );
    },
  ],
];
