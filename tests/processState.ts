// The state that a test file could leave changed in a shared process. files.ts compares it before and after each file.
import child from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import timers from 'node:timers';
import workers from 'node:worker_threads';
import { currentBackend, threads } from '../core/backends/current.js';
import { isRecording } from '../core/graph.js';
import { currentScope } from '../core/scope.js';

/** Objects whose own properties a test might replace. */
const patched: Record<string, object> = {
  globalThis,
  process,
  console,
  Math,
  Date,
  Object,
  performance,
  fs,
  child_process: child,
  net,
  os,
  timers,
  worker_threads: workers,
  'Object.prototype': Object.prototype,
  'Array.prototype': Array.prototype,
  'Map.prototype': Map.prototype,
  'Promise.prototype': Promise.prototype,
};

/** Names that PDF.js adds once, when it is loaded. */
const ofPdfJs = ['pdfjsImageDecoders', 'sumPrecise'];

/** Stands for the value of a getter. Some getters of Node load a part of Node at the first read, and replace themselves. */
const GETTER = Symbol('getter');

/** The values by name. Two calls of `processState` return equal maps if nothing changed between them. */
export type State = Map<string, unknown>;

export function processState(): State {
  const state: State = new Map<string, unknown>([
    ['the backend', currentBackend()],
    ['the number of threads', threads()],
    ['whether operations are recorded', isRecording()],
    ['the innermost open scope', currentScope()],
    ['the working directory', process.cwd()],
    ['the mask of new files', process.umask()],
    ['process.stdout.write', process.stdout.write],
    ['process.stderr.write', process.stderr.write],
  ]);
  for (const [name, value] of Object.entries(process.env)) state.set(`process.env.${name}`, value);
  // Listeners for exit do nothing until the process ends.
  for (const [name, emitter] of Object.entries({ process, stdout: process.stdout, stderr: process.stderr }))
    for (const event of emitter.eventNames().filter((event) => event !== 'exit'))
      for (const f of emitter.listeners(event as 'exit'))
        state.set(`a listener of ${name} for ${String(event)}: ${f}`, f);
  for (const [name, object] of Object.entries(patched)) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      // Node's internal names begin with _.
      if (!key.startsWith('_') && !ofPdfJs.includes(key))
        state.set(`${name}.${key}`, 'value' in property ? property.value : GETTER);
    }
  }
  return state;
}

/** The differences of two states. */
export function differences(before: State, after: State): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== GETTER && !Object.is(before.get(name), after.get(name)));
}
