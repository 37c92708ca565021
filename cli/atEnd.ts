// Restores the process after `run()`, a call of a command by a program: the locks of folders, the listeners for signals, the backend. Its
// process is then the same as before. `boundgrad` itself ends with the command, and does not call `undoAll`.
const undos: (() => unknown)[] = [];

/** Calls `undo` when the current call of `run()` ends. */
export function atEnd(undo: () => unknown): void {
  undos.push(undo);
}

/** Calls the functions that were passed to `atEnd`, the last one first. Then throws what the first of them threw that failed. */
export async function undoAll(): Promise<void> {
  const errors: unknown[] = [];
  for (let undo = undos.pop(); undo; undo = undos.pop()) {
    try {
      await undo();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
