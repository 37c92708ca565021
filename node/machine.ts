// The machine that a result was computed on.
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { runtime } from '../core/index.js';

/** A machine, as records and reports name it. */
export interface Machine {
  /** The processor's model; `unknown` if the system does not name it. */
  cpu: string;
  /** Cores that this process may use. */
  cores: number;
  /** Operating system and its release: `linux 6.1.0`. */
  platform: string;
  /** Node's version, or another runtime with its version: `v20.16.0`, `Bun 1.2.0`, `Deno 2.1.0`. */
  node: string;
}

/** This machine. isPrivate: without the processor's model and the system's release. Default: false. */
export function machine({ isPrivate = false } = {}): Machine {
  const here = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${platform()} ${release()}`,
    node: runtime()!.replace('Node ', 'v'),
  };
  return isPrivate ? privateMachine(here) : here;
}

/** A machine without the processor's model and the system's release. */
export function privateMachine(machine: Machine): Machine {
  return { ...machine, cpu: 'not stated', platform: machine.platform.split(' ')[0] };
}

/** A sentence without the folders of the paths that it has in quotes: `'/home/me/run/adam.jsonl'` becomes `'adam.jsonl'`. */
export function withoutFolders(sentence: string): string {
  return sentence.replace(/'[^']*[/\\]([^'/\\]*)'/g, "'$1'");
}

/** This machine in one line, with its memory and its load: the mean number of busy processes in the last minute. */
export function describeMachine(): string {
  const { cpu, cores, platform } = machine();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpu}, ${cores} cores, ${memory}, load ${loadavg()[0].toFixed(2)}; ${runtime()}, ${platform} ${process.arch}`;
}
