// Bun and Deno run boundgrad too. Its files and pages name them, not the version of Node that they imitate.
import { runtime } from '../../core/index.js';
import { describeMaker } from '../../fit/settings.js';
import { describeMachine, machine } from '../../node/machine.js';
import { describeDevice } from '../../reports/format.js';
import { assert, subject } from '../spec.js';

const test = subject('The runtime');

async function withVersions(versions: Record<string, string>, run: () => void | Promise<void>): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(process, 'versions')!;
  Object.defineProperty(process, 'versions', { ...before, value: versions });
  try {
    await run();
  } finally {
    Object.defineProperty(process, 'versions', before);
  }
}

for (const [name, versions, engine] of [
  ['Node 20.16.0', { node: '20.16.0', v8: '11.3' }, 'Node 20.16.0, V8 11.3'],
  ['Bun 1.4.5', { node: '26.3.0', v8: '14.6', bun: '1.4.5', webkit: 'd637' }, 'Bun 1.4.5, JavaScriptCore d637'],
  ['Deno 2.9.6', { node: '26.3.0', v8: '15.0', deno: '2.9.6' }, 'Deno 2.9.6, V8 15.0'],
] as const) {
  test(`${name} is named so in checkpoints, records, pages and on the terminal`, () =>
    withVersions(versions, async () => {
      assert.is(runtime(), name);
      assert.is((await describeMaker()).engine, engine);
      assert.is(machine().node, name.replace('Node ', 'v'));
      assert.ok(describeMachine().includes(`; ${name}, `), describeMachine());
      const device = { cpu: 'a', cores: 2, platform: 'linux', node: machine().node };
      assert.is(describeDevice(device), `a, 2 cores, linux, ${name.replace('Node ', 'Node v')}`);
    }));
}
