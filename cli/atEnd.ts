// What a call of a command takes from its process, to be given back when the call ends: the locks of folders, the listeners for
// signals, the backend. So a program that calls a command as a function finds its process as it was.
const undos: (() => unknown)[] = [];

/** Calls `undo` when the current call of a command ends. */
export function atEnd(undo: () => unknown): void {
  undos.push(undo);
}

/** Calls what was given to `atEnd`, the last first. */
export async function undoAll(): Promise<void> {
  for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
}
