// Chooses the mode of gpu.js, because gpu.js itself would fall back silently to a slower one.
import { BackendError } from '../../../errors.js';
import { classes, type Library, type Mode } from './library.js';
import { within } from './results.js';

/** Ordered by preference. */
const modes = ['webgpu', 'webgl2', 'headlessgl', 'webasm'] as const satisfies Mode[];

/** The device of a mode. */
export interface Place {
  mode: Mode;
  /** The name of the device; empty if there is none or it is unknown. */
  renderer: string;
  /** Whether the device is a renderer in software. It runs on the CPU, and more slowly than webasm. */
  software: boolean;
}

/** Returns the requested mode and its device. Default: the first of `modes` that runs on a device, else webasm.
 *  note: why each mode before it was not chosen. awaited: whether the caller awaits results, which webgpu needs.
 *  Throws BackendError if the mode is unknown or does not run here. */
export async function choose(library: Library, requested?: Mode, awaited = true): Promise<Place & { note: string }> {
  if (requested !== undefined && !modes.includes(requested)) {
    throw new BackendError(`gpu: unknown mode: ${String(requested)}; one of ${modes.join(', ')}`);
  }
  const reasons: string[] = [];
  for (const mode of requested ? [requested] : modes) {
    const found = mode === 'webgpu' && !awaited ? 'it cannot be read synchronously' : await deviceOf(library, mode);
    if (typeof found === 'string') reasons.push(requested ? found : `${mode}: ${found}`);
    else if (found.software && !requested) reasons.push(`${mode}: in software: ${found.renderer}`);
    else return { ...found, note: reasons.join('; ') };
  }
  const [what, remedy] = requested ? [`mode ${requested} `, 'another mode or '] : ['', ''];
  throw new BackendError(`gpu: ${what}does not run here: ${reasons.join('; ')}; use ${remedy}wasm`);
}

/** Returns the device of a mode, or why the mode does not run. */
async function deviceOf(library: Library, mode: Mode): Promise<Place | string> {
  if (mode === 'webgpu') return adapterOf();
  const { isSupported, testContext: gl, features } = library[classes[mode]];
  if (!isSupported) return mode === 'headlessgl' ? "it needs Node, the package 'gl' and a display" : 'not supported';
  if (mode === 'webasm') return { mode, renderer: '', software: false };
  if (!features?.isFloatRead) return 'it cannot read float32 textures';
  const names = gl!.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl!.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl!.RENDERER));
  // Headless GL is installed on purpose, so it is used even in software.
  const software = mode === 'webgl2' && /swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
  return { mode, renderer, software };
}

/** The used part of WebGPU's GPUAdapter. */
interface Adapter {
  info?: { vendor: string; architecture: string; description: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

/** Returns the device of webgpu, or why there is none. */
async function adapterOf(): Promise<Place | string> {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  if (!gpu) return 'no navigator.gpu';
  const late = () => new Error('no answer within 10 s');
  const adapter = await within(10, gpu.requestAdapter(), late).catch((error: Error) => `no adapter: ${error.message}`);
  if (!adapter || typeof adapter === 'string') return adapter || 'no adapter';
  const { info } = adapter;
  const renderer = info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') : '';
  return { mode: 'webgpu', renderer, software: info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false };
}
