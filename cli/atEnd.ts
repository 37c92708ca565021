// What restores the process after `run()`, with which a program calls a command: it removes the locks of folders and the listeners for signals,
// and sets the earlier backend and console again. `boundgrad` itself ends with the command, and does not call `undoAll`.
const undos: (() => unknown)[] = [];

/** Calls `undo` when the current call of `run()` ends. */
export function atEnd(undo: () => unknown): void {
  undos.push(undo);
}

/** Calls the functions that were passed to `atEnd`, the last one first. If some of them throw, then throws the first error. */
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
