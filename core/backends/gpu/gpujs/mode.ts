// Chooses the mode of gpu.js, because gpu.js itself chooses and falls back silently.
import { BackendError } from '../../../errors.js';
import { classes, type Library, type Mode } from './library.js';
import { within } from './results.js';

/** The best first. */
const modes = ['webgpu', 'webgl2', 'headlessgl', 'webasm'] as const satisfies Mode[];

/** What a mode would run on. */
export interface Place {
  mode: Mode;
  /** The name of the device; empty if there is none or it is unknown. */
  renderer: string;
  /** Whether that is a program on the CPU, which is slower than webasm. */
  software: boolean;
}

/** The mode that was asked for, or else the first that runs on a device, or else webasm; and why those before it do not.
 *  awaited: whether results may come later. Throws BackendError where the mode that was asked for, or every one, is
 *  missing. */
export async function choose(library: Library, asked?: Mode, awaited = true): Promise<Place & { note: string }> {
  if (asked !== undefined && !modes.includes(asked)) {
    throw new BackendError(`gpu: unknown mode: ${String(asked)}; one of ${modes.join(', ')}`);
  }
  const reasons: string[] = [];
  for (const mode of asked ? [asked] : modes) {
    const found = mode === 'webgpu' && !awaited ? 'it cannot be read at once' : await look(library, mode);
    if (typeof found === 'string') reasons.push(`${mode}: ${found}`);
    else if (found.software && !asked) reasons.push(`${mode}: in software: ${found.renderer}`);
    else return { ...found, note: reasons.join('; ') };
  }
  throw new BackendError(`gpu: it does not run here: ${reasons.join('; ')}; use wasm`);
}

/** What a mode would run on, or why it cannot. */
async function look(library: Library, mode: Mode): Promise<Place | string> {
  if (mode === 'webgpu') return lookForAdapter();
  const { isSupported, testContext: gl, features } = library[classes[mode]];
  if (!isSupported)
    return mode === 'headlessgl' ? "it needs Node, the package 'gl' and a display" : 'not supported here';
  if (mode === 'webasm') return { mode, renderer: '', software: false };
  if (!features?.isFloatRead) return 'it cannot read float32 textures';
  const names = gl!.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl!.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl!.RENDERER));
  // Headless GL is installed on purpose, so it is used even in software.
  const software = mode === 'webgl2' && /swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
  return { mode, renderer, software };
}

/** What is used of WebGPU's GPUAdapter. */
interface Adapter {
  info?: { vendor: string; architecture: string; description: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

async function lookForAdapter(): Promise<Place | string> {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  if (!gpu) return 'no navigator.gpu';
  const adapter = await within(10, gpu.requestAdapter(), () => new Error('no answer')).catch(() => null);
  if (!adapter) return 'no adapter';
  const { info } = adapter;
  const renderer = info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') : '';
  return { mode: 'webgpu', renderer, software: info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false };
}
