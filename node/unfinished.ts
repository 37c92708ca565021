// Temporary files that a killed process left: `<name>.<pid>.<16 hexadecimal digits>.tmp`, see temporaryName; in 0.1.0
// the names had no hexadecimal digits.
//
// Another program's file may have such a name. A file is removed only if it is regular, if its process has ended, and if it is empty
// or begins with the bytes that boundgrad writes.
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readStart } from './ownFile.js';
import { isAlive } from './process.js';

/** Removes the unfinished files in a folder that this process has locked. begins: whether a file with these first bytes, at most 1,024,
 *  can be an unfinished file of that name; called for names and bytes of any kind. Throws the system's error. */
export function removeUnfinished(folder: string, begins: (name: string, start: Buffer) => boolean): void {
  for (const file of readdirSync(folder)) {
    const [, name, pid] = /^(.+?)\.(\d+)(?:\.[0-9a-f]{16})?\.tmp$/.exec(file) ?? [];
    // This process has just locked the folder, so a file with its id is from an earlier process.
    if (name === undefined || (Number(pid) !== process.pid && isAlive(Number(pid)))) continue;
    const path = join(folder, file);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    if (begins(name, readStart(path, 1024))) rmSync(path, { force: true });
  }
}

/** Whether the text and the beginning are equal up to the end of the shorter one. */
export function agrees(text: string, beginning: string): boolean {
  return text.startsWith(beginning.slice(0, text.length));
}
