// CPU time, which other programs on the machine affect less than durations.
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc. */
const TICKS = 100;

/** CPU seconds that this process and its children have used so far. Children count only on Linux; grandchildren count only when they
 *  have ended. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const [, , ended] = ticksOf(process.pid);
  const running = processes().map((pid) => ticksOf(pid));
  const ticks = running.reduce((sum, [parent, own, its]) => (parent === process.pid ? sum + own + its : sum), ended);
  return (user + system) / 1e6 + ticks / TICKS;
}

function processes(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** The parent of a process, its own ticks, and those of its ended children. */
function ticksOf(pid: number): [parent: number, own: number, ended: number] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 4 and 14 to 17 of proc(5), counted from after the name, which is in brackets and may hold any character.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return [fields[1], fields[11] + fields[12], fields[13] + fields[14]];
  } catch {
    return [0, 0, 0]; // The process has ended, or this is not Linux.
  }
}
