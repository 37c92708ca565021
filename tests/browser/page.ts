// Runs in a page: the sentences of a mode, as lines of JSON in the document, where chromium.ts reads them. The address says
// what to run: ?part=kernels&mode=webgl2&async=true
import { type GpuBackend, gpu, type Mode } from '../../core/backends/gpu/backend.js';
import { reference } from '../../core/backends/reference.js';
import { kernels, programs, type Sentence, shown } from '../gpu/suite.js';
import { device } from './device.js';
import { curve } from './lenet.js';
import type { Trained } from './predict.js';
import { threadsShown } from './threads.js';

const query = new URLSearchParams(location.search);
const mode = (query.get('mode') || undefined) as Mode | undefined;
const async = query.get('async') !== 'false';

function say(line: object): void {
  document.querySelector('pre')!.append(`${JSON.stringify(line)}\n`);
}

const parts: Record<string, Sentence[]> = { kernels, programs: programs(reference), device, nothing: [] };

async function run(): Promise<void> {
  if (query.get('part') === 'threads') return threadsShown(say);
  if (query.get('part') === 'predict') {
    const { predictionsOf } = await import('./predict.js');
    return say({ predictions: await predictionsOf(query.get('net') as Trained, query.get('file')!) });
  }
  if (query.get('part') === 'text') {
    const { textTraining } = await import('./text.js');
    return say({ trained: await textTraining() });
  }
  if (query.get('part') === 'pictures') {
    const { decodedInPage } = await import('./pictures.js');
    const [checkpoint, png, jpeg] = ['file', 'png', 'jpeg'].map((name) => query.get(name)!);
    return say({ decoded: await decodedInPage(checkpoint, png, jpeg) });
  }
  if (query.get('part') === 'example') {
    console.log = (printed: string) => say({ printed });
    return void (await import('../../examples/backends.js'));
  }
  let backend: GpuBackend;
  try {
    backend = await gpu({ mode, async, smallest: 0 });
  } catch (error) {
    return say({ refused: String(error) });
  }
  const { renderer, note } = backend;
  say({ mode: backend.mode, renderer, note, via: backend.via('matmul'), cpu: backend.via('add') });
  const part = `${query.get('part')}`;
  if (part === 'curve') say({ curve: await curve(backend) });
  else for await (const line of shown(parts[part], backend)) say(line);
  await backend.dispose();
}

await run();
document.title = 'done';
