// Restores the process when a call of a command ends: the locks of folders, the listeners for signals, the backend. So a program can
// call a command as a function, and its process is the same afterwards.
const undos: (() => unknown)[] = [];

/** Calls `undo` when the current call of a command ends. */
export function atEnd(undo: () => unknown): void {
  undos.push(undo);
}

/** Calls the functions that were passed to `atEnd`, the last one first. */
export async function undoAll(): Promise<void> {
  for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
}
